/* SPDX-License-Identifier: BSD-3-Clause */
/* Standard input to standard output, as fast as the kernel can. */
#ifndef TOOLS_COPY_H
#define TOOLS_COPY_H

#include <stdint.h>

enum copy_failure { COPY_READ = 1, COPY_WRITE = 2 };

struct copy {
	int lines;   /* count lines: the data must be looked at */
	int failure; /* out: what went wrong, with errno */
	void (*counted)(uint64_t amount,
			void *argument); /* called for bytes or lines that passed */
	void *argument;
};

/* Returns 0 at the end of the input, or a negative errno. */
int copy_all(struct copy *copy);

#endif
