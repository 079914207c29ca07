/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads query parameters and headers. */
#ifndef HTTPD_QUERY_H
#define HTTPD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer/request.h"

/* The value of ?name=…; "" without "="; NULL without the parameter. */
const char *query_get(struct MHD_Connection *, const char *name);

/* The seconds of "Prefer: respond-async, wait=25", in nanoseconds; false if there are none. */
bool header_wait(struct request *, int64_t *ns);

/* True if the list accepts this media type with a weight (q) not below that of the other. A
 * wildcard matches both. */
bool header_prefers(const char *list, const char *wanted, const char *otherwise);

/* True if a compressed answer is accepted with a weight not below that of an uncompressed one. */
bool header_accepts_gzip(struct request *);

/* Statuses: parses "running,error" or "Lost" into bits 1 << status, where STATUS_LOST is one; 0 if
 * a word is unknown. */
enum { STATUS_LOST = HEADWAY_ERROR + 1 };
unsigned query_statuses(const char *text);

#endif
