/* SPDX-License-Identifier: BSD-3-Clause */
/* Decodes input bytes into mutations of an arena. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "image.h"

/* The unread rest of an input; reads beyond its end return zeros. */
struct input {
	const unsigned char *at, *end;
};

uint64_t input_take(struct input *in, unsigned bytes);

/* One change of the arena, made `delay` steps of the library after the previous one; 0: before the
 * call. */
struct mutation {
	unsigned op, delay, where, from;
	uint64_t value;
};

void mutation_take(struct input *in, struct mutation *mutation);
void mutation_apply(const struct image *image, const struct mutation *mutation);

/* Corrects the header's checksum. */
void header_seal(const struct image *image);

#endif
