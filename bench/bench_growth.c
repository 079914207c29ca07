/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How costs grow with the number of records: the same operations with 10^3, 10^4, 10^5 and 10^6
 * records. Operations: read by a random id, a walk, a dump as JSON, a reaping pass, an update of
 * one record. Beside the look-up: bare reads of as many lines at random.
 *
 * All arenas exist during the whole run and are measured in turns, so that a ratio compares figures
 * that were taken close together in time.
 */
#include "harness.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SIZES = 4, ORDER = 1 << 20 };

struct big {
	unsigned records;
	struct sample_writer writer; /* writes the last record */
	struct headway_id *wanted;   /* ids in random order, made before the timing */
	struct headway_snapshot *snapshot;
	unsigned at;
	struct bare *bare; /* as many lines of bare memory */
};

static uint32_t random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

static void *allocate(size_t count, size_t bytes)
{
	void *memory = calloc(count, bytes);

	if (!memory)
		bench_fail("out of memory");
	return memory;
}

static void fill(struct big *b, unsigned records)
{
	struct headway_id *ids = allocate(records, sizeof *ids);
	uint64_t state = records;
	char name[32];

	snprintf(name, sizeof name, "growth-%u", records);
	b->records = records;
	b->writer.arena = sample_arena(name, records);
	b->wanted = allocate(ORDER, sizeof *b->wanted);
	for (unsigned i = 0; i < records; i++) {
		if (b->writer.record)
			headway_release(b->writer.record);
		bench_must(headway_start(b->writer.arena, NULL, &b->writer.record),
			   "headway_start");
		bench_must(headway_update(b->writer.record, sample_updates, SAMPLE_KEYS),
			   "headway_update");
		headway_get_id(b->writer.record, &ids[i]);
	}
	b->writer.id = ids[records - 1];
	b->writer.first_version = 2;
	for (unsigned i = 0; i < ORDER; i++)
		b->wanted[i] = ids[random_next(&state) % records];
	free(ids);
}

/* ---- what is timed --------------------------------------------------------------------------- */

static void look_up_run(void *context, uint64_t count)
{
	struct big *b = context;

	while (count--) {
		const struct headway_id *id = &b->wanted[b->at++ % ORDER];

		bench_must(headway_read(b->writer.arena, id, &b->snapshot), "headway_read");
		if (memcmp(&b->snapshot->id, id, sizeof *id) != 0)
			bench_fail("another record was read");
	}
}

static void message_run(void *context, uint64_t count)
{
	sample_writer_run(&((struct big *)context)->writer, count);
}

static void message_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	sample_writer_check(&((struct big *)context)->writer, ops);
}

static int see(const struct headway_snapshot *snapshot, void *argument)
{
	*(size_t *)argument += snapshot->message_count;
	return 0;
}

static int show(const struct headway_snapshot *snapshot, void *argument)
{
	char text[1024];

	*(size_t *)argument += (size_t)headway_json(snapshot, text, sizeof text);
	return 0;
}

static void walk_once(struct big *b)
{
	size_t messages = 0;
	int count = headway_each(b->writer.arena, see, &messages);

	if (count != (int)b->records || messages != (size_t)b->records * SAMPLE_KEYS)
		bench_fail("a walk saw %d of %u records", count, b->records);
}

static void dump_once(struct big *b)
{
	size_t bytes = 0;
	int count = headway_each(b->writer.arena, show, &bytes);

	if (count != (int)b->records || bytes / b->records < SAMPLE_JSON_BYTES - 40)
		bench_fail("a dump has %zu bytes", bytes);
}

static void reap_once(struct big *b)
{
	struct headway_reap_report report = {.size = sizeof report};

	bench_must(headway_reap(b->writer.arena, NULL, &report), "headway_reap");
	if (report.live != b->records || report.expired || report.lost)
		bench_fail("a pass saw %llu live records", (unsigned long long)report.live);
}

/* Passes over all records; one record counts as one operation. A turn repeats small passes until
 * its time is over. */
static void passes(struct big *b, void (*once)(struct big *), uint64_t ns,
		   struct bench_slice *slice)
{
	uint64_t begin = bench_now_ns();

	(void)bench_was_preempted();
	slice->ops = 0;
	do {
		once(b);
		slice->ops += b->records;
		slice->ns = bench_now_ns() - begin;
	} while (slice->ns < ns);
	slice->disturbed = bench_was_preempted();
}

static void walk_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	passes(context, walk_once, ns, slice);
}

static void dump_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	passes(context, dump_once, ns, slice);
}

static void reap_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	passes(context, reap_once, ns, slice);
}

/* ---- the floors of a look-up and of a reaping pass ---------------------------------------------- */

/* As many lines as a look-up reads, from as much memory that is shared as an arena is: two of a slot,
 * one of which says where the block is, then those of the block up to its last entry. One look-up after
 * the other, as a caller needs what it has read: the next one's place depends on this one's lines. */
enum { LINE = 64, SLOT_LINES = 2, BLOCK_LINES = 8, USED_LINES = 6, AHEAD = 64 };

struct bare_slot {
	uint64_t block, rest[SLOT_LINES * LINE / 8 - 1];
};

struct bare {
	unsigned records;
	struct bare_slot *slots;
	uint64_t (*blocks)[BLOCK_LINES][LINE / 8];
	uint32_t *wanted;
	unsigned at;
};

static void *shared_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		bench_fail("out of memory");
	return memory;
}

static struct bare *bare_make(unsigned records)
{
	struct bare *b = allocate(1, sizeof *b);
	uint64_t state = records;

	b->records = records;
	b->slots = shared_memory((size_t)records * sizeof *b->slots);
	b->blocks = shared_memory((size_t)records * sizeof *b->blocks);
	b->wanted = allocate(ORDER, sizeof *b->wanted);
	/* The host gives pages at the first store, whatever MAP_POPULATE says. */
	memset(b->blocks, 0, (size_t)records * sizeof *b->blocks);
	for (unsigned i = 0; i < records; i++)
		b->slots[i].block = i;
	for (unsigned i = 0; i < ORDER; i++)
		b->wanted[i] = random_next(&state) % records;
	return b;
}

static void bare_run(void *context, uint64_t count)
{
	struct bare *b = context;
	uint64_t sum = 0;

	while (count--) {
		const struct bare_slot *slot = &b->slots[b->wanted[b->at++ % ORDER] + sum];

		sum += slot->rest[sizeof slot->rest / 8 - 1];
		for (unsigned i = 0; i < USED_LINES; i++)
			sum += b->blocks[slot->block][i][0];
	}
	if (sum)
		bench_fail("the bare memory is not empty");
}

/* A pass reads one line of each block, and then one of each slot. They are fetched some records before. */
static void bare_pass(const struct bare *b)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < b->records; i++) {
		__builtin_prefetch(b->blocks + i + AHEAD);
		sum += b->blocks[i][0][0];
	}
	for (unsigned i = 0; i < b->records; i++) {
		__builtin_prefetch(b->slots + i + AHEAD);
		sum += b->slots[i].rest[0];
	}
	if (sum)
		bench_fail("the bare memory is not empty");
}

static void bare_pass_once(struct big *big)
{
	bare_pass(big->bare);
}

static void bare_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	passes(context, bare_pass_once, ns, slice);
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* most: 0 without a target. floor: NULL, or beside the largest */
static void compare(struct big *bigs, unsigned sizes, const char *what, struct bench_side pattern,
		    double most, struct bare *floor)
{
	struct bench_side sides[SIZES + 1];
	struct bench_result r[SIZES + 1];
	char title[64], text[64], against[64];

	for (unsigned i = 0; i < sizes; i++) {
		sides[i] = pattern;
		sides[i].name = what;
		sides[i].argument = &bigs[i];
	}
	snprintf(title, sizeof title, "10 %s", what);
	sides[sizes] =
		(struct bench_side){.name = "bare_reads", .argument = floor, .run = bare_run};
	if (!bench_compare(title, sides, sizes + (floor != NULL), r))
		return;
	for (unsigned i = 1; i < sizes; i++) {
		snprintf(text, sizeof text, "%s,_%u_records", what, bigs[i].records);
		snprintf(against, sizeof against, "%u_records", bigs[0].records);
		bench_say_pair("10", text, &r[i], against, &r[0],
			       i + 1 == SIZES && most > 0 ? RATIO_AT_MOST(most) : NO_TARGET);
	}
	if (floor)
		bench_say_pair("10", text, &r[sizes - 1], "bare_reads_of_as_many_lines", &r[sizes],
			       sizes == SIZES ? RATIO_AT_MOST(1.3) : NO_TARGET);
}

/* A pass over a million records takes close to a second, so one pass makes a turn. It is seldom
 * undisturbed. */
static void passes_compare(struct big *bigs, unsigned sizes)
{
	setenv("BENCH_SLICES", "1", 1);
	setenv("BENCH_REPEATS", "2", 1);
	compare(bigs, sizes, "walk,_a_record", (struct bench_side){.slice = walk_slice}, 1.2, NULL);
	compare(bigs, sizes, "dump,_a_record", (struct bench_side){.slice = dump_slice}, 1.2, NULL);
	compare(bigs, sizes, "reap,_a_record", (struct bench_side){.slice = reap_slice}, 1.3, NULL);
	compare(bigs, sizes, "the_floor:_lines_of_a_reap,_a_record",
		(struct bench_side){.slice = bare_slice}, 0, NULL);
}

int main(void)
{
	static struct big bigs[SIZES];
	unsigned sizes = bench_is_smoke() ? 2 : SIZES, records = 1000;
	struct headway_info info = {.size = sizeof info};

	bench_pin(0);
	for (unsigned i = 0; i < sizes; i++, records *= 10)
		fill(&bigs[i], records);
	for (unsigned i = 0; i < sizes; i++)
		bigs[i].bare = bare_make(bigs[i].records);
	for (unsigned i = 0; i < sizes;
	     i++) { /* touch each page once: first-touch page faults are not what is measured */
		walk_once(&bigs[i]);
		look_up_run(&bigs[i], records);
	}
	compare(bigs, sizes, "look-up,_random_id", (struct bench_side){.run = look_up_run}, 6,
		bigs[sizes - 1].bare);
	compare(bigs, sizes, "message,_one_record",
		(struct bench_side){.run = message_run, .check = message_check}, 1.1, NULL);
	passes_compare(bigs, sizes);

	bench_must(headway_info(bigs[sizes - 1].writer.arena, &info), "headway_info");
	bench_say_value("11", "slots_and_blocks,_a_record", "bytes",
			(double)(info.bytes - (uint64_t)info.extents * info.extent_bytes) /
				info.slots,
			sizes == SIZES ? VALUE_AT_MOST(768) : NO_TARGET);
	return 0;
}
