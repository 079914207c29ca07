/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads query parameters and headers. */
#ifndef HTTPD_QUERY_H
#define HTTPD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/request.h"

/* The value of ?name=…; "" when there is no "="; NULL when there is no such parameter. */
const char *query_get(struct MHD_Connection *, const char *name);

/* The seconds of "Prefer: respond-async, wait=25" in nanoseconds; false when there are none. */
bool header_wait(struct request *, int64_t *ns);

/* Does the list name this media type, and with no less weight (q) than the other, which a wildcard
 * stands for, too? */
bool header_prefers(const char *list, const char *wanted, const char *otherwise);

/* Is a compressed answer accepted, and no less welcome than one as it is? */
bool header_accepts_gzip(struct request *);

/* "running,error" or "Lost" as bits 1 << status, of which STATUS_LOST is one; 0 when a word is none. */
enum { STATUS_LOST = HEADWAY_ERROR + 1 };
unsigned query_statuses(const char *text);

#endif
