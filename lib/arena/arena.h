/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arenas: creates, maps, validates and unmaps the file; the process lock.
 *
 * A handle (struct headway_arena) points to its current ATTACHMENT: one mapping of one file; see
 * open.h.
 */
#ifndef HW_ARENA_H
#define HW_ARENA_H

#include "headway.h"
#include "base/layout.h"
#include "base/shm_atomic.h"

#include <stdbool.h>
#include <sys/types.h>

/* A pool of chunks of one size, blocks or extents; each begins with its state. */
struct hw__pool {
	unsigned char *base;
	uint64_t *hints;
	uint32_t count;
	uint32_t chunk_bytes;
	uint64_t cursor;   /* hint word at which a search begins; process-private, relaxed */
	uint64_t *touched; /* a bit for each chunk ever taken; process-private, relaxed */
};

enum hw__pool_index { HW__BLOCKS, HW__EXTENTS };

struct hw__geometry {
	uint32_t slots, blocks, extents, members, striped_slots;
	uint64_t members_off, totals_off, watches_off, slots_off, stripes_off;
	uint64_t block_hints_off, extent_hints_off, blocks_off, extents_off;
	uint64_t bytes;
};

/* Identity of a file. The kernel does not reuse it while the file is open or mapped. */
struct hw__file {
	dev_t dev;
	ino_t ino;
};

/* This process, as its member line and the records that it owns describe it. */
struct hw__self {
	uint32_t pid;
	uint64_t start_ticks;
	uint64_t pid_namespace;
	char command[16];
};

/* Members swept, chunks freed, records marked lost. */
struct hw__sweep_count {
	uint64_t members, blocks, lost;
};

enum { HW__ALIVE_CACHE = 256 };

/* Writers of the fields: "map" is written before another thread can see the attachment; "lock"
 * under the process lock; "any" by any thread, atomically. */
struct hw__attachment {
	unsigned char *base; /* map */
	size_t bytes;
	bool writable;
	struct hw__geometry geometry;
	struct hw__member_line *members;
	struct hw__totals *totals;
	struct hw__watch *watches;
	struct hw__slot *slots;
	struct hw__stripes *stripes;
	struct hw__pool pools[2];
	struct hw__file file;
	char *path;
	char base_path[HW__BASE_PATH_BYTES];
	uint32_t ttl_seconds, error_ttl_seconds;
	int64_t created_ns;
	unsigned char uuid[16];
	/* any, relaxed: of this process; 0: unknown. A forked child sets them again */
	uint64_t pid_namespace, time_namespace;
	struct headway_arena *arena;

	uint64_t references;         /* any */
	struct hw__attachment *next; /* lock: list of all attachments of this process */

	uint64_t *generation_now; /* map: a page that is wiped at fork. lock; read by any */
	void *lock_page;          /* lock: the mapping that the member's lock is bound to */
	int lock_fd;     /* lock: or the descriptor, if a mapping cannot keep the lock; -1 */
	uint32_t member; /* lock */
	uint64_t own_pin[HW__PIN_WORDS]; /* lock: pins of a slot that only this member pins */
	uint64_t closed;         /* lock; read by any: set before the generation is cleared */
	uint32_t *pin_counts;    /* lock: number of this process's handles for each slot */
	uint64_t *slots_touched; /* lock: a bit for each slot that this membership has pinned */
	struct hw__self self;    /* lock, at attach */
	struct hw__sweep_count swept; /* lock: at attach, and not yet reported */

	uint64_t slot_cursor; /* any, relaxed: where a search for a free slot begins */
	/* any, relaxed: starts until plain slots are searched first again */
	uint64_t plain_backoff;
	uint64_t looked_ns;    /* any, relaxed: time of the last check of the name */
	uint64_t suspended_ns; /* any, relaxed: boot minus monotonic clock at that time */
	/* any, relaxed: cached results of owner checks, see owner.c */
	uint64_t alive[HW__ALIVE_CACHE];
	uint64_t lost_reports; /* any: address of a table, 0 until it is needed, see lost.c */
};

struct headway_arena {
	struct hw__attachment *current; /* RCU */
	char *path;
	struct headway_options options; /* after open only the flags are used */
	bool read_only;
	uint64_t unlinked; /* relaxed: the name is gone or belongs to another file */
};

/* The process lock: attach, detach, pins, fork. Never acquired inside a section. */
void hw__process_lock(void);
void hw__process_unlock(void);
struct hw__attachment *hw__attachments(void); /* head of the list; the caller holds the lock */

/* Converts a name to a path: "/x" and "x" are in /dev/shm, anything else is a path. *path is
 * allocated with malloc(). */
int hw__arena_path(const char *name, char **path);

/* Computes offsets and size from the counts. Returns 0, or -EINVAL if a count is out of range. */
int hw__geometry_layout(struct hw__geometry *geometry);

uint64_t hw__header_checksum(const struct hw__header *header);
uint64_t hw__layout_fingerprint(void);
int hw__boot_id(unsigned char id[16]);

/* Validates a header. Returns 0 and the geometry, -EPROTO, -ENOTSUP, -EBADMSG, or -ESTALE (of
 * another boot). */
int hw__header_check(const struct hw__header *header, uint64_t file_bytes,
		     struct hw__geometry *geometry);
/* Inode of this process's pid namespace. 0 if unknown, or if /proc shows the processes of another
 * namespace. */
uint64_t hw__pid_namespace(void);
/* Inode of this process's time namespace; 0: unknown, or a kernel without time namespaces. */
uint32_t hw__time_namespace(void);

/* True if the boot clock and the start times of processes are the same for this process and for a
 * record's creator. An unknown namespace counts as the same, like an unknown boot id. */
static inline bool hw__clock_is_shared(const struct hw__attachment *a, uint32_t time_namespace)
{
	uint64_t own = hw__load_relaxed(&a->time_namespace);

	return own == time_namespace || !own || !time_namespace;
}

/* Opens a file by name, but not through a symbolic link. Returns a descriptor or a negative
 * errno. */
int hw__file_open(const char *path, int flags);

/* Opens the file if the name still belongs to it; -ESTALE if not. */
int hw__file_reopen(const struct hw__file *file, const char *path, int flags);
bool hw__file_is_at(const struct hw__file *file, const char *path);

/* Gets count random bytes from the system; continues when a signal interrupts getrandom(). Returns
 * 0 or a negative errno. */
int hw__random(void *bytes, size_t count);

/* create.c: creates the file under its name; *fd is its descriptor. -EEXIST if the name exists.
 * replace: NULL, or a left-over file, locked by the caller, to be replaced; -EAGAIN if the name
 * does not belong to it any more. */
int hw__arena_create(const char *path, const struct headway_options *options,
		     const struct hw__file *replace, int *fd);

/* Maps and validates an open file, which the caller may close afterwards. It does not make the
 * process a member: see attach.h. any_owner: the file may belong to any user. */
int hw__attachment_make(int fd, bool writable, bool any_owner, const char *path,
			struct hw__attachment **out);
void hw__attachment_free(struct hw__attachment *attachment);

/* The caller holds the process lock: makes the attachment the handle's current one, and adds it to
 * the process's list. */
void hw__attachment_list(struct headway_arena *arena, struct hw__attachment *attachment);
void hw__attachment_unlist(struct hw__attachment *attachment);

/* Opens the mapped file again, as a new open file description. -ESTALE if the name belongs to
 * another file now. */
int hw__attachment_reopen(const struct hw__attachment *attachment, int flags);
void hw__lock_fd_close(struct hw__attachment *attachment);

/* Process-private bits of what a membership has used, so that its close need not search the whole
 * arena. */
static inline bool hw__touched(const uint64_t *bits, uint32_t index)
{
	return hw__load_relaxed(&bits[index / 64]) >> index % 64 & 1;
}

static inline void hw__touch(uint64_t *bits, uint32_t index)
{
	if (!hw__touched(bits, index))
		hw__or_full(&bits[index / 64], 1ull << index % 64);
}

/* Allocates the private memory of a new membership, replacing that of an old one. 0 or -ENOMEM. */
int hw__membership_memory(struct hw__attachment *attachment);

static inline uint64_t *hw__chunk_state(const struct hw__pool *pool, uint32_t index)
{
	return (uint64_t *)(void *)(pool->base + (size_t)index * pool->chunk_bytes);
}

static inline struct hw__block *hw__block_at(const struct hw__attachment *a, uint32_t index)
{
	return (struct hw__block *)(void *)a->pools[HW__BLOCKS].base + index;
}

static inline struct hw__extent *hw__extent_at(const struct hw__attachment *a, uint32_t index)
{
	return (struct hw__extent *)(void *)a->pools[HW__EXTENTS].base + index;
}

static inline void hw__total_add(const struct hw__attachment *a, enum hw__total which, uint64_t n)
{
	if (n)
		(void)hw__fetch_add_relaxed(&a->totals[a->member].count[which], n);
}

#endif
