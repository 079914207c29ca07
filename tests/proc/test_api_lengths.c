/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages with explicit lengths have the same result as headway_message() with the same texts,
 * whatever bytes follow them, in a block and in a chain. */
#include "kit/arenas.h"
#include "kit/processes.h"

enum { LONG = 300000, CHUNK = 4096 };

static struct headway_arena *arena;
static struct headway_record *record;
static struct headway_id id;
static struct headway_snapshot *snapshot;

static int say(const char *key, size_t key_length, const char *value, size_t value_length)
{
	return headway_message_n(record, key, key_length, value, value_length);
}

static void look(void)
{
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
}

static void fresh(void)
{
	headway_release(record);
	record = start_record(arena, "lengths", &id);
}

/* A text that ends at the end of a page; the next page is inaccessible. */
static char *text_at_the_edge(const char *text, size_t length)
{
	size_t bytes = (length + CHUNK - 1) / CHUNK * CHUNK;
	char *map = mmap(NULL, bytes + CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	NEED(map != MAP_FAILED);
	NEED_INT(mprotect(map + bytes, CHUNK, PROT_NONE), 0);
	return memcpy(map + bytes - length, text, length);
}

static void only_the_length_counts(void)
{
	fresh();
	CHECK_INT(say("Step and more", 4, "1/2 and more", 3), 0);
	CHECK_INT(say("Empty", 5, NULL, 0), 0);
	CHECK_INT(say("Step", 4, "2/2", 3), 0); /* the same key keeps its place */
	CHECK_INT(headway_message(record, "Step", "two of two"), 0);
	CHECK_INT(say("\xff\xfe", 2, "\x01\n", 2), 0);
	look();
	NEED_INT(snapshot->message_count, 3);
	CHECK_TEXT(snapshot->messages[0].key, "Step");
	CHECK_TEXT(snapshot->messages[0].value, "two of two");
	CHECK_TEXT(value_of(snapshot, "Empty"), "");
	CHECK_TEXT(value_of(snapshot, "\xff\xfe"), "\x01\n");
}

static void nothing_behind_a_text_is_read(void)
{
	static char big[LONG];
	char *key = text_at_the_edge("Step", 4), *value = text_at_the_edge("1/2", 3), *longer;

	(void)memset(big, 'x', sizeof(big));
	longer = text_at_the_edge(big, sizeof(big));
	fresh();
	CHECK_INT(say(key, 4, value, 3), 0);
	CHECK_INT(say(key, 3, value, 1), 0);
	look();
	CHECK_TEXT(value_of(snapshot, "Step"), "1/2");
	CHECK_TEXT(value_of(snapshot, "Ste"), "1");
	/* does not fit into a block: the general path */
	CHECK_INT(say(key, 4, longer, sizeof(big)), 0);
	CHECK_INT(say(longer, 5000, value, 3), 0);
	CHECK_INT(say(longer, 5000, longer, sizeof(big)), 0);
	look();
	NEED_INT(snapshot->message_count, 3);
	CHECK_INT(strlen(value_of(snapshot, "Step")), LONG);
	CHECK_INT(strlen(snapshot->messages[2].key), 5000);
	CHECK_INT(strlen(snapshot->messages[2].value), LONG);
	(void)munmap(key - (CHUNK - 4), 2 * CHUNK);
	(void)munmap(value - (CHUNK - 3), 2 * CHUNK);
}

static void a_nul_is_refused(void)
{
	static char big[LONG];
	uint64_t before;

	fresh();
	(void)memset(big, 'x', sizeof(big));
	before = version_of(arena, &id);
	CHECK_INT(say("a\0b", 3, "v", 1), -EINVAL);
	CHECK_INT(say("\0", 1, "v", 1), -EINVAL);
	CHECK_INT(say("k", 1, "a\0b", 3), -EINVAL);
	CHECK_INT(say("k", 1, "v", 2), -EINVAL);
	big[LONG - 1] = '\0';
	CHECK_INT(say("k", 1, big, LONG), -EINVAL);
	CHECK_INT(say("k", 1, big, LONG - 1), 0);
	CHECK_INT(version_of(arena, &id), before + 1);
}

static void bad_arguments(void)
{
	static char key[65536];

	fresh();
	CHECK_INT(headway_message_n(NULL, "k", 1, "v", 1), -EINVAL);
	CHECK_INT(say(NULL, 1, "v", 1), -EINVAL);
	CHECK_INT(say(NULL, 0, "v", 1), -EINVAL);
	CHECK_INT(say("", 0, "v", 1), -EINVAL);
	CHECK_INT(say("k", 1, NULL, 1), -EINVAL);
	(void)memset(key, 'k', sizeof(key));
	CHECK_INT(say(key, 65535, "v", 1), 0);
	CHECK_INT(say(key, 65536, "v", 1), -E2BIG);
	CHECK_INT(say("k", 1, "", (size_t)1 << 32), -E2BIG); /* refused before the value is read */
	look();
	CHECK_INT(snapshot->message_count, 1);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(say("late", 4, "1", 1), -EALREADY);
}

/* Several messages in one call. */
static void many_in_one_step(void)
{
	enum { MANY = 500 };
	static char keys[MANY][8], text[200];
	struct headway_message messages[MANY];

	fresh();
	(void)memset(text, 'y', sizeof(text) - 1);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "k%d", i % (MANY / 2));
		messages[i] = (struct headway_message){keys[i], i < MANY / 2 ? "" : text};
	}
	CHECK_INT(headway_update(record, messages, MANY), 0);
	messages[MANY - 1].value = NULL;
	CHECK_INT(headway_update(record, messages, MANY), -EINVAL);
	look();
	NEED_INT(snapshot->message_count, MANY / 2);
	for (int i = 0; i < MANY / 2; i++) {
		CHECK_TEXT(snapshot->messages[i].key, keys[i]);
		CHECK_TEXT(snapshot->messages[i].value, text);
	}
}

int main(void)
{
	check_begin(120);
	arena = open_arena(new_name(), NULL);
	RUN(only_the_length_counts);
	RUN(nothing_behind_a_text_is_read);
	RUN(a_nul_is_refused);
	RUN(bad_arguments);
	RUN(many_in_one_step);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	return check_end();
}
