/* SPDX-License-Identifier: BSD-3-Clause */
/* Access checks: Host names (against DNS rebinding), origins (CORS), bearer tokens. */
#ifndef HTTPD_SECURITY_H
#define HTTPD_SECURITY_H

#include <microhttpd.h>
#include <stdbool.h>

struct listener;

/* Read --token-file.  Returns 0, or -1 after a line that says what is wrong. */
int security_init(void);
void security_free(void);

/* May a request with this Host be answered?  Yes for the listener's own address, loopback names,
 * and the
 * names of --allow-host; always on a Unix socket. */
bool security_host_allowed(const struct listener *, const char *host);

/* Does the Authorization header (NULL: there is none) carry a token of --token-file?  Yes without
 * one. */
bool security_authorized(const char *authorization);

/* Add the Access-Control headers when the Origin (NULL: there is none) is one of --allow-origin.
 * is_preflight: the answer to OPTIONS, which a browser may remember. */
void security_cors(const char *origin, bool is_preflight, struct MHD_Response *);

#endif
