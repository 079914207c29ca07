/* SPDX-License-Identifier: BSD-3-Clause */
/* headway_wait() tries again when a record could not be read (-EAGAIN), and returns other
 * errors. */
#define HW__INTERNAL /* for a source of the library */
#include "kit/arenas.h"
#include "kit/processes.h"

static int unreadable, read_error = -EAGAIN; /* the next unreadable reads fail with this error */

static int read_or_fail(struct headway_arena *arena, const struct headway_id *id,
			struct headway_snapshot **snapshot)
{
	if (unreadable && unreadable--)
		return read_error;
	return headway_read(arena, id, snapshot);
}

/* The library's call with other reads. The linker's --wrap sees no calls between files that are optimized
 * together. */
#define headway_read read_or_fail
#define headway_wait wait_under_test
int wait_under_test(struct headway_arena *arena, const struct headway_id *id, int timeout_ms);
#include "read/wait.c" // NOLINT: the source itself
#undef headway_read

int main(void)
{
	struct headway_arena *arena;
	struct headway_record *record;
	struct headway_id id;

	check_begin(60);
	check_running = "wait";
	arena = open_small(new_name());
	record = start_record(arena, "unreadable", &id);
	unreadable = 1;
	CHECK_INT(headway_wait(arena, &id, 0), -ETIMEDOUT);
	CHECK_INT(headway_finish(record), 0);
	unreadable = 2;
	CHECK_INT(headway_wait(arena, &id, 60000), HEADWAY_FINISHED);
	CHECK_INT(unreadable, 0);
	read_error = -EBADMSG;
	unreadable = 1;
	CHECK_INT(headway_wait(arena, &id, -1), -EBADMSG);
	headway_release(record);
	headway_close(arena);
	return check_end();
}
