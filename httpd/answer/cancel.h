/* SPDX-License-Identifier: BSD-3-Clause */
/* POST /_/cancel/ID?reason=TEXT, with --allow-cancel. */
#ifndef HTTPD_CANCEL_H
#define HTTPD_CANCEL_H

#include "answer/request.h"

enum MHD_Result cancel_post(struct request *, const char *id);

#endif
