/* SPDX-License-Identifier: BSD-3-Clause */
/* Contention in a tiny arena, under ThreadSanitizer: members attach and close, threads end with
 * full queues, and all need the last block; several threads of a forked child revive inherited
 * handles at once; and the arena is replaced while readers and writers follow. */
#include "kit/one_mapping.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

enum { THREADS = 4, ROUNDS = 60, LONG = 4200 };

static char text_long[LONG + 1];
static struct headway_arena *common;
static struct headway_record *shared;
static struct headway_id shared_id;

static bool is_fine(int result)
{
	return result >= 0 || result == -EALREADY || result == -ESTALE || result == -ENOSPC ||
	       result == -EBUSY || result == -EAGAIN || result == -ENOENT;
}

#define FINE(call)                                                                                 \
	do {                                                                                       \
		int result_ = (call);                                                              \
		if (!is_fine(result_))                                                             \
			FAIL("%s says %s", #call, headway_strerror(result_));                      \
	} while (0)

static int look(const struct headway_snapshot *s, void *argument)
{
	(void)argument;
	return s->message_count > 10;
}

/* ---- members that come and go ---------------------------------------------------------------- */

static void one_life(struct headway_arena *arena, unsigned round)
{
	struct headway_spec spec = {.name = "one of many", .flags = round % 2};
	struct headway_record *r = NULL, *other = NULL;
	struct headway_snapshot *s = NULL;
	int error = headway_start(arena, &spec, &r);

	FINE(error);
	for (int i = 0; r && i < 8; i++) {
		FINE(headway_message(r, "step", i % 2 ? "odd" : "even"));
		FINE(headway_add(r, 1));
		FINE(headway_message(shared, "step", "everybody's"));
		FINE(headway_add(shared, 1));
	}
	if (r && round % 3 == 0)
		FINE(headway_message(r, "log", text_long));
	FINE(headway_resume(arena, &shared_id, &other));
	FINE(headway_message(other ? other : shared, "step", "resumed"));
	FINE(headway_read(arena, &shared_id, &s));
	FINE(headway_each(arena, look, NULL));
	if (round % 5 == 0)
		FINE(headway_reap(arena, NULL, NULL));
	if (r && round % 4)
		FINE(headway_finish(r));
	headway_release(other);
	headway_release(r);
	headway_snapshot_free(s);
}

static void *member_thread(void *argument)
{
	unsigned round = *(unsigned *)argument;
	struct headway_arena *own = round % 2 ? mapping_open(HEADWAY_EXISTING) : NULL;

	one_life(own ? own : common, round);
	headway_close(own);
	return NULL;
}

/* Threads that ended freed their blocks: in use are one block for each record, and those of this
 * thread. */
static void nothing_is_kept(void)
{
	struct headway_info info = {.size = sizeof info};

	NEED(headway_info(common, &info) == 0);
	if (info.blocks - info.blocks_free > info.slots_used + 5)
		FAIL("%u blocks are in use for %u records", info.blocks - info.blocks_free,
		     info.slots_used);
}

static void members_come_and_go(void)
{
	pthread_t thread[THREADS];
	unsigned number[THREADS];

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < THREADS; i++) {
			number[i] = round * 3 + i;
			NEED(pthread_create(&thread[i], NULL, member_thread, &number[i]) == 0);
		}
		for (unsigned i = 0; i < THREADS; i++)
			NEED(pthread_join(thread[i], NULL) == 0);
	}
}

/* ---- a forked child -----------------------------------------------------------------------------
 *
 * Handles are revived by the first thread; the others come in turn, and only the generation
 * tells them that all is in place. */

static void *heir_thread(void *argument)
{
	unsigned me = *(unsigned *)argument;
	struct headway_snapshot *s = NULL;

	usleep(me * 2000);
	if (me < 2) { /* the path taken here acquires no lock */
		FINE(headway_add(shared, 1));
		usleep(10000);
	}
	for (int i = 0; i < 4; i++) {
		switch ((me + (unsigned)i) % 4) {
		case 0:
			FINE(headway_add(shared, 1));
			break;
		case 1:
			FINE(headway_message(shared, "step", "the heir's"));
			break;
		case 3:
			FINE(headway_read(common, &shared_id, &s));
			FINE(headway_each(common, look, NULL));
			break;
		default:
			FINE(headway_status(shared));
			one_life(common, me);
		}
	}
	headway_snapshot_free(s);
	return NULL;
}

static void child_body(void)
{
	pthread_t thread[THREADS];
	unsigned number[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		number[i] = i;
		NEED(pthread_create(&thread[i], NULL, heir_thread, &number[i]) == 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		NEED(pthread_join(thread[i], NULL) == 0);
	headway_close(common);
	headway_release(shared);
	exit(check_failures != 0);
}

static void children_inherit(void)
{
	for (int i = 0; i < 8; i++) {
		pid_t pid = fork();
		int status;

		NEED(pid >= 0);
		if (pid == 0)
			child_body();
		NEED(waitpid(pid, &status, 0) == pid);
		if (status)
			FAIL("a child ended with %#x", status);
	}
}

/* ---- another arena under the name ------------------------------------------------------------ */

static unsigned long long arrived;

static void *follower_thread(void *argument)
{
	struct headway_info info = {.size = sizeof info};

	for (int i = 0; i < 100000 && info.created_ns < *(int64_t *)argument; i++) {
		FINE(headway_info(common, &info)); /* the path taken here acquires no lock */
		if (i % 16 == 15)
			one_life(common, (unsigned)i);
		usleep(50);
	}
	one_life(common, 1);
	if (info.created_ns >= *(int64_t *)argument)
		(void)__atomic_fetch_add(&arrived, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void all_follow(void)
{
	struct headway_info info = {.size = sizeof info};
	pthread_t thread[THREADS];
	struct headway_arena *next;

	NEED(headway_unlink(mapping_path) == 0);
	next = mapping_open(HEADWAY_EXCLUSIVE);
	NEED(next && headway_info(next, &info) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		NEED(pthread_create(&thread[i], NULL, follower_thread, &info.created_ns) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		NEED(pthread_join(thread[i], NULL) == 0);
	if (arrived != THREADS)
		FAIL("%llu of %d threads followed to the new arena", arrived, THREADS);
	headway_close(next);
}

int main(void)
{
	struct headway_spec spec = {.name = "shared", .flags = HEADWAY_DETACHED};

	mapping_begin("tsan-crowd", 120);
	memset(text_long, 'x', LONG);
	common = mapping_open(HEADWAY_EXCLUSIVE);
	NEED(headway_start(common, &spec, &shared) == 0);
	NEED(headway_get_id(shared, &shared_id) == 0);
	members_come_and_go();
	nothing_is_kept();
	children_inherit();
	all_follow();
	headway_close(common);
	headway_release(shared);
	mapping_rest();
	printf("RESULT tsan-crowd threads=%d rounds=%d failures=%u\n", THREADS, ROUNDS,
	       check_failures);
	return check_end();
}
