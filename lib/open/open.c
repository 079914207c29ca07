/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds an arena by its name, creates or replaces it, follows the name, closes. */
#include "open/open.h"

#include "base/clock.h"
#include "base/rcu.h"
#include "base/sized.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOKS_AT_ONCE = 4, PAUSE_LEAST_NS = 1000000, PAUSE_MOST_NS = 16000000 };

/* limit of retries while other processes create or replace the file of that name */
static const uint64_t retry_limit_ns = 60000000000;

/* The arguments of an open. */
struct search {
	const char *path;
	const struct headway_options *options;
	bool may_make, read_only;
};

/* ---- from a name to an attachment ------------------------------------------------------------ */

static bool is_exclusive(const struct search *s)
{
	return s->options->flags & HEADWAY_EXCLUSIVE;
}

/* Opens the file of that name, or creates it if there is none and the options allow it. */
static int file_find(const struct search *s, bool *made, int *fd)
{
	struct stat st;
	int error;

	*made = false;
	*fd = hw__file_open(s->path, s->read_only ? O_RDONLY : O_RDWR);
	if (*fd >= 0)
		return 0;
	if (*fd != -ENOENT && is_exclusive(s))
		return lstat(s->path, &st) == 0 ? -EEXIST : *fd;
	if (*fd != -ENOENT || !s->may_make)
		return *fd == -EISDIR ? -EPROTO : *fd;
	*made = true;
	error = hw__arena_create(s->path, s->options, NULL, fd);
	return error == -EEXIST ? -EAGAIN : error;
}

/* Replaces a left-over file, if the name still belongs to it. The caller holds a lock on it, so one
 * process at a time replaces it. */
static int leftover_replace_locked(const struct search *s, const struct hw__file *file, int locked,
				   int *fd)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * HW__LOCK_BASE, .l_len = 1};

	if (fcntl(locked, F_OFD_SETLK, &lock) != 0)
		return errno == EACCES ? -EAGAIN : -errno;
	if (!hw__file_is_at(file, s->path))
		return -EAGAIN;
	return hw__arena_create(s->path, s->options, file, fd);
}

/* *fd: the left-over file; on return its replacement. */
static int leftover_replace(const struct search *s, int *fd)
{
	struct stat st;
	struct hw__file file;
	int locked, old = *fd, error = 0;

	*fd = -1;
	if (fstat(old, &st) != 0)
		error = -errno;
	file = (struct hw__file){st.st_dev, st.st_ino};
	locked = error ? error
		       : hw__file_reopen(&file, s->path, O_RDWR); /* the lock needs write access */
	close(old);
	if (locked < 0)
		return locked == -ESTALE ? -EAGAIN : locked;
	error = leftover_replace_locked(s, &file, locked, fd);
	/* also releases the lock: the left-over was replaced, or this process could not replace it */
	close(locked);
	return error;
}

/* Finds the file of that name, replaces it if the options allow it, and maps it. */
static int file_attach(const struct search *s, struct hw__attachment **out)
{
	bool any_owner = s->options->flags & HEADWAY_ANY_OWNER, made;
	int fd, error = file_find(s, &made, &fd);

	if (error)
		return error;
	error = hw__attachment_make(fd, !s->read_only, any_owner, s->path, out);
	if (error == -ESTALE && s->may_make) {
		made = true;
		error = leftover_replace(s, &fd);
		if (!error)
			error = hw__attachment_make(fd, !s->read_only, any_owner, s->path, out);
	}
	if (fd >= 0)
		close(fd);
	if (made || !is_exclusive(s))
		return error;
	if (!error)
		hw__attachment_put(*out);
	return -EEXIST;
}

/* One attempt. -EAGAIN: the name changed, or another process is replacing its file: try again. */
static int attach_once(const struct search *s, struct hw__attachment **out)
{
	int error = file_attach(s, out);

	if (error || s->read_only)
		return error;
	error = hw__member_join(*out);
	if (error)
		hw__attachment_put(*out);
	return error == -ESTALE ? -EAGAIN : error; /* replaced since it was found */
}

static void search_pause(unsigned looks)
{
	unsigned doublings = looks - LOOKS_AT_ONCE;
	long ns = doublings < 4 ? PAUSE_LEAST_NS << doublings : PAUSE_MOST_NS;

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, ns}, NULL);
}

static int attach_by_name(const struct search *s, struct hw__attachment **out)
{
	uint64_t end = hw__now_ns() + retry_limit_ns;

	for (unsigned looks = 1;; looks++) {
		int error = attach_once(s, out);

		if (error != -EAGAIN || hw__now_ns() >= end)
			return error;
		if (looks >= LOOKS_AT_ONCE)
			search_pause(looks);
	}
}

/* ---- following the name ---------------------------------------------------------------------- */

void hw__attachment_ref(struct hw__attachment *a)
{
	(void)hw__fetch_add_full(&a->references, 1);
}

void hw__attachment_put(struct hw__attachment *a)
{
	if (!a || hw__fetch_add_full(&a->references, UINT64_MAX) != 1)
		return;
	hw__process_lock();
	if (a->writable)
		hw__member_leave(a);
	hw__attachment_unlist(a);
	hw__process_unlock();
	hw__attachment_free(a);
}

/* Makes the arena that the name belongs to now the handle's current one. Open records stay in the
 * old one. */
static void arena_follow(struct headway_arena *arena, struct hw__attachment *old)
{
	struct search s = {arena->path, &arena->options, false, arena->read_only};
	struct hw__attachment *a = NULL;
	bool swapped = false;

	if (attach_once(&s, &a) != 0)
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

/* Checks whether the name still belongs to the mapped file, at most once a second. */
static void arena_look(struct headway_arena *arena, struct hw__attachment *a)
{
	uint64_t now = hw__now_coarse_ns(), then = hw__load_relaxed(&a->looked_ns);

	if (now - then < HW__LOOK_EVERY_NS || !hw__cas_full(&a->looked_ns, then, now))
		return;
	hw__store_relaxed(&a->suspended_ns, hw__suspended_ns());
	if (hw__file_is_at(&a->file, arena->path))
		return;
	hw__store_relaxed(&arena->unlinked, 1);
	arena_follow(arena, a);
}

/* Without memory for a section, the process lock serves: the pointer is changed under it. */
static struct hw__attachment *current_ref(struct headway_arena *arena)
{
	bool in_section = hw__rcu_read_lock();
	struct hw__attachment *a;

	if (!in_section)
		hw__process_lock();
	a = hw__load_pointer_acquire((void *const *)&arena->current);
	if (a)
		hw__attachment_ref(
			a); /* the handle's own reference is released after a grace period */
	if (in_section)
		hw__rcu_read_unlock();
	else
		hw__process_unlock();
	return a;
}

struct hw__attachment *hw__attachment_get(struct headway_arena *arena)
{
	struct hw__attachment *a = current_ref(arena);

	if (!a || !hw__attachment_look_is_due(a, hw__now_coarse_ns()))
		return a;
	arena_look(arena, a);
	hw__attachment_put(a);
	return current_ref(arena);
}

/* ---- the calls ------------------------------------------------------------------------------- */

static int options_take(const struct headway_options *given, struct headway_options *o)
{
	if (given && !hw__size_is_valid(given->size, offsetof(struct headway_options, slots)))
		return -EINVAL;
	hw__struct_in(o, sizeof *o, given);
	if (o->flags & ~(unsigned)(HEADWAY_CREATE | HEADWAY_EXCLUSIVE | HEADWAY_READ_ONLY |
				   HEADWAY_EXISTING | HEADWAY_ANY_OWNER))
		return -EINVAL;
	if ((o->flags & HEADWAY_EXISTING) && (o->flags & (HEADWAY_CREATE | HEADWAY_EXCLUSIVE)))
		return -EINVAL;
	if ((o->flags & HEADWAY_EXCLUSIVE) || !(o->flags & (HEADWAY_READ_ONLY | HEADWAY_EXISTING)))
		o->flags |= HEADWAY_CREATE;
	return 0;
}

int headway_open(const char *name, const struct headway_options *options,
		 struct headway_arena **out)
{
	struct headway_arena *arena;
	struct hw__attachment *a = NULL;
	struct search s;
	int error;

	if (!out)
		return -EINVAL;
	*out = NULL;
	arena = calloc(1, sizeof *arena);
	if (!arena)
		return -ENOMEM;
	error = options_take(options, &arena->options);
	if (!error)
		error = hw__arena_path(name, &arena->path);
	arena->read_only = arena->options.flags & HEADWAY_READ_ONLY;
	s = (struct search){arena->path, &arena->options, arena->options.flags & HEADWAY_CREATE,
			    arena->read_only};
	if (!error)
		error = attach_by_name(&s, &a);
	/* the only flag that matters when the name is followed */
	arena->options.flags &= HEADWAY_ANY_OWNER;
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

void headway_close(struct headway_arena *arena)
{
	struct hw__attachment *a;

	if (!arena)
		return;
	hw__process_lock();
	for (a = hw__attachments(); a; a = a->next) {
		if (a->arena != arena)
			continue;
		if (a->writable)
			hw__member_leave(a);
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
	fd = hw__file_open(path, O_RDONLY);
	if (fd < 0) {
		error = fd == -EISDIR ? -EPROTO : fd;
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
