/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parses the value of a record's key into an item of a list.  Everyone who may write the bucket can write
 * anything, so a value is refused unless it is two views of that record as the library writes them.
 */
#ifndef READER_VIEW_H
#define READER_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot/list_snapshot.h"

/* data: length bytes and a NUL.  NULL: the value is not valid, or there is no memory. */
struct item *view_item(const char *data, size_t length, const struct headway_id *, const char *host,
		       bool host_alive);

#endif
