/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may read: Host names (against DNS rebinding), origins (CORS), bearer tokens. */
#ifndef HTTPD_SECURITY_H
#define HTTPD_SECURITY_H

#include <microhttpd.h>
#include <stdbool.h>

#include "answer/request.h"

/* Read --token-file.  Returns 0, or -1 after a line that says what is wrong. */
int security_init(void);
void security_free(void);

/* Is this the Host of a listener, a loopback name, or one that --allow-host names? */
bool security_host_allowed(const struct request *, const char *host);

/* Is there no token to show, or does the Authorization header show one? */
bool security_token_shown(const struct request *);

/* Access-Control-… headers, when the Origin is one of --allow-origin's. */
void security_cors(const struct request *, struct MHD_Response *);

#endif
