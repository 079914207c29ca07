/* SPDX-License-Identifier: BSD-3-Clause */
/* Floors: what the processor itself asks for what Headway does. */
#ifndef BENCH_FLOORS_H
#define BENCH_FLOORS_H

#include "harness.h"

/* Memory that processes may share, all of its pages present. */
void *floor_memory(size_t bytes);

/*
 * The least that any scheme costs which never overwrites what others may be reading: a copy of as many bytes into
 * a block that was not written recently, the clock, and a compare-and-swap of the word that names the current
 * block. Of one process; of two that do it without pause, each with blocks of its own; of one while another copies
 * the current block without pause.
 */
struct bench_side floor_swap(void);
struct bench_side floor_two_swap(void);
struct bench_side floor_swap_beside_copy(void);

/* One way of a cache line from one processor to the other. It changes within minutes on a virtual machine. */
struct bench_side floor_line(void);

#endif
