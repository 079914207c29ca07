/* SPDX-License-Identifier: BSD-3-Clause */
/* Refuses requests that RFC 9112 requires to be refused but libmicrohttpd accepts. Behind a proxy
 * that parses such a request differently, a client could turn one request into two, or two into one
 * (request smuggling). */
#ifndef HTTPD_CONFORMANCE_H
#define HTTPD_CONFORMANCE_H

#include <stdbool.h>

struct MHD_Connection;

/* Returns the reason for a 400, or NULL. url, version: as libmicrohttpd passes them to the handler;
 * target: a copy of the address as it was sent; *has_body is set if the request announces a
 * body. */
const char *request_fault(struct MHD_Connection *, const char *url, const char *target,
			  const char *version, bool *has_body);

#endif
