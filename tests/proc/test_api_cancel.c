/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A request to stop: seen by the owner, whoever has the record open and readers, apart from the status, and
 * there until the record is freed.
 */
#include "kit/arenas.h"
#include "kit/processes.h"

static struct headway_arena *arena;

static struct headway_record *asked(const char *name, struct headway_id *id, const char *reason)
{
	struct headway_record *record = start_record(arena, name, id);

	CHECK_INT(headway_is_cancelled(record), 0);
	CHECK_INT(headway_cancel(arena, id, reason), 0);
	CHECK_INT(headway_is_cancelled(record), 1);
	return record;
}

static void expect_reason(const struct headway_id *id, const char *reason)
{
	struct headway_snapshot *s = read_record(arena, id);

	CHECK_TEXT(s->cancel_reason, reason);
	CHECK(s->cancel_requested_ns >= s->started_ns - 10000000 &&
	      s->cancel_requested_ns <= s->read_ns + 10000000);
	headway_snapshot_free(s);
}

static void is_seen_and_changes_nothing_else(void)
{
	struct headway_id id;
	struct headway_record *record = start_record(arena, "plain", &id), *other;
	struct headway_snapshot *s = read_record(arena, &id);
	uint64_t version = s->version;

	CHECK(!s->cancel_reason);
	CHECK_INT(s->cancel_requested_ns, 0);
	headway_snapshot_free(s);
	CHECK_INT(headway_message(record, "Step", "1"), 0);
	CHECK_INT(headway_cancel(arena, &id, "disk full"), 0);
	CHECK_INT(headway_is_cancelled(record), 1);
	CHECK_INT(headway_status(record), HEADWAY_RUNNING);
	CHECK_INT(version_of(arena, &id), version + 2);
	expect_reason(&id, "disk full");
	CHECK_INT(headway_resume(arena, &id, &other), 0);
	CHECK_INT(headway_is_cancelled(other), 1);
	headway_release(other);

	/* All kinds of updates carry it along: inside the block, over it, and the end. */
	CHECK_INT(headway_message(record, "Step", "2"), 0);
	CHECK_INT(headway_add(record, 3), 0);
	CHECK_INT(headway_url(record, "/elsewhere"), 0);
	CHECK_INT(headway_results(record, "[1]", 3), 0);
	CHECK_INT(headway_is_cancelled(record), 1);
	expect_reason(&id, "disk full");
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(headway_is_cancelled(record), 1);
	expect_reason(&id, "disk full");
	s = read_record(arena, &id);
	CHECK_INT(s->status, HEADWAY_FINISHED);
	CHECK_INT(s->done, 3);
	CHECK_TEXT(value_of(s, "Step"), "2");
	headway_snapshot_free(s);
	headway_release(record);
	check_whole(arena, 1);
}

static void of_two_requests_the_first_counts(void)
{
	struct headway_id id;
	struct headway_record *record = asked("twice", &id, "first");
	uint64_t version = version_of(arena, &id);

	CHECK_INT(headway_cancel(arena, &id, "second"), 0);
	CHECK_INT(headway_cancel(arena, &id, NULL), 0);
	CHECK_INT(version_of(arena, &id), version);
	expect_reason(&id, "first");
	headway_finish(record);
	headway_release(record);
}

static void without_a_reason_it_is_empty(void)
{
	struct headway_id a, b;
	struct headway_record *null = asked("null", &a, NULL), *empty = asked("empty", &b, "");

	expect_reason(&a, "");
	expect_reason(&b, "");
	headway_error(null, NULL);
	headway_error(empty, NULL);
	headway_release(null);
	headway_release(empty);
}

static void what_is_over_cannot_be_cancelled(void)
{
	struct headway_id id;
	struct headway_record *record = start_record(arena, "over", &id);
	struct headway_snapshot *s;

	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(headway_cancel(arena, &id, "late"), -EALREADY);
	CHECK_INT(headway_is_cancelled(record), 0);
	s = read_record(arena, &id);
	CHECK(!s->cancel_reason);
	headway_snapshot_free(s);
	headway_release(record);

	record = asked("asked, then over", &id, "in time");
	CHECK_INT(headway_error(record, "gave up"), 0);
	CHECK_INT(headway_cancel(arena, &id, "again"), -EALREADY);
	expect_reason(&id, "in time");
	headway_release(record);
}

static void long_reasons_are_whole(void)
{
	struct headway_id id;
	char *text = malloc(20001);
	struct headway_record *record;

	NEED(text);
	memset(text, 'r', 20000);
	text[20000] = '\0';
	record = asked("long", &id, text);
	expect_reason(&id, text);
	CHECK_INT(headway_message(record, "Step", "1"), 0);
	expect_reason(&id, text);
	CHECK_INT(headway_finish(record), 0);
	expect_reason(&id, text);
	headway_release(record);
	free(text);
	check_whole(arena, 1);
}

static void the_json_tells(void)
{
	struct headway_id id;
	struct headway_record *record = start_record(arena, "json", &id);
	struct headway_snapshot *s = read_record(arena, &id);
	char json[2000];

	CHECK(headway_json_full(s, json, sizeof(json)) > 0);
	CHECK(strstr(json, ",\"cancel_requested\":null}\n"));
	CHECK_INT(headway_cancel(arena, &id, "a \"b\"\n<c>"), 0);
	CHECK_INT(headway_read(arena, &id, &s), 0);
	CHECK(headway_json_full(s, json, sizeof(json)) > 0);
	CHECK(strstr(json, ",\"cancel_requested\":{\"reason\":"
			   "\"a \\\"b\\\"\\n\\u003cc\\u003e\",\"at\":\"20"));
	CHECK(headway_json(s, json, sizeof(json)) > 0);
	CHECK(!strstr(json, "cancel"));
	headway_snapshot_free(s);
	headway_finish(record);
	headway_release(record);
}

static void bad_arguments(void)
{
	struct headway_arena *reader = open_read_only(NULL);
	struct headway_id id, unknown = {{1, 2, 3}};
	struct headway_record *record = start_record(arena, "bad", &id);

	CHECK_INT(headway_cancel(NULL, &id, NULL), -EINVAL);
	CHECK_INT(headway_cancel(arena, NULL, NULL), -EINVAL);
	CHECK_INT(headway_cancel(arena, &unknown, NULL), -ENOENT);
	CHECK_INT(headway_cancel(reader, &id, NULL), -EACCES);
	CHECK_INT(headway_is_cancelled(NULL), -EINVAL);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	CHECK_INT(headway_remove(arena, &id), 0);
	CHECK_INT(headway_cancel(arena, &id, NULL), -ESTALE);
	headway_close(reader);
}

/* The slot's next record begins without it. */
static void the_next_record_was_not_asked(void)
{
	for (int i = 0; i < 64; i++) {
		struct headway_id id;
		struct headway_record *record = asked("one of many", &id, "r");

		CHECK_INT(headway_finish(record), 0);
		headway_release(record);
		CHECK_INT(headway_remove(arena, &id), 0);
	}
	check_whole(arena, 1);
}

static void a_dead_owner_s_record_keeps_it(void)
{
	struct headway_id *id = shared_memory(sizeof(*id));
	struct headway_reap_report report = {.size = sizeof(report)};
	pid_t pid = fork_child();

	if (!pid) {
		struct headway_arena *own = open_arena(NULL, NULL);

		(void)start_record(own, "to die", id);
		CHECK_INT(headway_cancel(own, id, "before its death"), 0);
		(void)kill(getpid(), SIGKILL);
	}
	(void)waitpid(pid, NULL, 0);
	expect_reason(id, "before its death");
	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	CHECK_INT(report.lost, 1);
	expect_reason(id, "before its death");
	CHECK_INT(headway_cancel(arena, id, "after"), -EALREADY);
	check_whole(arena, 1);
}

/* A worker that was stopped when it was asked sees it as soon as it goes on; and may finish. */
static void a_stopped_writer_sees_it_when_it_goes_on(void)
{
	struct headway_id id;
	struct headway_record *record = start_record(arena, "stopped", &id);
	struct headway_snapshot *s;
	pid_t pid = fork_child();

	if (!pid) {
		while (!headway_is_cancelled(record))
			CHECK_INT(headway_add(record, 1), 0);
		CHECK_INT(headway_is_cancelled(record), 1);
		CHECK_INT(headway_finish(record), 0);
		end_child();
	}
	do
		s = read_record(arena, &id);
	while (s->done < 1000 && (headway_snapshot_free(s), 1));
	headway_snapshot_free(s);
	CHECK_INT(kill(pid, SIGSTOP), 0);
	CHECK_INT(waitpid(pid, NULL, WUNTRACED), pid);
	CHECK_INT(headway_cancel(arena, &id, "while stopped"), 0);
	CHECK_INT(kill(pid, SIGCONT), 0);
	CHECK_INT(wait_child(pid), 0);
	CHECK_INT(headway_status(record), HEADWAY_FINISHED);
	expect_reason(&id, "while stopped");
	headway_release(record);
}

/* Two that ask, while others update: one request, nothing of the updates lost. */
static void requests_and_updates_at_once(void)
{
	enum { WRITERS = 3, UPDATES = 3000 };
	struct headway_id id;
	struct headway_record *record = start_record(arena, "busy", &id);
	uint64_t version = version_of(arena, &id);
	pid_t pids[WRITERS + 2];

	for (int i = 0; i < WRITERS + 2; i++) {
		pids[i] = fork_child();
		if (pids[i])
			continue;
		for (int k = 0; k < UPDATES && i < WRITERS; k++)
			CHECK_INT(headway_message(record, i ? "a" : "b", "text"), 0);
		if (i >= WRITERS)
			CHECK_INT(headway_cancel(arena, &id, "both"), 0);
		CHECK_INT(i < WRITERS || headway_is_cancelled(record), 1);
		end_child();
	}
	for (int i = 0; i < WRITERS + 2; i++)
		CHECK_INT(wait_child(pids[i]), 0);
	CHECK_INT(version_of(arena, &id), version + WRITERS * UPDATES + 1);
	expect_reason(&id, "both");
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	check_whole(arena, 1);
}

static void after_a_close_it_is_stale(void)
{
	struct headway_arena *own = open_arena(NULL, NULL);
	struct headway_id id;
	struct headway_record *record = start_record(own, "closed", &id);

	headway_close(own);
	CHECK_INT(headway_is_cancelled(record), -ESTALE);
	headway_release(record);
}

int main(void)
{
	check_begin(60);
	setenv("HEADWAY_ARENA", new_name(), 1);
	arena = open_small(NULL);
	RUN(is_seen_and_changes_nothing_else);
	RUN(of_two_requests_the_first_counts);
	RUN(without_a_reason_it_is_empty);
	RUN(what_is_over_cannot_be_cancelled);
	RUN(long_reasons_are_whole);
	RUN(the_json_tells);
	RUN(bad_arguments);
	RUN(the_next_record_was_not_asked);
	RUN(a_dead_owner_s_record_keeps_it);
	RUN(a_stopped_writer_sees_it_when_it_goes_on);
	RUN(requests_and_updates_at_once);
	RUN(after_a_close_it_is_stale);
	headway_close(arena);
	return check_end();
}
