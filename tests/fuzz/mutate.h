/* SPDX-License-Identifier: BSD-3-Clause */
/* From bytes to damage. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "image.h"

/* The rest of an input; zeros when it is used up. */
struct input {
	const unsigned char *at, *end;
};

uint64_t input_take(struct input *in, unsigned bytes);

/* One change of the arena, `delay` steps of the library after the one before; 0: before all. */
struct mutation {
	unsigned op, delay, where, from;
	uint64_t value;
};

void mutation_take(struct input *in, struct mutation *mutation);
void mutation_apply(const struct image *image, const struct mutation *mutation);

/* The header's checksum is right again. */
void header_seal(const struct image *image);

#endif
