/* SPDX-License-Identifier: BSD-3-Clause */
/* Access checks: Host names (against DNS rebinding), origins (CORS), bearer tokens. */
#ifndef HTTPD_SECURITY_H
#define HTTPD_SECURITY_H

#include <microhttpd.h>
#include <stdbool.h>

struct listener;

/* Reads --token-file. Returns 0, or -1 after a line with the reason. */
int security_init(void);
void security_free(void);

/* True if a request with this Host may be answered: the listener's own address, loopback names, and
 * the names of --allow-host; always on a Unix socket. */
bool security_host_allowed(const struct listener *, const char *host);

/* True if the Authorization header (NULL: there is none) contains a token of --token-file, or there
 * is no such file. */
bool security_authorized(const char *authorization);

/* True if a request that changes something may come from this Origin: none (not a browser's), that of
 * the Host itself, or one that --allow-origin names; '*' names none. */
bool security_origin_allowed(const char *origin, const char *host);

/* Adds the Access-Control headers if the Origin (NULL: there is none) is one of --allow-origin.
 * is_preflight: the answer to OPTIONS, which a browser may cache. */
void security_cors(const char *origin, bool is_preflight, struct MHD_Response *);

#endif
