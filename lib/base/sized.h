/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Public structs that begin with their size, so that later versions can add fields.
 *
 * Size 0 means the size that this library knows. A caller built with an older header passes a
 * smaller struct: its missing fields count as 0 on input and are omitted on output. A caller built
 * with a newer header passes a larger struct: the fields that this library does not know are
 * neither read nor written.
 */
#ifndef HW_SIZED_H
#define HW_SIZED_H

#include "base/private.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* least: the size up to the last field of the struct's first version. */
static inline bool hw__size_is_valid(size_t size, size_t least)
{
	return size == 0 || size >= least;
}

static inline size_t hw__size_in_common(size_t size, size_t known)
{
	return size == 0 || size > known ? known : size;
}

/* Copies the caller's struct to known bytes; NULL counts as all 0. */
static inline void hw__struct_in(void *to, size_t known, const void *given)
{
	size_t size = 0;

	memset(to, 0, known);
	if (!given)
		return;
	memcpy(&size, given, sizeof size);
	memcpy(to, given, hw__size_in_common(size, known));
}

/* Copies to the caller's struct; its size field stays as the caller set it. */
static inline void hw__struct_out(void *given, const void *from, size_t known)
{
	size_t size;

	memcpy(&size, given, sizeof size);
	memcpy(given, from, hw__size_in_common(size, known));
	memcpy(given, &size, sizeof size);
}

#endif
