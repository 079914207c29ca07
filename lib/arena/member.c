/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena/member.h"

#include "arena/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t generations; /* lock: incremented for each membership of this process */

/* ---- locks ----------------------------------------------------------------------------------- */

/* Sets a lock on a member's byte. Returns 0, or -EAGAIN if another lock conflicts. */
static int byte_lock(int fd, uint32_t member, short type)
{
	struct flock lock = {.l_type = type,
			     .l_whence = SEEK_SET,
			     .l_start = HW__LOCK_BASE + member,
			     .l_len = 1};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

/* Binds the lock to a mapping that a forked child does not inherit. */
static int lock_bind(int fd, void **page)
{
	*page = mmap(NULL, HW__PAGE_BYTES, PROT_NONE, MAP_SHARED, fd, 0);
	if (*page == MAP_FAILED)
		return -errno;
	if (madvise(*page, HW__PAGE_BYTES, MADV_DONTFORK) != 0) {
		munmap(*page, HW__PAGE_BYTES);
		return -errno;
	}
	return 0;
}

/* Returns 1 if a member holds the byte, 0 if not (also when a reaper sweeps its former member), -1
 * if unknown. */
static int byte_is_member_s(int fd, uint32_t member)
{
	struct flock lock = {.l_type = F_RDLCK,
			     .l_whence = SEEK_SET,
			     .l_start = HW__LOCK_BASE + member,
			     .l_len = 1};

	if (fcntl(fd, F_OFD_GETLK, &lock) != 0) /* only a write lock conflicts with a read lock */
		return -1;
	return lock.l_type != F_UNLCK;
}

/* Once the byte is locked for writing, the line must not name the former member, which would seem to be
 * alive until it is swept. While it is locked for reading, that member is dead, and no process can become
 * its successor. -EAGAIN: a member, a sweeper or another newcomer holds the byte. */
static int lock_one(const struct hw__attachment *a, int fd, uint32_t member)
{
	int error = byte_lock(fd, member, F_RDLCK);

	if (error)
		return error;
	hw__store_relaxed(&a->members[member].pid, 0);
	error = byte_lock(fd, member, F_WRLCK);
	if (error)
		(void)byte_lock(fd, member, F_UNLCK);
	return error;
}

/* Locks the byte of any free member index. -EUSERS: all indices are in use; -EBUSY: the only free
 * one is being swept. */
static int lock_any(const struct hw__attachment *a, int fd, uint32_t *member)
{
	for (uint32_t p = 0; p < a->geometry.members; p++) {
		int error = lock_one(a, fd, p);

		if (error == -EAGAIN)
			continue;
		*member = p;
		return error;
	}
	for (uint32_t p = 0; p < a->geometry.members; p++)
		if (byte_is_member_s(fd, p) == 0)
			return -EBUSY;
	return -EUSERS;
}

/* On overlayfs and the like, the mapping refers to another file than the descriptor and does not
 * keep the lock. Then the descriptor stays open, and a fork handler closes it in the child. */
static int lock_take(struct hw__attachment *a, bool by_mapping)
{
	void *page = NULL;
	int own = hw__attachment_reopen(a, O_RDWR), error;

	if (own < 0)
		return own;
	error = lock_any(a, own, &a->member);
	if (!error && by_mapping)
		error = lock_bind(own, &page);
	if (error || by_mapping)
		close(own);
	else
		a->lock_fd = own;
	a->lock_page = page;
	if (error || !by_mapping || hw__member_alive(a, a->member) != 0)
		return error;
	munmap(page, HW__PAGE_BYTES);
	return lock_take(a, false);
}

void hw__place_leave(struct hw__attachment *a)
{
	if (a->lock_page)
		munmap(a->lock_page, HW__PAGE_BYTES);
	a->lock_page = NULL;
	hw__lock_fd_close(a);
}

int hw__member_alive(const struct hw__attachment *a, uint32_t member)
{
	int fd = hw__attachment_reopen(a, O_RDONLY), alive;

	if (fd < 0)
		return -1;
	alive = byte_is_member_s(fd, member);
	close(fd);
	return alive;
}

/* ---- who this process is --------------------------------------------------------------------- */

/* Members start their searches for free slots and chunks at different places. */
static void cursors_set(struct hw__attachment *a)
{
	uint64_t members = a->geometry.members, member = a->member;

	a->slot_cursor = member * (a->geometry.slots - a->geometry.striped_slots) / members;
	for (int i = 0; i < 2; i++)
		a->pools[i].cursor = member * ((a->pools[i].count + 63) / 64) / members;
}

static void self_learn(struct hw__attachment *a)
{
	memset(&a->self, 0, sizeof a->self);
	a->self.pid = (uint32_t)getpid();
	a->self.pid_namespace = hw__pid_namespace();
	hw__store_relaxed(&a->pid_namespace, a->self.pid_namespace);
	hw__store_relaxed(&a->time_namespace, hw__time_namespace());
	if (a->self.pid_namespace)
		(void)hw__process_stat(a->self.pid, &a->self.start_ticks, a->self.command);
}

static void line_fill(struct hw__member_line *line, const struct hw__self *self)
{
	uint64_t command[2];

	memcpy(command, self->command, sizeof command);
	hw__store_relaxed(&line->pid, self->pid);
	hw__store_relaxed(&line->start_ticks, self->start_ticks);
	hw__store_relaxed(&line->pid_namespace, self->pid_namespace);
	hw__store_relaxed(&line->command[0], command[0]);
	hw__store_relaxed(&line->command[1], command[1]);
	hw__store_relaxed(&line->reserved, 0);
	/* last: results of owner checks are cached under it, and a line without a pid means "dead" */
	hw__store_release(&line->incarnation, hw__load_relaxed(&line->incarnation) + 1);
}

static void watch_clear(struct hw__watch *watch)
{
	for (int i = 0; i < HW__WATCH_UNTIL; i++)
		hw__store_relaxed(&watch->until[i], 0);
	for (int i = 0; i < HW__WATCH_CALLS; i++)
		hw__store_relaxed(&watch->calls[i], 0);
	hw__store_relaxed(&watch->others, 0);
}

/* ---- a place --------------------------------------------------------------------------------- */

int hw__place_take(struct hw__attachment *a)
{
	int error = lock_take(a, true);

	if (error)
		return error;
	memset(a->own_pin, 0, sizeof a->own_pin);
	a->own_pin[a->member / 64] = 1ull << a->member % 64;
	cursors_set(a);
	return 0;
}

void hw__place_use(struct hw__attachment *a)
{
	struct hw__member_line *line = &a->members[a->member];

	hw__store_release(&line->dirty, 1); /* before this member owns anything */
	self_learn(a);
	line_fill(line, &a->self);
	watch_clear(&a->watches[a->member]);
	for (int i = 0; i < HW__ALIVE_CACHE; i++)
		hw__store_relaxed(&a->alive[i], 0); /* a child relies on no check of its parent */
	hw__store_release(a->generation_now, ++generations);
}

/* ---- the dead -------------------------------------------------------------------------------- */

/* Locks the bytes of all dead members for reading. Returns true if there are any. */
static bool dead_lock(const struct hw__attachment *a, int fd, struct hw__members *dead)
{
	bool some = false;

	for (uint32_t p = 0; p < a->geometry.members; p++) {
		if (p == a->member || !hw__load_relaxed(&a->members[p].dirty) ||
		    byte_lock(fd, p, F_RDLCK) != 0)
			continue;
		/* another process has swept it meanwhile */
		if (!hw__load_acquire(&a->members[p].dirty)) {
			(void)byte_lock(fd, p, F_UNLCK);
			continue;
		}
		dead->bits[p / 64] |= 1ull << p % 64;
		some = true;
	}
	return some;
}

bool hw__dead_hold(const struct hw__attachment *a, struct hw__members *dead, struct hw__hold *hold,
		   int *error)
{
	int fd = hw__attachment_reopen(a, O_RDWR);
	bool some;

	*error = fd < 0 ? fd : 0;
	if (fd < 0)
		return false;
	some = dead_lock(a, fd, dead);
	if (some && a->lock_fd >= 0) {
		hold->fd = fd;
		return true;
	}
	if (some)
		*error = lock_bind(fd, &hold->page);
	close(fd);
	return some && !*error;
}

void hw__dead_release(const struct hw__hold *hold)
{
	if (hold->fd >= 0)
		close(hold->fd);
	else
		munmap(hold->page, HW__PAGE_BYTES);
}

bool hw__members_dead(const struct hw__attachment *a, struct hw__members *dead)
{
	bool all_seen = true;

	memset(dead, 0, sizeof *dead);
	for (uint32_t p = 0; p < a->geometry.members; p++) {
		int alive = hw__load_relaxed(&a->members[p].dirty) ? hw__member_alive(a, p) : 1;

		if (alive == 0)
			dead->bits[p / 64] |= 1ull << p % 64;
		all_seen &= alive >= 0;
	}
	return all_seen;
}
