/* SPDX-License-Identifier: BSD-3-Clause */
/* --access-log: a line a request, of words without blanks, control characters escaped. */
#ifndef HTTPD_ACCESS_H
#define HTTPD_ACCESS_H

#include "answer/request.h"

void access_log(const struct request *, unsigned status);

#endif
