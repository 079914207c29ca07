/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the function that answers a request. The signatures are libmicrohttpd's. */
#ifndef HTTPD_ROUTE_H
#define HTTPD_ROUTE_H

#include <microhttpd.h>
#include <stddef.h>

/* Called when the first line of a request was read. */
void *route_begin(void *unused, const char *target, struct MHD_Connection *);

/* listener: struct listener * of the daemon. */
enum MHD_Result route_handle(void *listener, struct MHD_Connection *, const char *url,
			     const char *method, const char *version, const char *upload_data,
			     size_t *upload_size, void **request);

/* Called when the answer was sent, or the connection was closed. */
void route_end(void *unused, struct MHD_Connection *, void **request,
	       enum MHD_RequestTerminationCode);

#endif
