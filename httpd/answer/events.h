/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /_/events: server-sent events. */
#ifndef HTTPD_EVENTS_H
#define HTTPD_EVENTS_H

#include "answer/request.h"

enum MHD_Result events_get(struct request *);

/* The number of open streams. */
size_t events_count(void);

#endif
