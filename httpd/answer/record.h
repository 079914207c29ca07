/* SPDX-License-Identifier: BSD-3-Clause */
/* GET <base>ID: one record, read from the arena itself, at once or when it changes. */
#ifndef HTTPD_RECORDS_H
#define HTTPD_RECORDS_H

#include "answer/request.h"

enum MHD_Result records_get(struct request *, const char *id);

/*
 * How long this request wants to wait (?wait= or Prefer), cut to --max-wait; 0: not at all.
 * Returns false after a 400 was queued into *result.
 */
bool records_wait(struct request *, int64_t *ns, enum MHD_Result *result);

#endif
