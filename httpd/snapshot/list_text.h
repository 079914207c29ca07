/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of a list. The text of the whole list is made once a snapshot, at the first request,
 * and stored in the snapshot; all replies send it from there.  (Replies made of
 * the items' texts would save that copy, but libmicrohttpd 0.9.75 copies the list of pieces into
 * the connection's memory, and when that is full it unlocks a mutex that it did not lock: any
 * client
 * with a long header could end the program.)
 */
#ifndef HTTPD_LIST_TEXT_H
#define HTTPD_LIST_TEXT_H

#include <stdbool.h>

#include "snapshot/list_snapshot.h"

/* The whole list: an array, or a line each; as it is, or compressed.  NULL: out of memory. */
const struct text *list_text_whole(struct list_snapshot *, bool lines, bool compressed);

/* These items only, in a text of the caller's. */
struct text list_text_make(struct item *const *items, size_t count, bool lines);

#endif
