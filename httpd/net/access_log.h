/* SPDX-License-Identifier: BSD-3-Clause */
/* --access-log: one line for each request, as words without blanks; control characters are
 * escaped. */
#ifndef HTTPD_ACCESS_LOG_H
#define HTTPD_ACCESS_LOG_H

#include <microhttpd.h>
#include <stdint.h>

void access_log(struct MHD_Connection *, const char *method, const char *target, unsigned status,
		int64_t took_ns);

#endif
