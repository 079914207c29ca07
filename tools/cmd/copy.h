/* SPDX-License-Identifier: BSD-3-Clause */
/* Copy standard input to standard output, inside the kernel where possible. */
#ifndef TOOLS_COPY_H
#define TOOLS_COPY_H

#include <stdint.h>

enum copy_failure { COPY_READ = 1, COPY_WRITE = 2 };

struct copy {
	int lines;     /* count lines instead of bytes */
	uint64_t most; /* bytes per second; 0: as fast as it goes */
	int failure;   /* out: enum copy_failure */
	void (*counted)(uint64_t amount,
			void *argument); /* called after each piece: its bytes or lines */
	void *argument;
};

/* Returns 0 at the end of the input, or a negative errno. */
int copy_all(struct copy *copy);

#endif
