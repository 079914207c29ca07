/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/owner.h"

#include "base/record.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kill the children of a process.  Returns how many there were. */
static int kill_children(pid_t pid)
{
	char path[64];
	int count = 0, child;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &child) == 1)
		count += !kill(child, SIGKILL);
	if (file)
		fclose(file);
	return count;
}

/* Whether it is headway run, which a record names by its command. */
static int is_headway(pid_t pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	(void)!fgets(name, sizeof(name), file);
	fclose(file);
	return strcmp(name, "headway\n") == 0;
}

/* The owner is read again after its descriptor is open, so that the descriptor belongs to the owner
 * and not to a process that reuses its pid. */
static const char *owner_lost(struct headway_arena *arena, const struct headway_id *id,
			      struct headway_snapshot **snapshot)
{
	int error = record_read(arena, id, snapshot);

	if (error)
		return headway_strerror(error);
	if ((*snapshot)->detached)
		return "the record has no owner";
	if ((*snapshot)->owner_alive < 0)
		return "its owner is in another pid namespace";
	return (*snapshot)->owner_alive ? NULL : "its owner is dead";
}

const char *owner_kill(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	const char *trouble = owner_lost(arena, id, &snapshot);
	int process;

	if (!trouble) {
		process = (int)syscall(SYS_pidfd_open, (pid_t)snapshot->owner_pid, 0);
		trouble = process < 0 ? strerror(errno) : owner_lost(arena, id, &snapshot);
		if (!trouble &&
		    !(is_headway((pid_t)snapshot->owner_pid) &&
		      kill_children((pid_t)snapshot->owner_pid)) &&
		    syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0))
			trouble = strerror(errno);
		if (process >= 0)
			close(process);
	}
	headway_snapshot_free(snapshot);
	return trouble;
}
