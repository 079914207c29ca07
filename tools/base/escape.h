/* SPDX-License-Identifier: BSD-3-Clause */
/* Escape sequences in the output of programs. */
#ifndef TOOLS_ESCAPE_H
#define TOOLS_ESCAPE_H

/* Is the next byte part of an escape sequence?  *state is 0 at the start. */
int escape_next(int *state, unsigned char c);

#endif
