/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

enum { PLACES = 16, PAGE = 4096, PLACE_BYTES = 4 << 20 };

static const uint64_t boot_ns = 1000000000000; /* the initial time of all clocks */
static const uint64_t wall_ns = 1700000000000000000;

void (*world_after_step)(void);
static uint64_t now_ns, random_state;
static __thread uint64_t steps_left = UINT64_MAX;
static __thread const char *call_name = "";

void world_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "fuzz: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	abort();
}

/* ---- time, chance, steps --------------------------------------------------------------------- */

void world_reset(void)
{
	__atomic_store_n(&now_ns, boot_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&random_state, 88172645463325252u, __ATOMIC_RELAXED);
}

void world_advance(uint64_t seconds)
{
	(void)__atomic_fetch_add(&now_ns, seconds * 1000000000u, __ATOMIC_RELAXED);
}

void world_call(const char *name)
{
	call_name = name;
	steps_left = WORLD_STEPS_MAX;
}

void fuzz_step(void);
void fuzz_step(void)
{
	if (!steps_left--)
		world_fail("%s: more than %d steps", call_name, WORLD_STEPS_MAX);
	if (world_after_step)
		world_after_step();
}

int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	uint64_t ns = __atomic_load_n(&now_ns, __ATOMIC_RELAXED);

	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		ns += wall_ns;
	t->tv_sec = (time_t)(ns / 1000000000u);
	t->tv_nsec = (long)(ns % 1000000000u);
	return 0;
}

ssize_t __wrap_getrandom(void *to, size_t bytes, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t bytes, unsigned flags)
{
	unsigned char *out = to;

	(void)flags;
	for (size_t i = 0; i < bytes; i++) {
		random_state ^= random_state << 13;
		random_state ^= random_state >> 7;
		random_state ^= random_state << 17;
		out[i] = (unsigned char)(random_state >> 32);
	}
	return (ssize_t)bytes;
}

/* ---- processes: who lived at the first look lives, and who did not never will ---------------- */

static struct look {
	uint32_t pid;
	bool taken;
	int error;
	uint64_t start;
	char command[16];
} looks[64];

int __real_hw__process_stat(uint32_t pid, uint64_t *start, char command[16]);
int __wrap_hw__process_stat(uint32_t pid, uint64_t *start, char command[16]);
int __wrap_hw__process_stat(uint32_t pid, uint64_t *start, char command[16])
{
	struct look *look = &looks[pid % 64];

	if (!look->taken || look->pid != pid) {
		*look = (struct look){.pid = pid, .taken = true};
		look->error = __real_hw__process_stat(pid, &look->start, look->command);
	}
	*start = look->start;
	memcpy(command, look->command, sizeof look->command);
	return look->error;
}

/* ---- mappings -------------------------------------------------------------------------------- */

static struct place {
	unsigned char *base;
	size_t bytes; /* mapped; kept after munmap(), for the next mapping of the same file */
	int protection;
	dev_t dev;
	ino_t ino;
	uint64_t used; /* sequence number of its last use */
	bool taken;
} places[PLACES];

void *__real_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t off);
int __real_munmap(void *at, size_t bytes);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t off);
int __wrap_munmap(void *at, size_t bytes);

static bool place_holds(const struct place *p, size_t bytes, int protection, const struct stat *st)
{
	return p->bytes == bytes && p->protection == protection && p->dev == st->st_dev &&
	       p->ino == st->st_ino;
}

static struct place *place_find(size_t bytes, int protection, const struct stat *st)
{
	struct place *oldest = NULL;

	for (struct place *p = places; p < places + PLACES; p++) {
		if (!p->taken && place_holds(p, bytes, protection, st))
			return p;
		if (!p->taken && (!oldest || p->used < oldest->used))
			oldest = p;
	}
	return oldest;
}

static void *place_map(struct place *p, size_t bytes, int protection, int fd, const struct stat *st)
{
	void *map;

	if (!p->base)
		p->base = __real_mmap(NULL, PLACE_BYTES, PROT_NONE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p->base == MAP_FAILED)
		world_fail("no memory for a place");
	if (p->bytes)
		(void)__real_mmap(p->base + PAGE, p->bytes, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	map = __real_mmap(p->base + PAGE, bytes, protection, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		world_fail("a file that cannot be mapped");
	p->bytes = bytes;
	p->protection = protection;
	p->dev = st->st_dev;
	p->ino = st->st_ino;
	return map;
}

/* A shared mapping of a file is placed between two inaccessible pages. Since mmap() costs more than
 * the rest of an execution, mappings are kept and reused. */
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t off)
{
	static uint64_t uses;
	struct place *place;
	struct stat st;

	if (at || fd < 0 || !(flags & MAP_SHARED) || protection == PROT_NONE ||
	    bytes > PLACE_BYTES - 2 * PAGE || fstat(fd, &st) != 0)
		return __real_mmap(at, bytes, protection, flags, fd, off);
	place = place_find(bytes, protection, &st);
	if (!place)
		world_fail("more mappings than can be");
	place->taken = true;
	place->used = ++uses;
	if (place_holds(place, bytes, protection, &st))
		return place->base + PAGE;
	return place_map(place, bytes, protection, fd, &st);
}

int __wrap_munmap(void *at, size_t bytes)
{
	for (struct place *p = places; p < places + PLACES; p++) {
		if (!p->taken || at != (void *)(p->base + PAGE))
			continue;
		p->taken = false;
		return 0;
	}
	return __real_munmap(at, bytes);
}
