/* SPDX-License-Identifier: BSD-3-Clause */
/* Valid arenas, made once a process: what the mutations start from. */
#ifndef FUZZ_IMAGE_H
#define FUZZ_IMAGE_H

#include "arena/arena.h"

enum { IMAGES = 4, IMAGE_IDS = 12 };

struct image {
	struct hw__geometry geometry;
	unsigned char *bytes;
	struct headway_id ids[IMAGE_IDS]; /* of its records; the last of those may be gone */
	unsigned id_count;
	char path[64];
	int fd;             /* the file that executions open */
	unsigned char *map; /* the whole of it, writable */
};

/* Number i < IMAGES, made at the first call: a file in /dev/shm that is removed at exit. */
struct image *image_get(unsigned i);

/* The file is the valid arena again, whatever has become of it. */
void image_restore(struct image *image);

#endif
