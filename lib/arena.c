/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open and validate an arena, and keep an arena handle's current attachment.
 *
 * Trust: nothing in the file is believed.  The header is copied once, its checksum and fingerprint
 * compared, its counts range-checked against fstat(); offsets are computed from the private copy and
 * the header is never read again.
 */
#include "arena.h"
#include "clock.h"
#include "rcu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

enum { LOOK_EVERY_NS = 1000000000, OPEN_TRIES = 64 };

void (*hw__attachment_detach)(struct hw__attachment *attachment);
int (*hw__attachment_attach)(struct hw__attachment *attachment, int fd);

static pthread_mutex_t process_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct hw__attachment *attachments;

/* ---- the process lock, and fork ---------------------------------------------------------------
 *
 * fork() waits until no other thread is between "opened" and "bound" of a member's lock, or in a
 * grace period.  The child finds the lock free and every generation page wiped.
 *
 * A thread may hold locks of the application when it takes this one, never the other way round.  So in
 * fork() this one must be taken after those that the application's handlers take: prepare handlers run
 * last registered first, and these are registered when the library is loaded, before the application's. */

void hw__lock_fd_close(struct hw__attachment *a)
{
	if (a->lock_fd >= 0)
		close(a->lock_fd);
	a->lock_fd = -1;
}

static void fork_prepare(void)
{
	pthread_mutex_lock(&process_mutex);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&process_mutex);
}

static void fork_child(void)
{
	hw__rcu_forked();
	for (struct hw__attachment *a = attachments; a; a = a->next)
		hw__lock_fd_close(a);
	pthread_mutex_unlock(&process_mutex);
}

static __attribute__((constructor(101))) void fork_hooks_set(void)
{
	(void)pthread_atfork(fork_prepare, fork_parent, fork_child);
}

void hw__process_lock(void)
{
	pthread_mutex_lock(&process_mutex);
}

void hw__process_unlock(void)
{
	pthread_mutex_unlock(&process_mutex);
}

struct hw__attachment *hw__attachments(void)
{
	return attachments;
}

/* ---- an attachment ------------------------------------------------------------------------------ */

static bool in_group(gid_t gid)
{
	gid_t groups[256];
	int count = getgroups(256, groups);

	if (gid == getegid())
		return true;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* A regular file of this user or of root, or one that lets our group in; root looks at everybody's. */
static int file_check(int fd, struct stat *st)
{
	uid_t me = geteuid();

	if (fstat(fd, st) != 0)
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -EPROTO;
	if (me != 0 && st->st_uid != me && st->st_uid != 0 &&
	    !(in_group(st->st_gid) && (st->st_mode & 060)))
		return -EACCES;
	return 0;
}

static void attachment_point(struct hw__attachment *a, const struct hw__header *h)
{
	const struct hw__geometry *g = &a->geometry;
	unsigned char *base = a->base;

	a->members = (void *)(base + g->members_off);
	a->totals = (void *)(base + g->totals_off);
	a->slots = (void *)(base + g->slots_off);
	a->stripes = (void *)(base + g->stripes_off);
	a->pools[HW__BLOCKS] = (struct hw__pool){base + g->blocks_off,
						 (void *)(base + g->block_hints_off),
						 g->blocks,
						 HW__BLOCK_BYTES,
						 0,
						 NULL};
	a->pools[HW__EXTENTS] = (struct hw__pool){base + g->extents_off,
						  (void *)(base + g->extent_hints_off),
						  g->extents,
						  HW__EXTENT_BYTES,
						  0,
						  NULL};
	memcpy(a->base_path, h->base_path, sizeof a->base_path);
	memcpy(a->uuid, h->uuid, sizeof a->uuid);
	a->ttl_seconds = h->ttl_seconds;
	a->error_ttl_seconds = h->error_ttl_seconds;
	a->created_ns = h->created_ns;
}

static void *wiped_page(void)
{
	void *page = mmap(NULL, HW__PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (madvise(page, HW__PAGE_BYTES, MADV_WIPEONFORK) != 0) { /* a child would write as us */
		munmap(page, HW__PAGE_BYTES);
		return NULL;
	}
	return page;
}

static void membership_free(struct hw__attachment *a)
{
	free(a->pin_counts);
	free(a->slots_touched);
	free(a->pools[HW__BLOCKS].touched);
	free(a->pools[HW__EXTENTS].touched);
}

static uint64_t *bits_make(uint32_t count)
{
	return calloc(count / 64 + 1, sizeof(uint64_t));
}

int hw__membership_memory(struct hw__attachment *a)
{
	const struct hw__geometry *g = &a->geometry;

	membership_free(a);
	a->pin_counts = calloc(g->slots, sizeof *a->pin_counts);
	a->slots_touched = bits_make(g->slots);
	a->pools[HW__BLOCKS].touched = bits_make(g->blocks);
	a->pools[HW__EXTENTS].touched = bits_make(g->extents);
	return a->pin_counts && a->slots_touched && a->pools[HW__BLOCKS].touched &&
			       a->pools[HW__EXTENTS].touched
		       ? 0
		       : -ENOMEM;
}

static void attachment_free(struct hw__attachment *a)
{
	if (a->base)
		munmap(a->base, a->bytes);
	if (a->generation_now)
		munmap(a->generation_now, HW__PAGE_BYTES);
	membership_free(a);
	free(a->path);
	free(a);
}

/* Does anybody hold a member's lock? */
static bool is_in_use(int fd)
{
	struct flock lock = {.l_type = F_RDLCK,
			     .l_whence = SEEK_SET,
			     .l_start = HW__LOCK_BASE,
			     .l_len = HW__MEMBERS_MAX};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int attachment_map(struct hw__attachment *a, int fd, const struct stat *st)
{
	struct hw__header header;
	ssize_t got = pread(fd, &header, sizeof header, 0);
	int error;

	if (got < 0)
		return -errno;
	if (got != (ssize_t)sizeof header) /* too short for any arena: is it what is left of one? */
		return got >= (ssize_t)sizeof header.magic &&
				       memcmp(header.magic, HW__MAGIC, sizeof header.magic) == 0
			       ? -EBADMSG
			       : -EPROTO;
	error = hw__header_check(&header, (uint64_t)st->st_size, &a->geometry);
	if (error == -ESTALE && is_in_use(fd)) /* a container may have a boot id of its own */
		error = 0;
	if (error)
		return error;
	a->bytes = a->geometry.bytes;
	a->base = mmap(NULL, a->bytes, a->writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
		       fd, 0);
	if (a->base == MAP_FAILED) {
		a->base = NULL;
		return -errno;
	}
	attachment_point(a, &header);
	return 0;
}

int hw__attachment_make(int fd, bool writable, const char *path, struct hw__attachment **out)
{
	struct hw__attachment *a;
	struct stat st;
	int error = file_check(fd, &st);

	if (error)
		return error;
	a = calloc(1, sizeof *a);
	if (!a)
		return -ENOMEM;
	a->references = 1;
	a->lock_fd = -1;
	a->writable = writable;
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->path = strdup(path);
	error = a->path ? attachment_map(a, fd, &st) : -ENOMEM;
	if (!error && writable) {
		a->generation_now = wiped_page();
		error = a->generation_now ? hw__membership_memory(a) : -ENOMEM;
	}
	if (!error) {
		a->pid_namespace = hw__pid_namespace();
		a->time_namespace = hw__time_namespace();
	}
	if (error)
		attachment_free(a);
	else
		*out = a;
	return error;
}

void hw__attachment_ref(struct hw__attachment *a)
{
	(void)hw__fetch_add_full(&a->references, 1);
}

static void list_remove(struct hw__attachment *a)
{
	struct hw__attachment **at = &attachments;

	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
}

void hw__attachment_put(struct hw__attachment *a)
{
	if (!a || hw__fetch_add_full(&a->references, UINT64_MAX) != 1)
		return;
	hw__process_lock();
	if (a->writable)
		hw__attachment_detach(a);
	list_remove(a);
	hw__process_unlock();
	attachment_free(a);
}

int hw__attachment_reopen(const struct hw__attachment *a, int flags)
{
	struct stat st;
	int fd = open(a->path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	if (fstat(fd, &st) != 0 || st.st_dev != a->dev || st.st_ino != a->ino) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

/* ---- opening ----------------------------------------------------------------------------------- */

/* A left-over of another boot is replaced by one creator at a time: who holds its lock, and only
 * while the name still leads to it. */
static int leftover_replace(const char *path, const struct headway_options *o, int old, int *fd)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * HW__LOCK_BASE, .l_len = 1};
	struct stat named, held;

	if (fcntl(old, F_OFD_SETLK, &lock) != 0) {
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		usleep(1000);
		return -EAGAIN;
	}
	if (stat(path, &named) != 0 || fstat(old, &held) != 0 || named.st_ino != held.st_ino ||
	    named.st_dev != held.st_dev)
		return -EAGAIN;
	return hw__arena_create(path, o, old, fd);
}

static int file_open(const char *path, const struct headway_options *o, bool read_only, int *fd)
{
	*fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd >= 0)
		return 0;
	if (errno != ENOENT || !(o->flags & HEADWAY_CREATE))
		return errno == EISDIR ? -EPROTO : -errno;
	return hw__arena_create(path, o, -1, fd);
}

/* The same file, open for writing.  -EAGAIN: the name leads to another by now.  Closes fd. */
static int reopen_for_writing(const char *path, int fd)
{
	int own = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int error = own >= 0 ? 0 : errno == ENOENT ? -EAGAIN : -errno;
	struct stat before, now;

	if (!error && (fstat(fd, &before) != 0 || fstat(own, &now) != 0 ||
		       before.st_ino != now.st_ino || before.st_dev != now.st_dev))
		error = -EAGAIN;
	close(fd);
	if (error && own >= 0)
		close(own);
	return error ? error : own;
}

/* One look at the name.  -EAGAIN: it changed under us, look again. */
static int attach_once(const char *path, const struct headway_options *o, bool read_only,
		       struct hw__attachment **out)
{
	bool exclusive = o->flags & HEADWAY_EXCLUSIVE;
	int fd, replaced, error;

	if (exclusive)
		error = hw__arena_create(path, o, -1, &fd);
	else
		error = file_open(path, o, read_only, &fd);
	if (error == -EEXIST && exclusive) { /* a left-over does not count */
		fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
		error = fd < 0 ? -EEXIST : 0;
	} else if (error) {
		return error == -EEXIST ? -EAGAIN : error;
	} else {
		exclusive = false;
	}
	if (!error)
		error = hw__attachment_make(fd, !read_only, path, out);
	if (error == -ESTALE && read_only && (o->flags & HEADWAY_CREATE)) {
		fd = reopen_for_writing(path, fd); /* the lock is for writers */
		if (fd < 0)
			return fd;
	}
	if (error == -ESTALE && (o->flags & HEADWAY_CREATE)) {
		error = leftover_replace(path, o, fd, &replaced);
		close(fd);
		fd = error ? -1 : replaced;
		exclusive = false;
		if (!error)
			error = hw__attachment_make(fd, !read_only, path, out);
	} else if (exclusive) {
		if (!error)
			hw__attachment_put(*out);
		error = -EEXIST;
	}
	if (!error && !read_only) {
		error = hw__attachment_attach(*out, fd);
		if (error)
			hw__attachment_put(*out);
	}
	if (fd >= 0)
		close(fd);
	return error;
}

int hw__attach_by_name(const char *path, const struct headway_options *o, bool read_only,
		       struct hw__attachment **out)
{
	int error = -EAGAIN;

	for (int i = 0; i < OPEN_TRIES && error == -EAGAIN; i++)
		error = attach_once(path, o, read_only, out);
	return error;
}

/* Under the process lock: a becomes one of arena's. */
void hw__attachment_list(struct headway_arena *arena, struct hw__attachment *a)
{
	a->arena = arena;
	a->looked_ns = hw__now_coarse_ns();
	a->suspended_ns = hw__suspended_ns();
	a->next = attachments;
	attachments = a;
}

/* ---- following, closing ------------------------------------------------------------------------- */

/* Swap in the arena that the name leads to now.  What is open in the old one stays there. */
static void arena_follow(struct headway_arena *arena, struct hw__attachment *old)
{
	struct headway_options o = {.flags = arena->read_only ? HEADWAY_READ_ONLY
							      : HEADWAY_EXISTING};
	struct hw__attachment *a = NULL;
	bool swapped = false;

	if (hw__attach_by_name(arena->path, &o, arena->read_only, &a) != 0)
		return;
	hw__process_lock();
	if (arena->current == old) {
		hw__attachment_list(arena, a);
		(void)hw__exchange_pointer_full((void **)&arena->current, a);
		hw__store_relaxed(&arena->unlinked, 0);
		swapped = true;
		hw__rcu_synchronize();
	}
	hw__process_unlock();
	hw__attachment_put(swapped ? old : a);
}

/* At most once a second, one stat: does the name still lead to what is mapped? */
static void arena_look(struct headway_arena *arena, struct hw__attachment *a)
{
	uint64_t now = hw__now_coarse_ns(), then = hw__load_relaxed(&a->looked_ns);
	struct stat st;

	if (now - then < LOOK_EVERY_NS || !hw__cas_full(&a->looked_ns, then, now))
		return;
	hw__store_relaxed(&a->suspended_ns, hw__suspended_ns());
	if (stat(arena->path, &st) != 0) {
		hw__store_relaxed(&arena->unlinked, 1);
		return;
	}
	if (st.st_ino != a->ino || st.st_dev != a->dev) {
		hw__store_relaxed(&arena->unlinked, 1);
		arena_follow(arena, a);
	}
}

/* Without memory for a section the process lock does as well: the pointer is changed under it. */
static struct hw__attachment *current_ref(struct headway_arena *arena)
{
	bool in_section = hw__rcu_read_lock();
	struct hw__attachment *a;

	if (!in_section)
		hw__process_lock();
	a = hw__load_pointer_acquire((void *const *)&arena->current);
	if (a)
		hw__attachment_ref(
			a); /* the handle's own reference is dropped after a grace period */
	if (in_section)
		hw__rcu_read_unlock();
	else
		hw__process_unlock();
	return a;
}

static bool look_is_due(const struct hw__attachment *a)
{
	return hw__now_coarse_ns() - hw__load_relaxed(&a->looked_ns) >= LOOK_EVERY_NS;
}

struct hw__attachment *hw__attachment_peek(struct headway_arena *arena)
{
	struct hw__attachment *a = hw__load_pointer_acquire((void *const *)&arena->current);

	return a && !look_is_due(a) ? a : NULL;
}

struct hw__attachment *hw__attachment_get(struct headway_arena *arena)
{
	struct hw__attachment *a = current_ref(arena);

	if (!a || !look_is_due(a))
		return a;
	arena_look(arena, a);
	hw__attachment_put(a);
	return current_ref(arena);
}

void headway_close(struct headway_arena *arena)
{
	struct hw__attachment *a;

	if (!arena)
		return;
	hw__process_lock();
	for (a = attachments; a; a = a->next) {
		if (a->arena != arena)
			continue;
		if (a->writable)
			hw__attachment_detach(a);
		a->arena = NULL;
	}
	a = hw__exchange_pointer_full((void **)&arena->current, NULL);
	hw__rcu_synchronize();
	hw__process_unlock();
	hw__attachment_put(a);
	free(arena->path);
	free(arena);
}

int headway_unlink(const char *name)
{
	char *path;
	struct stat st;
	char magic[8] = "";
	int fd, error = hw__arena_path(name, &path);

	if (error)
		return error;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		error = errno == EISDIR ? -EPROTO : -errno;
	} else {
		if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		    pread(fd, magic, sizeof magic, 0) != sizeof magic ||
		    memcmp(magic, HW__MAGIC, sizeof magic) != 0)
			error = -EPROTO;
		close(fd);
	}
	if (!error && unlink(path) != 0)
		error = -errno;
	free(path);
	return error;
}
