/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what a host wrote of a record to an item of a list.  Whoever may write the bucket can write
 * anything: what is not two views of that record as the library writes them is refused.
 */
#ifndef READER_VIEW_H
#define READER_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot/list_snapshot.h"

/* data: length bytes and a NUL.  NULL: it is not valid, or there is no memory. */
struct item *view_item(const char *data, size_t length, const struct headway_id *, const char *host,
		       bool host_alive);

#endif
