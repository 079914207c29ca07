/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls with large arguments: temporary memory is freed at their end, and their cost is linear in
 * the size of the arguments, not quadratic. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>

enum { THREADS = 4, VALUE = 2 << 20, MESSAGES = 4000 };

static struct headway_arena *arena;
static char *text; /* VALUE bytes and a NUL: used as a message, and in quotation marks as results */
static pthread_barrier_t idle, leave;

static int comparing; /* comparisons of keys so far; the program has one thread */
static size_t comparisons;

/* The library is linked with --wrap=memcmp. */
int __real_memcmp(const void *a, const void *b, size_t bytes);
int __wrap_memcmp(const void *a, const void *b, size_t bytes);

int __wrap_memcmp(const void *a, const void *b, size_t bytes)
{
	comparisons += (size_t)comparing;
	return __real_memcmp(a, b, bytes);
}

static void *large_calls(void *unused)
{
	struct headway_record *record = start_record(arena, "large", NULL);

	(void)unused;
	CHECK_INT(headway_message(record, "text", text), 0);
	CHECK_INT(headway_message(record, "text", text), 0);
	CHECK_INT(headway_finish_with_results(record, text, VALUE), 0);
	headway_release(record);
	(void)pthread_barrier_wait(&idle);
	(void)pthread_barrier_wait(&leave);
	return NULL;
}

/* Private memory of this process in KiB. */
static long private_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	NEED(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %ld kB", &kib) == 1)
			break;
	(void)fclose(file);
	NEED(kib >= 0);
	return kib;
}

static void idle_threads_keep_little(void)
{
	struct headway_options opt = {
		.size = sizeof(opt), .slots = 64, .members = 2, .bytes = 48 << 20};
	pthread_t threads[THREADS];
	long before, after;

	arena = open_arena(new_name(), &opt);
	text = malloc(VALUE + 1);
	NEED(text);
	memset(text, 'x', VALUE);
	text[0] = text[VALUE - 1] = '"';
	text[VALUE] = '\0';
	NEED_INT(pthread_barrier_init(&idle, NULL, THREADS + 1), 0);
	NEED_INT(pthread_barrier_init(&leave, NULL, THREADS + 1), 0);
	before = private_kib();
	for (int i = 0; i < THREADS; i++)
		NEED_INT(pthread_create(&threads[i], NULL, large_calls, NULL), 0);
	(void)pthread_barrier_wait(&idle);
	after = private_kib();
	if (after - before > THREADS * 1024L)
		FAIL("%s", "idle threads keep more than 1 MiB each");
	(void)pthread_barrier_wait(&leave);
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	free(text);
	headway_close(arena);
}

static void many_messages_are_not_each_compared_with_each(void)
{
	static struct headway_message messages[MESSAGES];
	static char keys[MESSAGES][8];
	struct headway_arena *own = open_arena(new_name(), NULL);
	struct headway_record *record = start_record(own, "many", NULL);
	struct headway_snapshot *snapshot;
	struct headway_id id;

	for (int i = 0; i < MESSAGES; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "k%05d", (i * 7919) % MESSAGES);
		messages[i] = (struct headway_message){keys[i], "v"};
	}
	comparing = 1;
	CHECK_INT(headway_update(record, messages, MESSAGES), 0);
	CHECK_INT(headway_update(record, messages, MESSAGES), 0);
	comparing = 0;
	CHECK(comparisons > 0);
	if (comparisons > 100ul * MESSAGES)
		FAIL("%s", "keys are compared too often");
	CHECK_INT(headway_get_id(record, &id), 0);
	snapshot = read_record(own, &id);
	CHECK_INT(snapshot->message_count, MESSAGES);
	for (size_t i = 0; i < snapshot->message_count; i++)
		CHECK_TEXT(snapshot->messages[i].key, keys[i]);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(own);
}

int main(void)
{
	check_begin(60);
	RUN(idle_threads_keep_little);
	RUN(many_messages_are_not_each_compared_with_each);
	return check_end();
}
