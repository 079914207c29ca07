/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits for a record's end by reading it ten times a second. */
#include "headway.h"

#include "base/clock.h"

#include <errno.h>

enum { LOOK_EVERY_MS = 100 };

/* Returns the final status, 0 while it is Running, or a negative errno. */
static int status_now(struct headway_arena *arena, const struct headway_id *id,
		      struct headway_snapshot **snapshot)
{
	int error = headway_read(arena, id, snapshot);

	if (error)
		return error == -EAGAIN ? 0 : error;
	return (*snapshot)->status == HEADWAY_RUNNING ? 0 : (*snapshot)->status;
}

int headway_wait(struct headway_arena *arena, const struct headway_id *id, int timeout_ms)
{
	uint64_t end = hw__now_ns() + (timeout_ms < 0 ? 0 : (uint64_t)timeout_ms * 1000000);
	struct headway_snapshot *snapshot = NULL;
	int status;

	if (timeout_ms < -1)
		return -EINVAL;
	for (;;) {
		uint64_t now, pause = LOOK_EVERY_MS * 1000000;

		status = status_now(arena, id, &snapshot);
		now = hw__now_ns();
		if (status || (timeout_ms >= 0 && now >= end))
			break;
		if (timeout_ms >= 0 && end - now < pause)
			pause = end - now;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, (long)pause}, NULL);
	}
	headway_snapshot_free(snapshot);
	return status ? status : -ETIMEDOUT;
}
