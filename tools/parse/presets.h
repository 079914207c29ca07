/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of all presets. */
#ifndef TOOLS_PRESETS_H
#define TOOLS_PRESETS_H

#include "parse/preset.h"

#define PRESETS_NAMES                                                                              \
	"auto rsync curl wget ffmpeg apt dpkg git ninja make cmake cargo pytest parallel dd pv "   \
	"zstd "                                                                                    \
	"xz tar borg restic rclone docker mkfs fsck"

extern const struct preset *const presets[]; /* NULL-ended */

/* The preset of this name; NULL: there is none. */
const struct preset *presets_find(const char *name);

/* Is this word the name of a preset's program? */
int presets_is_program(const struct preset *preset, const char *word);

/* The preset for a command, by its name, also after sudo, env, nice and the like; NULL: none.
 * *is_first: the name is the command's first word, so that options can be added to it. */
const struct preset *presets_guess(char **command, int *is_first);

/* A line of output without what programs only display: "" for a line of progress, from which only a message
 * of its program that follows on the same line is kept, and for the header of a table.  is_drawn: the line
 * came after a carriage return; others are not taken for progress. */
const char *presets_message(const char *line, int is_drawn);

#endif
