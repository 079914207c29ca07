/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens, maps and validates the file of an arena.
 *
 * Nothing in the file is trusted. The header is copied once; the checksum and fingerprint of the
 * copy are compared, its counts are checked against their ranges and the file's size, and all
 * offsets are computed from it. The header in the file is never read again.
 */
#include "arena/arena.h"
#include "base/clock.h"
#include "base/rcu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

static pthread_mutex_t process_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct hw__attachment *attachments;

/* ---- the process lock, and fork -----------------------------------------------------------------
 *
 * fork() waits until no other thread is between opening and binding a member's lock, or in a grace
 * period. In the child the lock is free and every generation page is wiped.
 *
 * A thread may hold locks of the application when it acquires this one, never the other way
 * round. So the fork handler must acquire this lock after the application's handlers acquire
 * theirs. Prepare handlers run in reverse order of registration, so these are registered when
 * the library is loaded, before the application's. */

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

/* ---- files ----------------------------------------------------------------------------------- */

int hw__file_open(const char *path, int flags)
{
	int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static bool is_file(const struct stat *st, const struct hw__file *file)
{
	return st->st_dev == file->dev && st->st_ino == file->ino;
}

bool hw__file_is_at(const struct hw__file *file, const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && is_file(&st, file);
}

int hw__file_reopen(const struct hw__file *file, const char *path, int flags)
{
	int fd = hw__file_open(path, flags);
	struct stat st;

	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	if (fstat(fd, &st) == 0 && is_file(&st, file))
		return fd;
	close(fd);
	return -ESTALE;
}

/* Returns 1 if this process is in the group, 0 if not, or -ENOMEM. */
static int in_group(gid_t gid)
{
	int count, found = gid == getegid();
	gid_t *groups;

	do { /* the groups may change between the calls */
		count = getgroups(0, NULL);
		groups = malloc(((size_t)(count > 0 ? count : 0) + 1) * sizeof *groups);
		if (!groups)
			return -ENOMEM;
		count = getgroups(count, groups);
		for (int i = 0; i < count; i++)
			found |= groups[i] == gid;
		free(groups);
	} while (count < 0 && errno == EINVAL);
	return found;
}

/* Every user who may write a file may also truncate it, and an access to the missing pages then
 * kills a process that has it mapped. So a file of another user is mapped only if its group and
 * mode give this process access, if root reads it, or if the caller allows any owner. */
static int owner_check(const struct stat *st, bool writable)
{
	uid_t me = geteuid();
	int ours;

	if (st->st_uid == me || st->st_uid == 0 || (me == 0 && !writable))
		return 0;
	ours = st->st_mode & 060 ? in_group(st->st_gid) : 0;
	return ours < 0 ? ours : ours ? 0 : -EACCES;
}

static int file_check(int fd, bool writable, bool any_owner, struct stat *st)
{
	if (fstat(fd, st) != 0)
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -EPROTO;
	return any_owner ? 0 : owner_check(st, writable);
}

/* ---- an attachment --------------------------------------------------------------------------- */

static void attachment_point(struct hw__attachment *a, const struct hw__header *h)
{
	const struct hw__geometry *g = &a->geometry;
	unsigned char *base = a->base;

	a->members = (void *)(base + g->members_off);
	a->totals = (void *)(base + g->totals_off);
	a->watches = (void *)(base + g->watches_off);
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
	/* without it a child would use the parent's membership */
	if (madvise(page, HW__PAGE_BYTES, MADV_WIPEONFORK) != 0) {
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

void hw__attachment_free(struct hw__attachment *a)
{
	if (a->base)
		munmap(a->base, a->bytes);
	if (a->generation_now)
		munmap(a->generation_now, HW__PAGE_BYTES);
	membership_free(a);
	free((void *)(uintptr_t)a->lost_reports);
	free(a->path);
	free(a);
}

/* True if a process holds a member's lock. */
static bool is_in_use(int fd)
{
	struct flock lock = {.l_type = F_RDLCK,
			     .l_whence = SEEK_SET,
			     .l_start = HW__LOCK_BASE,
			     .l_len = HW__MEMBERS_MAX};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int file_map(struct hw__attachment *a, int fd)
{
	a->bytes = a->geometry.bytes;
	a->base = mmap(NULL, a->bytes, a->writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
		       fd, 0);
	if (a->base != MAP_FAILED)
		return 0;
	a->base = NULL;
	return -errno;
}

static int header_read(int fd, const struct stat *st, struct hw__header *header,
		       struct hw__geometry *geometry)
{
	ssize_t got = pread(fd, header, sizeof *header, 0);
	int error;

	if (got < 0)
		return -errno;
	if (got != (ssize_t)sizeof *header) /* too short for an arena: perhaps truncated */
		return got >= (ssize_t)sizeof header->magic &&
				       memcmp(header->magic, HW__MAGIC, sizeof header->magic) == 0
			       ? -EBADMSG
			       : -EPROTO;
	error = hw__header_check(header, (uint64_t)st->st_size, geometry);
	/* the boot id of a container may differ */
	return error == -ESTALE && is_in_use(fd) ? 0 : error;
}

/* The header is copied to the heap, since a thread's stack may be small. */
static int attachment_map(struct hw__attachment *a, int fd, const struct stat *st)
{
	struct hw__header *header = malloc(sizeof *header);
	int error = header ? header_read(fd, st, header, &a->geometry) : -ENOMEM;

	if (!error)
		error = file_map(a, fd);
	if (!error)
		attachment_point(a, header);
	free(header);
	return error;
}

int hw__attachment_make(int fd, bool writable, bool any_owner, const char *path,
			struct hw__attachment **out)
{
	struct hw__attachment *a;
	struct stat st;
	int error = file_check(fd, writable, any_owner, &st);

	if (error)
		return error;
	a = calloc(1, sizeof *a);
	if (!a)
		return -ENOMEM;
	a->references = 1;
	a->lock_fd = -1;
	a->writable = writable;
	a->file = (struct hw__file){st.st_dev, st.st_ino};
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
		hw__attachment_free(a);
	else
		*out = a;
	return error;
}

int hw__attachment_reopen(const struct hw__attachment *a, int flags)
{
	return hw__file_reopen(&a->file, a->path, flags);
}

void hw__attachment_list(struct headway_arena *arena, struct hw__attachment *a)
{
	a->arena = arena;
	a->looked_ns = hw__now_coarse_ns();
	a->suspended_ns = hw__suspended_ns();
	a->next = attachments;
	attachments = a;
}

void hw__attachment_unlist(struct hw__attachment *a)
{
	struct hw__attachment **at = &attachments;

	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
}
