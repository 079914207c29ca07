/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers in C.  Included only by the comments above `import "C"`, where cgo defines _GoString_. */
#ifndef HEADWAY_GO_SHIM_H
#define HEADWAY_GO_SHIM_H

#include <headway.h>

#include <errno.h>
#include <stdlib.h>

/* A spec and all that it points to, in memory of C. */
struct go_spec {
	struct headway_spec spec;
	struct headway_id parent;
	const char *counters[7];
};

static inline int go_message(struct headway_record *record, _GoString_ key, _GoString_ value)
{
	return headway_message_n(record, _GoStringPtr(key), _GoStringLen(key), _GoStringPtr(value),
				 _GoStringLen(value));
}

static inline struct headway_id go_id(const struct headway_record *record)
{
	struct headway_id id;

	(void)headway_get_id(record, &id);
	return id;
}

/* The ids of all records.  The caller's function is called for each after the walk, so that it may take long
 * and may panic. */
struct go_ids {
	struct headway_id *ids;
	size_t count, room;
};

static inline int go_collect(const struct headway_snapshot *snapshot, void *argument)
{
	struct go_ids *all = argument;

	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		struct headway_id *ids = realloc(all->ids, room * sizeof *ids);

		if (!ids)
			return -ENOMEM;
		all->ids = ids;
		all->room = room;
	}
	all->ids[all->count++] = snapshot->id;
	return 0;
}

static inline int go_list(struct headway_arena *arena, struct go_ids *all)
{
	return headway_each(arena, go_collect, all);
}

#endif
