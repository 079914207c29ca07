/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Public structs that begin with their size, so that they can grow.
 *
 * Size 0 stands for the size that this library knows.  A caller built with an older header gives a
 * smaller struct: what it lacks is 0 on the way in, and is left out on the way out.  One built with a
 * newer header gives a larger struct: what this library does not know is neither read nor written.
 */
#ifndef HW_SIZED_H
#define HW_SIZED_H

#include "base/private.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* least: up to the last field that the struct has always had. */
static inline bool hw__size_is_valid(size_t size, size_t least)
{
	return size == 0 || size >= least;
}

static inline size_t hw__size_in_common(size_t size, size_t known)
{
	return size == 0 || size > known ? known : size;
}

/* From the caller's struct, or NULL: all is 0. */
static inline void hw__struct_in(void *to, size_t known, const void *given)
{
	size_t size = 0;

	memset(to, 0, known);
	if (!given)
		return;
	memcpy(&size, given, sizeof size);
	memcpy(to, given, hw__size_in_common(size, known));
}

/* To the caller's struct, whose size stays what the caller said. */
static inline void hw__struct_out(void *given, const void *from, size_t known)
{
	size_t size;

	memcpy(&size, given, sizeof size);
	memcpy(given, from, hw__size_in_common(size, known));
	memcpy(given, &size, sizeof size);
}

#endif
