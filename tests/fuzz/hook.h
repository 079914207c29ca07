/* SPDX-License-Identifier: BSD-3-Clause */
/* Included before every source file of the fuzzed library: each atomic load and each
 * compare-and-swap counts as a step, after which the arena may be changed. This simulates a hostile
 * writer step by step, and detects an endless call by its number of steps, not by time. */
#ifndef FUZZ_HOOK_H
#define FUZZ_HOOK_H

#include <ck_backoff.h>
#include <ck_pr.h>
#include <stdbool.h>
#include <stdint.h>

void fuzz_step(void);

static inline uint64_t fuzz_load_64(const uint64_t *p)
{
	uint64_t v = ck_pr_md_load_64(p);

	fuzz_step();
	return v;
}

static inline uint32_t fuzz_load_32(const uint32_t *p)
{
	uint32_t v = ck_pr_md_load_32(p);

	fuzz_step();
	return v;
}

static inline bool fuzz_cas_64(uint64_t *p, uint64_t old, uint64_t new)
{
	bool done = ck_pr_cas_64(p, old, new);

	fuzz_step();
	return done;
}

#undef ck_pr_load_64
#undef ck_pr_load_32
#define ck_pr_load_64(p)          fuzz_load_64(p)
#define ck_pr_load_32(p)          fuzz_load_32(p)
#define ck_pr_cas_64(p, old, new) fuzz_cas_64(p, old, new)
#define ck_backoff_eb(ceiling)    ((void)(ceiling))

#endif
