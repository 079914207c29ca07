/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library on a weakly ordered memory (memory.h): a missing fence, or one of the wrong kind, is
 * found on any machine.
 *
 *   weak [--long] [--sample N] [--seed N] [--only NAME]     N runs of each scene
 *
 * Runs consist of a few short calls of several members, each run with its own seed. A finding is
 * printed with the options that reproduce it, which include all runs before it, since those
 * determine the order of the arena's free blocks.
 */
#include "kit/one_mapping.h"
#include "kit/options.h"
#include "memory.h"

#include "arena/arena.h"
#include "open/open.h"

enum { MEMBERS = 4, ROOM = 6000 };

static struct headway_arena *arena[MEMBERS];
static struct headway_record *record[MEMBERS]; /* handles of one record, in scenes that use them */
static struct headway_id id;
static uint64_t version_before;
static unsigned updates[MEMBERS], beside[MEMBERS], texts_long;
static struct headway_snapshot *seen[MEMBERS];
static const char *scene_name;
static struct test_options how;
static uint64_t run_seed;

static void found(const char *what, long long number)
{
	FAIL("%s: %s (%lld); --only %s --seed %llu --sample %llu", scene_name, what, number,
	     scene_name, (unsigned long long)how.seed,
	     (unsigned long long)(run_seed - how.seed + 1));
}

static void expect(int result, int also, const char *what)
{
	if (result && result != also)
		found(what, result);
}

/* ---- texts that tell whether they are whole -------------------------------------------------- */

/* A number, repeated. */
static const char *text_make(char text[ROOM], unsigned number)
{
	unsigned times = 1 + (unsigned)(weak_random() % 24);

	if (weak_happens(texts_long))
		times = 300 + (unsigned)(weak_random() % 400);
	for (unsigned i = 0; i < times; i++)
		snprintf(text + (size_t)i * 8, 9, "%08u", number);
	return text;
}

/* The number in the text; -1: the text is torn. */
static long text_number(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 8; i < length; i++)
		if (text[i] != text[i - 8])
			return -1;
	return length % 8 ? -1 : strtol(length ? text + length - 8 : "0", NULL, 10);
}

static const char *const keys[MEMBERS] = {"first", "second", "third", "fourth"};
static const char *const keys_beside[MEMBERS] = {"beside first", "beside second", "beside third",
						 "beside fourth"};

/* Each member's messages hold how often it has changed the record; the sum must be the number of
 * changes. */
static void look_at(const struct headway_snapshot *s)
{
	uint64_t sum = 0;

	if (memcmp(s->id.bytes, id.bytes, sizeof id.bytes) != 0)
		found("another record's id", 0);
	if (strcmp(s->name, "subject") != 0)
		found("another record's name", s->name[0]);
	for (size_t i = 0; i < s->message_count; i++) {
		long number = text_number(s->messages[i].value);

		if (number < 0)
			found("a torn text", (long long)i);
		sum += (uint64_t)number;
	}
	if (sum != s->version - version_before)
		found("messages and version are not of one moment",
		      (long long)(s->version - version_before) - (long long)sum);
}

static void read_it(unsigned me, int also)
{
	uint64_t before = seen[me] ? seen[me]->version : 0;
	int error = headway_read(arena[me], &id, &seen[me]);

	expect(error, also, "read");
	if (error)
		return;
	look_at(seen[me]);
	if (seen[me]->version < before)
		found("an older version than was seen before", 0);
}

/* ---- scenes ---------------------------------------------------------------------------------- */

static void update_it(unsigned me, struct headway_record *r, int also)
{
	static char text[MEMBERS][2][ROOM];
	unsigned number = updates[me] + 1, part = (unsigned)(weak_random() % (number + 1));
	struct headway_message both[2] = {{.key = keys[me]}, {.key = keys_beside[me]}};
	bool at_once = weak_happens(0x6000);
	int error;

	both[0].value = text_make(text[me][0], at_once ? number - part : number - beside[me]);
	if (at_once) {
		both[1].value = text_make(text[me][1], part);
		error = headway_update(r, both, 2);
		beside[me] = error ? beside[me] : part;
	} else {
		error = headway_message(r, both[0].key, both[0].value);
	}
	expect(error, also, "message");
	updates[me] += !error;
}

static unsigned number_of(const void *argument)
{
	return (unsigned)((const char *const *)argument - keys);
}

static void updater(void *argument)
{
	unsigned me = number_of(argument), times = 2 + (unsigned)(weak_random() % 6);

	for (unsigned i = 0; i < times; i++)
		update_it(me, record[me], 0);
}

static void reader(void *argument)
{
	unsigned me = number_of(argument), times = 1 + (unsigned)(weak_random() % 4);

	for (unsigned i = 0; i < times; i++)
		read_it(me, -EAGAIN);
}

/* Opens, changes and closes the record that another member has open. */
static void visitor(void *argument)
{
	unsigned me = number_of(argument), times = 1 + (unsigned)(weak_random() % 2);

	for (unsigned i = 0; i < times; i++) {
		struct headway_record *r = NULL;
		int error = headway_resume(arena[me], &id, &r);

		expect(error, -EAGAIN, "resume");
		if (error)
			continue;
		update_it(me, r, 0);
		headway_release(r);
	}
}

/* Frees orphans, as a writer does that finds no free chunk. */
static void reaper(void *argument)
{
	unsigned me = number_of(argument);
	struct hw__attachment *a = hw__attachment_get(arena[me]);

	for (unsigned i = 1 + (unsigned)(weak_random() % 4); i > 0; i--)
		if (hw__sweep_orphans(a, true) && strcmp(scene_name, "read") == 0)
			found("something was nobody's", 0);
	hw__attachment_put(a);
	expect(headway_reap(arena[me], NULL, NULL), 0, "reap");
}

static void ender(void *argument)
{
	unsigned me = number_of(argument);
	int error;

	for (unsigned i = (unsigned)(weak_random() % 3); i > 0; i--)
		update_it(me, record[me], -EALREADY);
	error = headway_finish(record[me]);
	expect(error, -EALREADY, "finish");
	updates[me] += !error; /* it changes the version, but no text */
}

static void start_it(unsigned me)
{
	struct headway_spec spec = {.name = "subject", .flags = HEADWAY_DETACHED};

	expect(headway_start(arena[me], &spec, &record[me]), 0, "start");
	expect(headway_get_id(record[me], &id), 0, "id");
	expect(headway_read(arena[0], &id, &seen[0]), 0, "read");
	version_before = seen[0]->version;
	memset(updates, 0, sizeof updates);
	memset(beside, 0, sizeof beside);
	for (unsigned i = 1; i < MEMBERS; i++)
		if (seen[i])
			seen[i]->version = 0;
}

static void end_it(void)
{
	for (unsigned i = 0; i < MEMBERS; i++) {
		headway_release(record[i]);
		record[i] = NULL;
	}
	expect(headway_remove(arena[0], &id), 0, "remove");
}

static void fsck_it(void)
{
	struct headway_fsck_report report = {.size = sizeof report};

	expect(headway_fsck(arena[0], &report), 0, "fsck");
	if (report.damaged || report.leaked)
		found(report.first, (long long)(report.damaged + report.leaked));
}

/* Afterwards no update is missing, and fsck accounts for each chunk. */
static void judge(uint64_t all)
{
	expect(headway_read(arena[0], &id, &seen[0]), 0, "read at the end");
	if (seen[0]->version - version_before != all)
		found("updates were lost", (long long)(all - (seen[0]->version - version_before)));
	fsck_it();
}

static void updates_run(void (*second)(void *argument), void (*third)(void *argument))
{
	void (*const acts[MEMBERS])(void *) = {updater, second, third, reaper};
	unsigned threads = weak_random() % 2 ? 3 : 4;

	start_it(0);
	for (unsigned i = 1; i < 3; i++)
		if (acts[i] == updater)
			expect(headway_resume(arena[i], &id, &record[i]), 0, "resume before");
	for (unsigned i = 0; i < threads; i++)
		weak_thread(acts[i], (void *)(uintptr_t)&keys[i]);
	weak_run(run_seed);
	judge((uint64_t)updates[0] + updates[1] + updates[2]);
	look_at(seen[0]);
	expect(headway_finish(record[0]), 0, "finish");
	end_it();
}

static void scene_read(void)
{
	updates_run(reader, reader);
}

static void scene_write(void)
{
	updates_run(updater, reader);
}

static void scene_visit(void)
{
	updates_run(visitor, weak_random() % 2 ? visitor : reader);
}

static void scene_end(void)
{
	start_it(0);
	expect(headway_resume(arena[1], &id, &record[1]), 0, "resume before");
	weak_thread(ender, (void *)(uintptr_t)&keys[0]);
	weak_thread(ender, (void *)(uintptr_t)&keys[1]);
	weak_run(run_seed);
	judge((uint64_t)updates[0] + updates[1]);
	end_it();
}

/* ---- a slot that changes hands --------------------------------------------------------------- */

static struct headway_id next_id;
static bool is_replaced; /* the next record exists */

/* headway_add() as in the public header, for the simulated memory. */
static void counter_add(struct headway_record *r, uint64_t n)
{
	struct headway_record_prefix *prefix = (struct headway_record_prefix *)r;

	(void)weak_modify(&prefix->counters[0], WEAK_ADD, n, WEAK_RELAXED);
}

static void start_next(unsigned me)
{
	struct headway_spec spec = {.name = "next", .flags = HEADWAY_DETACHED, .total = 777};
	int error = headway_start(arena[me], &spec, &record[me]);

	expect(error, -ENOSPC, "start in its place");
	if (error)
		return;
	if (is_replaced)
		found("two records in a slot", 0);
	is_replaced = true;
	expect(headway_get_id(record[me], &next_id), 0, "id");
	counter_add(record[me], 7);
	expect(headway_message(record[me], "second", "00000001"), 0, "message");
}

/* The record ends and is freed, and the next record is started in its slot, the only one. */
static void replacer(void *argument)
{
	unsigned me = number_of(argument);
	int error;

	expect(headway_finish(record[me]), 0, "finish");
	headway_release(record[me]);
	record[me] = NULL;
	error = headway_remove(arena[me], &id);
	if (error != -ENOENT && error != -ESTALE)
		expect(error, -EBUSY, "remove");
	start_next(me);
}

/* Starts a record in any free slot, possibly that of the ended record. */
static void starter(void *argument)
{
	for (unsigned i = (unsigned)(weak_random() % 3); i > 0 && !is_replaced; i--)
		start_next(number_of(argument));
}

static int is_of_one(const struct headway_snapshot *s, void *argument)
{
	bool old = strcmp(s->name, "subject") == 0;

	(void)argument;
	if (strcmp(s->name, "other") == 0)
		return 0;
	if (old ? s->total != 10 || s->done != 10 : s->total != 777 && s->total != 0)
		found(old ? "counters of the next record" : "counters of the last record",
		      (long long)(s->total * 1000 + s->done));
	if (!old && s->done != 0 && s->done != 7)
		found("what was done for another record", (long long)s->done);
	return 0;
}

static void watcher(void *argument)
{
	unsigned me = number_of(argument), times = 1 + (unsigned)(weak_random() % 3);

	for (unsigned i = 0; i < times; i++) {
		int error = headway_read(arena[me], &id, &seen[me]);

		if (error && error != -ESTALE && error != -ENOENT && error != -EAGAIN)
			found("read of what goes", error);
		if (!error)
			is_of_one(seen[me], NULL);
		if (!error && memcmp(seen[me]->id.bytes, id.bytes, sizeof id.bytes) != 0)
			found("another record was read", 0);
		if (headway_each(arena[me], is_of_one, NULL) < 0)
			found("each", 0);
	}
}

/* A process that has opened the record may find it gone, but its slot is not reused. */
static void opener(void *argument)
{
	unsigned me = number_of(argument);
	struct headway_record *r = NULL;
	int error = headway_resume(arena[me], &id, &r);

	if (error && error != -ESTALE && error != -ENOENT && error != -EAGAIN)
		found("resume of what goes", error);
	if (error)
		return;
	for (unsigned i = (unsigned)(weak_random() % 4); i > 0; i--)
		weak_yield();
	error = headway_read(arena[me], &id, &seen[me]);
	if (!error)
		is_of_one(seen[me], NULL);
	else if (error != -ESTALE && error != -EAGAIN)
		found("read of what is open", error);
	if (is_replaced)
		found("another record is in a slot that is open", 0);
	headway_release(r);
}

static void scene_reuse(void)
{
	void (*const acts[MEMBERS])(void *) = {opener, replacer, watcher,
					       weak_random() % 2 ? starter : watcher};
	int error;

	start_it(1);
	expect(headway_set_total(record[1], 10), 0, "total");
	expect(headway_add(record[1], 10), 0, "add");
	is_replaced = false;
	for (unsigned i = 0; i < MEMBERS; i++)
		weak_thread(acts[i], (void *)(uintptr_t)&keys[i]);
	weak_run(run_seed);
	fsck_it();
	for (unsigned i = 0; i < MEMBERS; i++) {
		if (record[i])
			expect(headway_finish(record[i]), 0, "finish the next");
		headway_release(record[i]);
		record[i] = NULL;
	}
	if (is_replaced)
		expect(headway_remove(arena[1], &next_id), 0, "remove the next");
	error = headway_remove(arena[1], &id);
	if (error != -ESTALE && error != -ENOENT)
		expect(error, 0, "remove at last");
}

/* ---- runs ------------------------------------------------------------------------------------ */

static const struct scene {
	const char *name;
	void (*run)(void);
} scenes[] = {{"read", scene_read},
	      {"write", scene_write},
	      {"visit", scene_visit},
	      {"end", scene_end},
	      {"reuse", scene_reuse}};

/* The minimal number of slots, all of them in use but one. */
static void begin(void)
{
	struct headway_spec spec = {.name = "other", .flags = HEADWAY_DETACHED};
	struct headway_options options = {
		.size = sizeof options, .slots = 4, .members = 8, .bytes = 96 << 10};
	const void *at;
	size_t bytes;

	mapping_begin("weak", how.all ? 3000 : 300);
	for (unsigned i = 0; i < MEMBERS; i++)
		NEED(headway_open(mapping_path, &options, &arena[i]) == 0);
	at = mapping_of(MEMBERS, &bytes);
	NEED(at);
	weak_arena(at, bytes);
	for (unsigned i = 0; i < 3; i++) {
		struct headway_record *r = NULL;

		NEED(headway_start(arena[3], &spec, &r) == 0);
		headway_release(r);
	}
}

int main(int argc, char **argv)
{
	uint64_t runs, accesses, looked_back;

	how = options_read(argc, argv);
	runs = how.sample ? how.sample : how.all ? 1000000 : 4000;
	begin();
	for (uint64_t i = 0; i < runs; i++) {
		for (size_t s = 0; s < sizeof scenes / sizeof *scenes; s++) {
			if (how.only && !strstr(scenes[s].name, how.only))
				continue;
			scene_name = scenes[s].name;
			run_seed = how.seed + i;
			weak_seed(run_seed);
			texts_long = weak_random() % 4 ? 0 : 8000;
			scenes[s].run();
		}
	}
	for (unsigned i = 0; i < MEMBERS; i++) {
		headway_snapshot_free(seen[i]);
		headway_close(arena[i]);
	}
	mapping_rest();
	weak_counts(&accesses, &looked_back);
	printf("RESULT weak runs=%llu accesses=%llu looked_back=%llu findings=%u\n",
	       (unsigned long long)runs, (unsigned long long)accesses,
	       (unsigned long long)looked_back, check_failures);
	return check_end();
}
