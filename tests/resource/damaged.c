/* SPDX-License-Identifier: BSD-3-Clause */
/* A damaged record: its writers and readers get an error in bounded time. The other records of the
 * arena are not affected. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include "arena/arena.h"
#include "base/word.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

static char name[128], long_text[20000];
static unsigned char *map;
static size_t map_bytes;
static struct hw__geometry geometry;

static void arena_map(void)
{
	int fd = open(file_of(name), O_RDWR | O_CLOEXEC);
	const struct hw__header *h;
	struct stat st;

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	map_bytes = (size_t)st.st_size;
	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		exit(1);
	h = (const void *)map;
	geometry = (struct hw__geometry){.slots = h->slots,
					 .blocks = h->blocks,
					 .extents = h->extents,
					 .members = h->members,
					 .striped_slots = h->striped_slots};
	CHECK_INT(hw__geometry_layout(&geometry), 0);
}

static struct hw__block *block_of(const struct headway_id *id)
{
	const struct hw__slot *slots = (void *)(map + geometry.slots_off);
	uint32_t slot = (uint32_t)id->bytes[0] << 16 | (uint32_t)id->bytes[1] << 8 | id->bytes[2];

	return (struct hw__block *)(void *)(map + geometry.blocks_off) +
	       hw__ref_index(hw__word_ref(slots[slot].word));
}

static struct hw__extent *extent_of(uint64_t ref)
{
	return (struct hw__extent *)(void *)(map + geometry.extents_off) + hw__ref_index(ref);
}

/* ---- what can be wrong ----------------------------------------------------------------------- */

static void other_version(struct hw__block *b)
{
	b->h.state += 5;
}

static void too_long(struct hw__block *b)
{
	b->h.used_bytes = HW__INLINE_BYTES + 1;
}

static void no_origin(struct hw__block *b)
{
	memset(b->entries, 0, 8);
}

static void chain_out_of_range(struct hw__block *b)
{
	b->h.overflow = hw__ref(geometry.extents, 1);
}

static void chain_of_another_version(struct hw__block *b)
{
	extent_of(b->h.overflow)->h.state += 3;
}

static void results_of_another_version(struct hw__block *b)
{
	extent_of(b->h.results)->h.state += 3;
}

static void chain_in_a_circle(struct hw__block *b)
{
	struct hw__extent *e = extent_of(b->h.overflow);

	e->h.next = b->h.overflow;
	e->h.total_bytes = (uint64_t)geometry.extents * HW__EXTENT_DATA;
}

static void chain_too_long(struct hw__block *b)
{
	extent_of(b->h.overflow)->h.total_bytes = UINT64_MAX;
}

static const struct {
	const char *what;
	void (*damage)(struct hw__block *b);
	bool reads; /* a reader, which reads less or more of it, may succeed */
} damages[] = {
	{"a block of another version", other_version, false},
	{"more bytes than a block has", too_long, false},
	{"no origin", no_origin, true},
	{"a chain that is not there", chain_out_of_range, false},
	{"a chain of another version", chain_of_another_version, false},
	{"results of another version", results_of_another_version, false},
	{"a chain in a circle", chain_in_a_circle, false},
	{"a chain longer than the arena", chain_too_long, false},
};

/* ---- what is said of it ---------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void told(const char *what, const char *call, int said, double began)
{
	if (said != -EBADMSG)
		FAIL("%s: %s said %d (%s), not -EBADMSG", what, call, said, headway_strerror(said));
	if (seconds() - began > 5)
		FAIL("%s: %s took %.1f s", what, call, seconds() - began);
}

static struct headway_record *begin(struct headway_arena *arena, struct headway_id *id)
{
	struct headway_record *r;

	CHECK_INT(headway_start(arena, NULL, &r), 0);
	CHECK_INT(headway_get_id(r, id), 0);
	CHECK_INT(headway_message(r, "Step", "1"), 0);
	CHECK_INT(headway_message(r, "Long", long_text), 0);
	CHECK_INT(headway_results(r, long_text, sizeof long_text - 1), 0);
	return r;
}

static void damaged(struct headway_arena *arena, size_t i)
{
	const char *what = damages[i].what;
	struct headway_snapshot *snapshot = NULL;
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_id id, other_id;
	struct headway_record *r = begin(arena, &id), *other = begin(arena, &other_id);
	double began;
	int said;

	damages[i].damage(block_of(&id));
	began = seconds();
	said = headway_read(arena, &id, &snapshot);
	if (said && !damages[i].reads)
		told(what, "read", said, began);
	began = seconds();
	told(what, "results", headway_results(r, long_text, sizeof long_text - 1), began);
	began = seconds();
	told(what, "finish", headway_finish_with_results(r, "1", 1), began);
	CHECK_INT(headway_fsck(arena, &report), 0);
	CHECK(report.damaged > 0);
	CHECK_INT(headway_message(other, "Step", "2"), 0);
	CHECK_INT(headway_read(arena, &other_id, &snapshot), 0);
	CHECK_INT(headway_finish(other), 0);
	headway_snapshot_free(snapshot);
	headway_release(r);
	headway_release(other);
}

static int walk_on(const struct headway_snapshot *snapshot, void *unused)
{
	(void)snapshot;
	(void)unused;
	return 0;
}

/* The time to read the other records must not depend on the shape of a cyclic chain. */
static void circles(void)
{
	struct headway_options o = {.size = sizeof o, .slots = 400, .bytes = 32 << 20};
	struct headway_arena *arena;
	struct headway_id id;
	double began;

	CHECK_INT(headway_open(name, &o, &arena), 0);
	arena_map();
	for (int i = 0; i < 400; i++) {
		headway_release(begin(arena, &id));
		chain_in_a_circle(block_of(&id));
	}
	began = seconds();
	CHECK(headway_each(arena, walk_on, NULL) >= 0);
	if (seconds() - began > 2)
		FAIL("a walk over 400 chains in circles took %.1f s", seconds() - began);
	munmap(map, map_bytes);
	headway_close(arena);
	CHECK_INT(headway_unlink(name), 0);
}

int main(void)
{
	struct headway_options o = {.size = sizeof o, .slots = 8, .members = 4};
	struct headway_arena *arena;

	snprintf(name, sizeof name, "%s", new_name());
	memset(long_text, '1', sizeof long_text - 1);
	check_begin(110);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		CHECK_INT(headway_open(name, &o, &arena), 0);
		arena_map();
		damaged(arena, i);
		headway_close(arena);
		munmap(map, map_bytes);
		CHECK_INT(headway_unlink(name), 0);
	}
	circles();
	return check_end();
}
