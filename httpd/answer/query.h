/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads query parameters and headers. */
#ifndef HTTPD_QUERY_H
#define HTTPD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;

/* The value of ?name=…; "" when there is no "="; NULL when there is no such parameter. */
const char *query_get(struct MHD_Connection *, const char *name);

/* A header's value, or NULL. */
const char *header_get(struct MHD_Connection *, const char *name);

/* The seconds of "Prefer: respond-async, wait=25" in nanoseconds; false when there are none. */
bool header_wait(struct MHD_Connection *, int64_t *ns);

/* Is this media type or content coding named in the list, and not with q=0? */
bool header_accepts(const char *list, const char *wanted);

/* Does the client accept a compressed answer? */
bool header_accepts_gzip(struct MHD_Connection *);

/* "running,error" or "Finished" as bits 1 << status; 0 when a word is none. */
unsigned query_statuses(const char *text);

#endif
