/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The histories of this user: a file for each name, in $XDG_STATE_HOME/headway or
 * ~/.local/state/headway.
 *
 * A file is replaced by rename(), has one size, and holds the last HW__PROFILE_RUNS runs. There are at
 * most HW__HISTORIES; a new one replaces the one that was not used for the longest time. The folder and its
 * files have permissions for this user only. A file is not read if it belongs to another user, if others may
 * write it, or if it is damaged. Errors are ignored, so that they never fail the caller's work.
 */
#ifndef HW_HISTORY_H
#define HW_HISTORY_H

#include "forecast/trace.h"

enum { HW__HISTORIES = 512 };

struct hw__history_file {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint64_t count;
	char name[HW__HISTORY_NAME];
	struct hw__run runs[HW__PROFILE_RUNS]; /* the latest first */
};

_Static_assert(sizeof(struct hw__history_file) == 984, "a history's file");

/* Reads a name's history; 0 runs if there is none that can be used. */
void hw__history_load(const char *name, struct hw__history_file *file);

/* Adds a run; does nothing if that fails. */
void hw__history_add(const char *name, const struct hw__run *run);

#endif
