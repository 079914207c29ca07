/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arena: make, map, validate, unmap a file; the process lock.
 *
 * A handle (struct headway_arena) points to its current ATTACHMENT: one mapping of one file; see open.h.
 */
#ifndef HW_ARENA_H
#define HW_ARENA_H

#include "headway.h"
#include "base/layout.h"
#include "base/shm_atomic.h"

#include <stdbool.h>
#include <sys/types.h>

/* Blocks, or extents: chunks of one size that begin with a state word. */
struct hw__pool {
	unsigned char *base;
	uint64_t *hints;
	uint32_t count;
	uint32_t chunk_bytes;
	uint64_t cursor; /* hint word to look at first; process-private, relaxed */
	uint64_t *
		touched; /* a bit a chunk that this membership ever took; process-private, relaxed */
};

enum hw__pool_index { HW__BLOCKS, HW__EXTENTS };

struct hw__geometry {
	uint32_t slots, blocks, extents, members, striped_slots;
	uint64_t members_off, totals_off, slots_off, stripes_off;
	uint64_t block_hints_off, extent_hints_off, blocks_off, extents_off;
	uint64_t bytes;
};

/* A file's identity; the kernel does not give it to another file while this one is open or mapped. */
struct hw__file {
	dev_t dev;
	ino_t ino;
};

/* This process, as its member line and the records that it owns name it. */
struct hw__self {
	uint32_t pid;
	uint64_t start_ticks;
	uint64_t pid_namespace;
	char command[16];
};

/* How many members were swept, chunks freed, records marked lost. */
struct hw__sweep_count {
	uint64_t members, blocks, lost;
};

enum { HW__ALIVE_CACHE = 256 };

/*
 * Who writes: "map" before anybody else sees the attachment; "lock" under the process lock; "any" by
 * any thread, atomically.
 */
struct hw__attachment {
	unsigned char *base; /* map */
	size_t bytes;
	bool writable;
	struct hw__geometry geometry;
	struct hw__member_line *members;
	struct hw__totals *totals;
	struct hw__slot *slots;
	struct hw__stripes *stripes;
	struct hw__pool pools[2];
	struct hw__file file;
	char *path;
	char base_path[HW__BASE_PATH_BYTES];
	uint32_t ttl_seconds, error_ttl_seconds;
	int64_t created_ns;
	unsigned char uuid[16];
	uint64_t pid_namespace;
	uint32_t time_namespace; /* of this process; 0: not known */
	struct headway_arena *arena;

	uint64_t references;         /* any */
	struct hw__attachment *next; /* lock: list of all attachments of this process */

	uint64_t *generation_now; /* map: a page that is wiped at fork.  lock; read by any */
	void *lock_page;          /* lock: the mapping that the member's lock hangs on */
	int lock_fd;     /* lock: or the descriptor, where a mapping does not keep it; -1 */
	uint32_t member; /* lock */
	uint64_t own_pin
		[HW__PIN_WORDS]; /* lock: what a slot's pins are when no other member's is set */
	uint64_t closed;         /* lock; read by any: set before the generation falls to 0 */
	uint32_t *pin_counts;    /* lock: handles of this process a slot */
	uint64_t *slots_touched; /* lock: a bit a slot that this membership ever pinned */
	struct hw__self self;    /* lock, at attach */
	struct hw__sweep_count swept; /* lock: at attach, and not yet told */

	uint64_t slot_cursor;   /* any, relaxed: where to look for a free slot */
	uint64_t plain_backoff; /* any, relaxed: starts to go before plain slots come first */
	uint64_t looked_ns;     /* any, relaxed: when the name was last looked at */
	uint64_t suspended_ns;  /* any, relaxed: boot minus monotonic clock at that time */
	uint64_t alive[HW__ALIVE_CACHE]; /* any, relaxed: see member.h */
};

struct headway_arena {
	struct hw__attachment *current; /* RCU */
	char *path;
	struct headway_options options; /* flags only are used after open */
	bool read_only;
	uint64_t unlinked; /* relaxed: the name is gone or leads elsewhere */
};

/* The process lock: attach, detach, pins, fork.  Never inside a read-side section. */
void hw__process_lock(void);
void hw__process_unlock(void);
struct hw__attachment *hw__attachments(void); /* head of the list; hold the lock */

/* "/x" and "x" are names in /dev/shm; anything else is a path.  *path is malloced. */
int hw__arena_path(const char *name, char **path);

/* Offsets and size from the counts.  Returns 0 or -EINVAL when a count is out of range. */
int hw__geometry_layout(struct hw__geometry *geometry);

uint64_t hw__header_checksum(const struct hw__header *header);
uint64_t hw__layout_fingerprint(void);
int hw__boot_id(unsigned char id[16]);

/* Believe nothing: 0 and the geometry, -EPROTO, -ENOTSUP, -EBADMSG, or -ESTALE (another boot's). */
int hw__header_check(const struct hw__header *header, uint64_t file_bytes,
		     struct hw__geometry *geometry);
/* Inode of this process's pid namespace, if /proc shows it and not another's; 0: unknown. */
uint64_t hw__pid_namespace(void);
/* Inode of this process's time namespace; 0: not known, or a kernel that has none. */
uint32_t hw__time_namespace(void);

/* Are this process's boot clock and start times of processes those of a record's?  Where one of the
 * namespaces is not known they are taken for the same, as boot ids are. */
static inline bool hw__clock_is_shared(const struct hw__attachment *a, uint32_t time_namespace)
{
	return a->time_namespace == time_namespace || !a->time_namespace || !time_namespace;
}

/* Open a name, no symbolic link.  A descriptor, or a negative errno. */
int hw__file_open(const char *path, int flags);

/* The same, if the name leads to this file; -ESTALE when it leads to another, or nowhere. */
int hw__file_reopen(const struct hw__file *file, const char *path, int flags);
bool hw__file_is_at(const struct hw__file *file, const char *path);

/* Random bytes from the system, all of them: a signal may end getrandom() early.  0 or a negative errno. */
int hw__random(void *bytes, size_t count);

/* create.c: make the file under its name; *fd is open.  -EEXIST when the name is taken.
 * replace: NULL, or a left-over, locked by the caller, whose place it takes; -EAGAIN when the name does not
 * lead to that any more. */
int hw__arena_create(const char *path, const struct headway_options *options,
		     const struct hw__file *replace, int *fd);

/* Map and validate an open file, which may be closed then.  Not yet a member: see attach.h.
 * any_owner: the file may belong to anybody. */
int hw__attachment_make(int fd, bool writable, bool any_owner, const char *path,
			struct hw__attachment **out);
void hw__attachment_free(struct hw__attachment *attachment);

/* Under the process lock: the attachment becomes the handle's, and is known to this process; or not. */
void hw__attachment_list(struct headway_arena *arena, struct hw__attachment *attachment);
void hw__attachment_unlist(struct hw__attachment *attachment);

/* A new open file description of the file that is mapped, or -ESTALE when the name leads elsewhere. */
int hw__attachment_reopen(const struct hw__attachment *attachment, int flags);
void hw__lock_fd_close(struct hw__attachment *attachment);

/* Process-private bits: what a membership had to do with, so that its close need not look at all. */
static inline bool hw__touched(const uint64_t *bits, uint32_t index)
{
	return hw__load_relaxed(&bits[index / 64]) >> index % 64 & 1;
}

static inline void hw__touch(uint64_t *bits, uint32_t index)
{
	if (!hw__touched(bits, index))
		hw__or_full(&bits[index / 64], 1ull << index % 64);
}

/* Private memory of a new membership, in the place of an old one's.  -ENOMEM. */
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
