/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends all answers, with the headers that all of them have. */
#ifndef HTTPD_REPLY_H
#define HTTPD_REPLY_H

#include <microhttpd.h>
#include <stddef.h>

#include "answer/request.h"
#include "base/text.h"

#define TYPE_JSON   "application/json"
#define TYPE_NDJSON "application/x-ndjson"

#define PRECONDITION_FAILED "If-Match names another state than this one"

/* An answer with the text as its body; takes ownership of the text. */
struct MHD_Response *reply_text(struct text *);
/* An answer with a body that lives as long as the program. */
struct MHD_Response *reply_static(const char *body, size_t length);

/* The answer 304, which has no body. */
struct MHD_Response *reply_not_modified(void);

void reply_header(struct MHD_Response *, const char *name, const char *value);

/* Queues the answer and drops the reference. response NULL (out of memory) closes the
 * connection. */
enum MHD_Result reply_send(struct request *, unsigned status, struct MHD_Response *response);

/* Queues an application/problem+json (RFC 9457), with the headers that belong to the status: Allow,
 * Retry-After, WWW-Authenticate. */
enum MHD_Result reply_problem(struct request *, unsigned status, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));

/* Queues a 503: there is no arena to read. */
enum MHD_Result reply_no_arena(struct request *, int why);

#endif
