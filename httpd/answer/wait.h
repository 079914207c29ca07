/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that wait: for a walk that is new enough, or for a change (long poll). */
#ifndef HTTPD_WAIT_H
#define HTTPD_WAIT_H

#include "answer/request.h"
#include "snapshot/list_snapshot.h"

/* The list, not older than the request ("Cache-Control: no-cache") or at most a period older. NULL:
 * the connection was suspended or a problem was sent; return *result. */
struct list_snapshot *wait_for_walk(struct request *, enum MHD_Result *result);

/* Gets the time that this request may wait (?wait= or Prefer), at most --max-wait; 0: it does not
 * wait. False: a 400 was sent, return *result. */
bool wait_parse(struct request *, int64_t *ns, enum MHD_Result *result);

/* True if the request is to be suspended (again). state: that of the present answer; is_known: the
 * client has that state already. Sets request->deadline_ns. */
bool wait_goes_on(struct request *, int64_t wait_ns, bool is_known, uint64_t state);

#endif
