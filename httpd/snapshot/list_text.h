/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of a list.  The whole list of a generation is put together once, when first asked for, and
 * then belongs to the generation: any number of replies send it from where it is.  (Replies made of
 * the items' own pieces would save that copy too, but libmicrohttpd 0.9.75 copies the list of pieces into
 * the connection's memory, and when that is full it unlocks a mutex that it did not lock: any client
 * with a long header could end the program.)
 */
#ifndef HTTPD_BODY_H
#define HTTPD_BODY_H

#include <stdbool.h>

#include "snapshot/list_snapshot.h"

/* The whole list: an array, or a line each; as it is, or compressed.  NULL: out of memory. */
const struct text *body_whole(struct generation *, bool lines, bool packed);

/* These items only, in a text of the caller's. */
struct text body_make(struct item *const *items, size_t count, bool lines);

#endif
