/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/fingerprint.h"

#include <stddef.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

uint64_t snapshot_fingerprint(const struct headway_snapshot *s)
{
	uint64_t hash = mix(0x68656164776179, s->version);

	hash = mix(hash, (uint64_t)s->status << 8 | (uint64_t)(s->lost != 0) << 4 |
				 (uint64_t)(s->owner_alive + 1));
	hash = mix(mix(hash, s->done), s->total);
	for (size_t i = 0; i < s->counter_count; i++)
		hash = mix(hash, s->counters[i]);
	return hash;
}
