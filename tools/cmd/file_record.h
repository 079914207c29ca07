/* SPDX-License-Identifier: BSD-3-Clause */
/* The record of a process whose files are watched: headway watch, and headway run --watch. */
#ifndef TOOLS_FILE_RECORD_H
#define TOOLS_FILE_RECORD_H

#include "base/open_files.h"

#include <headway.h>

struct file_record {
	struct open_files files;
	uint64_t counted[3]; /* what its counters hold */
	uint64_t done, total;
	char told[PATH_MAX]; /* the message File */
};

/* NULL-ended: names for the spec of such a record. */
extern const char *const file_record_counters[];

/* Look, and tell the record.  As open_files_look(), or what a call on the record returned. */
int file_record_look(struct file_record *file, pid_t pid, struct headway_record *record);

#endif
