/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orders of lists that are fetched in pages. A key such as the rate changes between two pages, so a
 * record could be on both or on neither. The order of the first page is kept for the others. The
 * one that was unused for longest is dropped for a new one when there are too many.
 */
#ifndef HTTPD_PAGES_H
#define HTTPD_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot/list_snapshot.h"

/* Keeps an order. Returns its number, never 0, or 0 when there is no memory. */
uint64_t pages_keep(struct item *const *items, size_t count);

/* The ids after this one, in an array that the caller frees. False: that order is not kept, or does
 * not contain the id, or there is no memory. */
bool pages_after(uint64_t number, const struct headway_id *after, struct headway_id **ids,
		 size_t *count);

#endif
