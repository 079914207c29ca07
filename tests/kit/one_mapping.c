/* SPDX-License-Identifier: BSD-3-Clause */
#include "one_mapping.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

void *__real_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t bytes);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t bytes);

enum { MAPPINGS = 16 };

const char *mapping_path;

static struct {
	dev_t dev;
	ino_t ino;
	void *at;
	size_t bytes;
	unsigned users;
} mappings[MAPPINGS];

static pthread_mutex_t mappings_lock = PTHREAD_MUTEX_INITIALIZER;

/* If a reader comes first, it gets a mapping of its own: a writer could not share a read-only
 * one. */
static void *mapping_share(const struct stat *st, size_t bytes, int protection, int fd)
{
	int free_place = -1;

	for (int i = 0; i < MAPPINGS; i++) {
		if (mappings[i].users && mappings[i].ino == st->st_ino &&
		    mappings[i].dev == st->st_dev && mappings[i].bytes == bytes) {
			mappings[i].users++;
			return mappings[i].at;
		}
		if (!mappings[i].users)
			free_place = i;
	}
	if (free_place < 0)
		abort();
	if (!(protection & PROT_WRITE))
		return __real_mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
	mappings[free_place].at = __real_mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
	mappings[free_place].dev = st->st_dev;
	mappings[free_place].ino = st->st_ino;
	mappings[free_place].bytes = bytes;
	mappings[free_place].users = mappings[free_place].at != MAP_FAILED;
	return mappings[free_place].at;
}

/* Shares mappings of whole arenas only: not the page that a member's lock is bound to, nor
 * anonymous memory. */
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	struct stat st;
	void *shared;

	if (!(flags & MAP_SHARED) || protection == PROT_NONE || fd < 0 || fstat(fd, &st) != 0)
		return __real_mmap(at, bytes, protection, flags, fd, offset);
	pthread_mutex_lock(&mappings_lock);
	shared = mapping_share(&st, bytes, protection, fd);
	pthread_mutex_unlock(&mappings_lock);
	return shared;
}

int __wrap_munmap(void *at, size_t bytes)
{
	bool mine = false, last = false;

	pthread_mutex_lock(&mappings_lock);
	for (int i = 0; i < MAPPINGS; i++) {
		if (mappings[i].users && mappings[i].at == at) {
			mine = true;
			last = --mappings[i].users == 0;
		}
	}
	pthread_mutex_unlock(&mappings_lock);
	return mine && !last ? 0 : __real_munmap(at, bytes);
}

/* ---- what the tests share -------------------------------------------------------------------- */

void mapping_begin(const char *what, unsigned seconds)
{
	check_begin(seconds);
	mapping_path = check_path(what);
	(void)unlink(mapping_path);
}

const void *mapping_of(unsigned users, size_t *bytes)
{
	for (unsigned i = 0; i < MAPPINGS; i++) {
		if (mappings[i].users == users) {
			*bytes = mappings[i].bytes;
			return mappings[i].at;
		}
	}
	return NULL;
}

struct headway_arena *mapping_open(unsigned flags)
{
	struct headway_options options = {.size = sizeof options,
					  .flags = flags,
					  .slots = 8,
					  .members = 12,
					  .bytes = 96 << 10};
	struct headway_arena *arena = NULL;
	int error = headway_open(mapping_path, &options, &arena);

	if (error)
		FAIL("headway_open says %s", headway_strerror(error));
	return arena;
}

void mapping_rest(void)
{
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_arena *arena = mapping_open(HEADWAY_READ_ONLY);

	NEED(arena && headway_fsck(arena, &report) == 0);
	if (report.leaked || report.damaged || report.in_transit)
		FAIL("at rest: leaked %llu damaged %llu in transit %llu: %s",
		     (unsigned long long)report.leaked, (unsigned long long)report.damaged,
		     (unsigned long long)report.in_transit, report.first);
	headway_close(arena);
}
