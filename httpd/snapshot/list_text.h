/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a list. That of the whole list is made once for each snapshot, at the first request,
 * and stored in the snapshot; all replies send it from there. (Replies composed of the items' texts
 * would save that copy, but libmicrohttpd 0.9.75 copies the list of pieces into the connection's
 * memory, and when that is full it unlocks a mutex that it did not lock: any client with a long
 * header could end the program.) */
#ifndef HTTPD_LIST_TEXT_H
#define HTTPD_LIST_TEXT_H

#include <stdbool.h>

#include "snapshot/list_snapshot.h"

/* The whole list: as an array, or as one line each; compressed or not. NULL: out of memory. */
const struct text *list_text_whole(struct list_snapshot *, bool lines, bool compressed);

/* The text of these items only, owned by the caller. */
struct text list_text_make(struct item *const *items, size_t count, bool lines);

#endif
