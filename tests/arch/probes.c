/* SPDX-License-Identifier: BSD-3-Clause */
/* One function for each ordered access, so that aarch64.sh can check its instructions. */
#include "base/shm_atomic.h"

#define PROBE(type, name, parameters, call)                                                        \
	type probe_##name parameters;                                                              \
	type probe_##name parameters                                                               \
	{                                                                                          \
		call;                                                                              \
	}

PROBE(uint64_t, load_relaxed, (const uint64_t *p), return hw__load_relaxed(p))
PROBE(void, store_relaxed, (uint64_t * p, uint64_t v), hw__store_relaxed(p, v))
PROBE(uint64_t, load_acquire, (const uint64_t *p), return hw__load_acquire(p))
PROBE(void, store_release, (uint64_t * p, uint64_t v), hw__store_release(p, v))
PROBE(bool, cas_full, (uint64_t * p, uint64_t a, uint64_t b), return hw__cas_full(p, a, b))
PROBE(uint64_t, fetch_add_relaxed, (uint64_t * p, uint64_t v), return hw__fetch_add_relaxed(p, v))
PROBE(uint64_t, fetch_add_full, (uint64_t * p, uint64_t v), return hw__fetch_add_full(p, v))
PROBE(void, or_full, (uint64_t * p, uint64_t v), hw__or_full(p, v))
PROBE(void, and_full, (uint64_t * p, uint64_t v), hw__and_full(p, v))
PROBE(bool, bit_clear_full, (uint64_t * p, unsigned b), return hw__bit_clear_full(p, b))
PROBE(void *, load_pointer_acquire, (void *const *p), return hw__load_pointer_acquire(p))
PROBE(void *, exchange_pointer_full, (void **p, void *v), return hw__exchange_pointer_full(p, v))
PROBE(void, fence_load, (void), hw__fence_load())
PROBE(void, fence_store, (void), hw__fence_store())
PROBE(void, fence_rmw_load, (void), hw__fence_rmw_load())
