/* SPDX-License-Identifier: BSD-3-Clause */
/* GET <base>ID: one record, read directly from the arena, at once or when it changes. */
#ifndef HTTPD_RECORD_H
#define HTTPD_RECORD_H

#include "answer/request.h"

enum MHD_Result records_get(struct request *, const char *id);

#endif
