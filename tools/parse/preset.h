/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A preset for one program: how to read the progress that it prints, and which option makes it print
 * progress.
 *
 * The presets of each family of programs are in one file; presets.c has the list of all.
 */
#ifndef TOOLS_PRESET_H
#define TOOLS_PRESET_H

#include "parse/adapt.h"
#include "parse/reader.h"
#include "parse/scan.h"

enum {
	PRESET_OUTPUT = 1,   /* it prints on standard output */
	PRESET_MESSAGES = 2, /* it prints on standard error */
	PRESET_OWN = 4,      /* it can print on a descriptor of its own */
	PRESET_TERMINAL = 8, /* it prints only when standard error is a terminal */
	PRESET_PLAIN = 16,   /* its lines look like those of others: not guessed by its output */
	PRESET_IDLE = 128,   /* it may have nothing to do, and then prints no progress */
	PRESET_EXACT =
		64, /* its last line has all that it did, which may not be what was expected */
	PRESET_PIPE = 32, /* it prints nothing on a terminal that is not its own */
};

struct preset {
	const char *name;
	const char *programs; /* names of its commands, with blanks around: " apt apt-get " */
	const char *unit;     /* of its numbers; adapt() may set another one */
	unsigned flags;
	/* Read a line.  Returns 1 if it has progress. */
	int (*read)(struct reader *reader, struct scan line);
	/* Read the command's words and add options that make it print progress; NULL: none. */
	void (*adapt)(struct adapt *adapt);
	const char *notes; /* for --parse=NAME --help */
};

extern const struct preset preset_rsync, preset_curl, preset_wget, preset_rclone;
extern const struct preset preset_ffmpeg;
extern const struct preset preset_apt, preset_dpkg, preset_docker;
extern const struct preset preset_git;
extern const struct preset preset_ninja, preset_make, preset_cmake, preset_cargo, preset_pytest;
extern const struct preset preset_parallel;
extern const struct preset preset_dd, preset_pv, preset_zstd, preset_xz, preset_tar;
extern const struct preset preset_borg, preset_restic;
extern const struct preset preset_mkfs, preset_fsck;

#endif
