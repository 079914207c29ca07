/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /metrics: OpenMetrics, or the older text format of Prometheus. */
#ifndef HTTPD_METRICS_H
#define HTTPD_METRICS_H

#include "answer/request.h"

enum MHD_Result metrics_get(struct request *);

#endif
