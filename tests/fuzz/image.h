/* SPDX-License-Identifier: BSD-3-Clause */
/* Valid arenas, made once per process, which mutations start from. */
#ifndef FUZZ_IMAGE_H
#define FUZZ_IMAGE_H

#include "arena/arena.h"

enum { IMAGES = 4, IMAGE_IDS = 12 };

struct image {
	struct hw__geometry geometry;
	unsigned char *bytes;
	struct headway_id ids[IMAGE_IDS]; /* of its records; the last of them may be gone */
	unsigned id_count;
	char path[64];
	int fd;             /* the file that executions open */
	unsigned char *map; /* the whole file, mapped writable */
};

/* Image number i < IMAGES, made at the first call: a file in /dev/shm that is removed at exit. */
struct image *image_get(unsigned i);

/* Restores the file's valid content. */
void image_restore(struct image *image);

#endif
