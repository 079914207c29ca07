/* SPDX-License-Identifier: BSD-3-Clause */
/* GET <base>: all records, or those that are asked for, as JSON or a line each. */
#ifndef HTTPD_LIST_H
#define HTTPD_LIST_H

#include "answer/request.h"

enum MHD_Result list_get(struct request *);

/*
 * A generation that is new enough for this request: `no-cache` asks for one that was begun after the
 * request came.  NULL: the connection was suspended or an answer queued; return *result.
 */
struct generation *list_generation(struct request *, enum MHD_Result *result);

#endif
