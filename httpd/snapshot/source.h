/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arena that is read: opened read-only, looked for again when it is removed, replaced, damaged
 * or not there yet.  A request takes a reference for as long as it reads; nobody waits for anybody.
 */
#ifndef HTTPD_SOURCE_H
#define HTTPD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <urcu-bp.h>
#include <urcu/ref.h>

#include <headway.h>

struct source {
	struct headway_arena *arena;
	char path[1024]; /* of its file */
	dev_t device;    /* and which file that was */
	ino_t inode;
	struct urcu_ref ref;
	struct rcu_head rcu;
};

/*
 * A reference to the arena, opened when need be; to be dropped with source_put().
 * NULL: there is none, and *why is the negative errno that says what is wrong.
 */
struct source *source_get(int *why);
void source_put(struct source *source);

/* As the library's calls, safe against truncation (-EBADMSG). */
int source_read(struct source *, const struct headway_id *, struct headway_snapshot **);
int source_each(struct source *, int (*fn)(const struct headway_snapshot *, void *), void *);
int source_info(struct source *, struct headway_info *);

/* A sentence for people. */
const char *source_problem(int why);

/* Where records are: --base-path, else what the arena says, else the usual.  Returns its length. */
#define BASE_PATH_BYTES 256
size_t source_base_path(char path[BASE_PATH_BYTES]);

/* Drop the arena at the end of the program. */
void source_close(void);

#endif
