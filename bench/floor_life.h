/* SPDX-License-Identifier: BSD-3-Clause */
/* The floor of a record's life. */
#ifndef BENCH_FLOOR_LIFE_H
#define BENCH_FLOOR_LIFE_H

/*
 * What the processor and the system ask for a record's life in memory that processes share, whatever the scheme, if
 * nothing that others may be reading is overwritten: twelve random bytes, as many lines of slot and block, a text
 * copied and a swap for each of the seven revisions, the boot clock at the start and at the end, the coarse one for
 * each revision, memory for a handle, and a locked instruction for each thing that two processes may want at once:
 * a slot, a block, a pin, an end. No ids are looked up, no owner is noted, no key is compared, nobody checks.
 */
struct floor_pool;

struct floor_pool *floor_pool_make(void);

/* Lives begin and end in slots that are free: at most FLOOR_LIVES until they are reaped. */
enum { FLOOR_LIVES = 4096 };
void floor_lives(struct floor_pool *pool, unsigned count);

/* Frees all that ended; returns how many. */
unsigned floor_reap(struct floor_pool *pool);

#endif
