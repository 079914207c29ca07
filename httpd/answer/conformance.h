/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests that RFC 9112 says to refuse and libmicrohttpd accepts.  Behind a proxy that reads one of
 * them in another way, a client could make two requests of one, or one of two (request smuggling).
 */
#ifndef HTTPD_CONFORMANCE_H
#define HTTPD_CONFORMANCE_H

#include <stdbool.h>

struct MHD_Connection;

/*
 * The reason to answer 400, or NULL.  url, version: as libmicrohttpd hands them to the handler;
 * target: a copy of the address as it was sent; *has_body: is content announced?
 */
const char *request_fault(struct MHD_Connection *, const char *url, const char *target,
			  const char *version, bool *has_body);

#endif
