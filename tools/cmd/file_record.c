/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/file_record.h"

#include <string.h>

const char *const file_record_counters[] = {"files", "read", "written", NULL};

/* A position may go back, a counter does not. */
static void count_up(struct file_record *file, struct headway_record *record, unsigned counter,
		     uint64_t value)
{
	if (value <= file->counted[counter])
		return;
	(void)headway_counter_add(record, counter, value - file->counted[counter]);
	file->counted[counter] = value;
}

int file_record_look(struct file_record *file, pid_t pid, struct headway_record *record)
{
	const struct file_course *read = &file->files.read, *written = &file->files.written;
	int error = open_files_look(&file->files, pid);

	if (error)
		return error;
	open_files_progress(&file->files, &file->done, &file->total);
	count_up(file, record, 0, open_files_main(&file->files)->files);
	count_up(file, record, 1, read->before + read->position);
	count_up(file, record, 2, written->before + written->position);
	if (file->total)
		(void)headway_set_total(record, file->total);
	error = headway_set(record, file->done);
	if (error || strcmp(file->told, open_files_main(&file->files)->path) == 0)
		return error;
	strcpy(file->told, open_files_main(&file->files)->path);
	return headway_message(record, "File", file->told);
}
