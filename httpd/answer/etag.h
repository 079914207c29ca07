/* SPDX-License-Identifier: BSD-3-Clause */
/* Entity tags, for conditional requests (RFC 9110). */
#ifndef HTTPD_ETAG_H
#define HTTPD_ETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/origin.h"

enum { ETAG_BYTES = 96 };

/* Strong: two status views with the same tag are the same bytes. */
void etag_status(const struct reading *, char etag[ETAG_BYTES]);

/* Weak: the full view has times, which are not part of the tag. */
void etag_full(const struct reading *, char etag[ETAG_BYTES]);

/* True if an If-None-Match header contains this tag. header NULL: false. */
bool etag_matches(const char *header, const char *etag);

/* True if an If-Match header allows an answer with this tag. Weak tags never match. header NULL:
 * true. */
bool etag_allowed(const char *header, const char *etag);

#endif
