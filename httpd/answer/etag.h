/* SPDX-License-Identifier: BSD-3-Clause */
/* Entity tags, for conditional requests (RFC 9110). */
#ifndef HTTPD_ETAG_H
#define HTTPD_ETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/origin.h"

enum { ETAG_BYTES = 96 };

/* Strong: the status view is byte for byte the same as long as this is. */
void etag_status(const struct reading *, char etag[ETAG_BYTES]);

/* Weak: the full view has times, which are not part of the tag. */
void etag_full(const struct reading *, char etag[ETAG_BYTES]);

/* Does an If-None-Match header name this tag?  NULL: no. */
bool etag_matches(const char *header, const char *etag);

/* Does an If-Match header allow an answer with this tag?  Weak tags are never the same.  NULL: yes. */
bool etag_allowed(const char *header, const char *etag);

#endif
