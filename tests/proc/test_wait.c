/* SPDX-License-Identifier: BSD-3-Clause */
/* headway_wait() tries again when a record could not be read (-EAGAIN), and returns other
 * errors. */
#include "kit/arenas.h"
#include "kit/processes.h"

static int unreadable, error = -EAGAIN; /* the next unreadable reads fail with error */

int __real_headway_read(struct headway_arena *arena, const struct headway_id *id,
			struct headway_snapshot **snapshot);
int __wrap_headway_read(struct headway_arena *arena, const struct headway_id *id,
			struct headway_snapshot **snapshot);

int __wrap_headway_read(struct headway_arena *arena, const struct headway_id *id,
			struct headway_snapshot **snapshot)
{
	if (unreadable && unreadable--)
		return error;
	return __real_headway_read(arena, id, snapshot);
}

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
	error = -EBADMSG;
	unreadable = 1;
	CHECK_INT(headway_wait(arena, &id, -1), -EBADMSG);
	headway_release(record);
	headway_close(arena);
	return check_end();
}
