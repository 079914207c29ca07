/* SPDX-License-Identifier: BSD-3-Clause */
/* The arena, opened read-only, and opened again after it was removed, replaced, damaged or created.
 * A request holds a reference while it reads; no reader waits for another. */
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
	char path[1024]; /* path of the file */
	dev_t device;    /* device and inode of the opened file */
	ino_t inode;
	struct urcu_ref ref;
	struct rcu_head rcu;
};

/* Before anything else: the arena's name as headway_open() takes it, and the base path or NULL. */
void source_configure(const char *arena, const char *base_path);

/* Returns a reference to the arena, which is opened if necessary; the caller drops it with
 * source_put(). NULL: there is none, and *error is a negative errno. */
struct source *source_get(int *error);
void source_put(struct source *source);

/* Like source_get(), but checks first whether the arena was replaced or created: a few system
 * calls. */
struct source *source_look(int *error);

/* Like the library's calls, but safe against truncation (-EBADMSG). */
int source_read(struct source *, const struct headway_id *, struct headway_snapshot **);
int source_each(struct source *, int (*fn)(const struct headway_snapshot *, void *), void *);
int source_info(struct source *, struct headway_info *);

/* A description of the error of source_get(). */
const char *source_strerror(int error);

/* The base path: --base-path, else the arena's, else the default.  Returns its length. */
#define BASE_PATH_BYTES 256
size_t source_base_path(char path[BASE_PATH_BYTES]);

/* Drops the arena at the end of the program. */
void source_close(void);

#endif
