/* SPDX-License-Identifier: BSD-3-Clause */
/* Every call beside every other in two threads, under ThreadSanitizer: on the same handles, and as
 * two members with the same record open. The arena is so small that records are evicted all the
 * time. */
#include "kit/one_mapping.h"

#include <pthread.h>

enum { CALLS_A_ROUND = 10, LONG = 4200 };

/* A member: an arena handle and a record handle. */
struct side {
	struct headway_arena *arena;
	struct headway_record *record;
	struct headway_id id;
};

/* Which calls may overlap the close of their arena handle: those on a record, except the
 * counters. */
enum { ON_ARENA = 1, ON_RECORD = 2, ON_COUNTER = 4, IS_CLOSE = 8 };

struct act {
	const char *name;
	int (*run)(struct side *side);
	int on;
};

static char text_long[LONG + 1], json_long[LONG + 3];
static __thread struct headway_snapshot *snapshot;

static int act_start(struct side *s)
{
	struct headway_spec spec = {.name = "another", .flags = HEADWAY_DETACHED};
	struct headway_record *r;
	int error = headway_start(s->arena, &spec, &r);

	if (error)
		return error;
	error = headway_message(r, "log", text_long);
	(void)headway_finish(r);
	headway_release(r);
	return error;
}

static int act_resume(struct side *s)
{
	struct headway_record *r;
	int error = headway_resume(s->arena, &s->id, &r);

	if (!error)
		headway_release(r);
	return error;
}

static int act_remove(struct side *s)
{
	struct headway_spec spec = {.name = "removed", .flags = HEADWAY_STRIPED};
	struct headway_record *r;
	struct headway_id id;
	int error = headway_start(s->arena, &spec, &r);

	if (error)
		return error;
	error = headway_get_id(r, &id);
	(void)headway_finish_with_results(r, json_long, LONG + 2);
	headway_release(r);
	return error ? error : headway_remove(s->arena, &id);
}

static int act_open(struct side *s)
{
	struct headway_arena *arena = mapping_open(HEADWAY_EXISTING);
	struct headway_record *r;
	int error = headway_resume(arena, &s->id, &r);

	if (!error) {
		error = headway_message(r, "step", "from another member");
		headway_close(arena);
		headway_release(r);
		return error;
	}
	headway_close(arena);
	return error;
}

static void *thread_short(void *argument)
{
	struct side *s = argument;

	for (int i = 0; i < 3; i++)
		(void)headway_message(s->record, "step", "a thread that ends");
	return NULL;
}

static int act_thread(struct side *s)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, thread_short, s) == 0);
	NEED(pthread_join(thread, NULL) == 0);
	return 0;
}

static int act_message(struct side *s)
{
	return headway_message(s->record, "step", "1/2");
}

static int act_message_long(struct side *s)
{
	return headway_message(s->record, "log", text_long);
}

static int act_update(struct side *s)
{
	static const struct headway_message messages[] = {{"step", "2/2"}, {"log", "short"}};

	return headway_update(s->record, messages, 2);
}

static int act_results(struct side *s)
{
	return headway_results(s->record, json_long, LONG + 2);
}

static int act_url(struct side *s)
{
	return headway_url(s->record, "/elsewhere");
}

static int act_finish(struct side *s)
{
	return headway_finish(s->record);
}

static int act_error(struct side *s)
{
	return headway_error(s->record, "broken");
}

static int act_status(struct side *s)
{
	return headway_status(s->record);
}

static int act_add(struct side *s)
{
	return headway_add(s->record, 1);
}

static int act_counters(struct side *s)
{
	int error = headway_counter_add(s->record, 0, 2);

	if (!error)
		error = headway_set(s->record, 5);
	return error ? error : headway_set_total(s->record, 10);
}

static int act_read(struct side *s)
{
	char json[600];
	int error = headway_read(s->arena, &s->id, &snapshot);

	return error ? error : headway_json_full(snapshot, json, sizeof json);
}

static int count_one(const struct headway_snapshot *s, void *argument)
{
	*(size_t *)argument += s->message_count;
	return 0;
}

static int act_each(struct side *s)
{
	size_t count = 0;

	return headway_each(s->arena, count_one, &count);
}

static int act_wait(struct side *s)
{
	return headway_wait(s->arena, &s->id, 0);
}

static int act_reap(struct side *s)
{
	struct headway_reap_report report = {.size = sizeof report};

	return headway_reap(s->arena, NULL, &report);
}

static int act_fsck(struct side *s)
{
	struct headway_fsck_report report = {.size = sizeof report};
	int error = headway_fsck(s->arena, &report);

	if (report.leaked || report.damaged)
		FAIL("fsck in use: %s", report.first);
	return error;
}

static int act_info(struct side *s)
{
	struct headway_info info = {.size = sizeof info};

	return headway_info(s->arena, &info);
}

static int act_close(struct side *s)
{
	headway_close(s->arena);
	s->arena = NULL;
	return 0;
}

static const struct act acts[] = {
	{"start", act_start, ON_ARENA},
	{"resume", act_resume, ON_ARENA},
	{"remove", act_remove, ON_ARENA},
	{"open and close", act_open, 0},
	{"a thread's end", act_thread, ON_RECORD},
	{"message", act_message, ON_RECORD},
	{"long message", act_message_long, ON_RECORD},
	{"update", act_update, ON_RECORD},
	{"results", act_results, ON_RECORD},
	{"url", act_url, ON_RECORD},
	{"finish", act_finish, ON_RECORD},
	{"error", act_error, ON_RECORD},
	{"status", act_status, ON_RECORD},
	{"add", act_add, ON_COUNTER},
	{"counters", act_counters, ON_COUNTER},
	{"read", act_read, ON_ARENA},
	{"each", act_each, ON_ARENA},
	{"wait", act_wait, ON_ARENA},
	{"reap", act_reap, ON_ARENA},
	{"fsck", act_fsck, ON_ARENA},
	{"info", act_info, ON_ARENA},
	{"close", act_close, IS_CLOSE},
};

enum { ACTS = sizeof acts / sizeof *acts };

/* ---- two threads ----------------------------------------------------------------------------- */

static struct side sides[2];
static pthread_barrier_t gate;
static const struct act *now[2];
static struct side *on[2];
static bool over;
static unsigned long long calls;

static bool is_fine(int result)
{
	return result >= 0 || result == -EALREADY || result == -ESTALE || result == -ENOSPC ||
	       result == -EBUSY || result == -ETIMEDOUT || result == -EAGAIN || result == -ENOENT;
}

static void *lane(void *argument)
{
	int me = *(int *)argument;

	for (;;) {
		pthread_barrier_wait(&gate);
		if (over)
			break;
		for (int i = 0; i < (now[me]->on & IS_CLOSE ? 1 : CALLS_A_ROUND); i++) {
			int result = now[me]->run(on[me]);

			if (!is_fine(result))
				FAIL("%s, beside %s, says %s", now[me]->name, now[!me]->name,
				     headway_strerror(result));
		}
		pthread_barrier_wait(&gate);
	}
	headway_snapshot_free(snapshot);
	return NULL;
}

/* Both sides open the same record, as two members. */
static void sides_renew(void)
{
	static const char *const counters[] = {"errors", NULL};
	struct headway_spec spec = {.size = sizeof spec, .name = "subject", .counters = counters};
	int error = 0;

	for (int i = 0; i < 2; i++) {
		if (sides[i].record)
			(void)headway_finish(sides[i].record);
		headway_release(sides[i].record);
		sides[i].record = NULL;
		if (!sides[i].arena)
			sides[i].arena = mapping_open(HEADWAY_CREATE);
	}
	NEED(headway_start(sides[0].arena, &spec, &sides[0].record) == 0);
	NEED(headway_get_id(sides[0].record, &sides[0].id) == 0);
	error = headway_resume(sides[1].arena, &sides[0].id, &sides[1].record);
	NEED(error == 0);
	sides[1].id = sides[0].id;
}

/* same: both sides use the same handles. */
static void pair(const struct act *a, const struct act *b, bool same)
{
	if (same && ((a->on | b->on) & IS_CLOSE) && (a->on != ON_RECORD && b->on != ON_RECORD))
		return;
	sides_renew();
	now[0] = a;
	now[1] = b;
	on[0] = &sides[0];
	on[1] = &sides[!same];
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	calls += 2 * CALLS_A_ROUND;
}

int main(void)
{
	static int numbers[] = {0, 1};
	pthread_t threads[2];

	mapping_begin("tsan-pairs", 120);
	memset(text_long, 'x', LONG);
	memset(json_long, '7', LONG + 2);
	NEED(pthread_barrier_init(&gate, NULL, 3) == 0);
	for (int i = 0; i < 2; i++)
		NEED(pthread_create(&threads[i], NULL, lane, &numbers[i]) == 0);
	for (int a = 0; a < ACTS; a++) {
		for (int b = 0; b < ACTS; b++) {
			pair(&acts[a], &acts[b], false);
			if (b <= a)
				pair(&acts[a], &acts[b], true);
		}
	}
	over = true;
	pthread_barrier_wait(&gate);
	for (int i = 0; i < 2; i++) {
		NEED(pthread_join(threads[i], NULL) == 0);
		headway_close(sides[i].arena);
		headway_release(sides[i].record);
	}
	mapping_rest();
	printf("RESULT tsan-pairs acts=%d calls=%llu failures=%u\n", ACTS, calls, check_failures);
	return check_end();
}
