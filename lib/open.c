/* SPDX-License-Identifier: BSD-3-Clause */
/* Open an arena: options, and the rooms above arena.c that an attachment needs. */
#include "sweep.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int options_take(const struct headway_options *given, struct headway_options *o)
{
	size_t size = given ? given->size : 0;

	memset(o, 0, sizeof *o);
	if (given) {
		if (!size)
			size = sizeof *o;
		if (size < offsetof(struct headway_options, slots))
			return -EINVAL;
		memcpy(o, given, size < sizeof *o ? size : sizeof *o);
	}
	if (o->flags &
	    ~(unsigned)(HEADWAY_CREATE | HEADWAY_EXCLUSIVE | HEADWAY_READ_ONLY | HEADWAY_EXISTING))
		return -EINVAL;
	if ((o->flags & HEADWAY_EXISTING) && (o->flags & (HEADWAY_CREATE | HEADWAY_EXCLUSIVE)))
		return -EINVAL;
	if ((o->flags & HEADWAY_EXCLUSIVE) || !(o->flags & (HEADWAY_READ_ONLY | HEADWAY_EXISTING)))
		o->flags |= HEADWAY_CREATE;
	return 0;
}

static void hooks_set(void)
{
	hw__member_hooks();
	hw__sweep_hooks();
}

int headway_open(const char *name, const struct headway_options *options,
		 struct headway_arena **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct headway_arena *arena;
	struct hw__attachment *a = NULL;
	int error;

	if (!out)
		return -EINVAL;
	*out = NULL;
	pthread_once(&once, hooks_set);
	arena = calloc(1, sizeof *arena);
	if (!arena)
		return -ENOMEM;
	error = options_take(options, &arena->options);
	if (!error)
		error = hw__arena_path(name, &arena->path);
	arena->read_only = arena->options.flags & HEADWAY_READ_ONLY;
	if (!error)
		error = hw__attach_by_name(arena->path, &arena->options, arena->read_only, &a);
	arena->options.group = arena->options.base_path = NULL;
	if (error) {
		free(arena->path);
		free(arena);
		return error;
	}
	hw__process_lock();
	hw__attachment_list(arena, a);
	hw__process_unlock();
	arena->current = a;
	*out = arena;
	return 0;
}
