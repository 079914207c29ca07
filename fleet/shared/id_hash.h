/* SPDX-License-Identifier: BSD-3-Clause */
/* Hash of a record's id, for tables whose sizes are powers of two. */
#ifndef FLEET_ID_HASH_H
#define FLEET_ID_HASH_H

#include <headway.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Most bits of an id are random; the multiplications spread the others over the whole hash. */
static inline size_t id_hash(const struct headway_id *id)
{
	uint64_t a, b;

	memcpy(&a, id->bytes, sizeof(a));
	memcpy(&b, id->bytes + sizeof(a), sizeof(b));
	a = (a ^ (b * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
	return (size_t)(a ^ (a >> 32));
}

#endif
