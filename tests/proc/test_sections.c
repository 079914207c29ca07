/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that uses liburcu-bp itself: every call may be made inside its read-side sections,
 * fork() works whoever calls liburcu's fork hooks, and a seccomp filter that refuses membarrier()
 * ends no process. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <urcu-bp.h>

static const char *name;

/* Replaces the arena, and waits until the library checks the name again. */
static void replace(void)
{
	CHECK_INT(headway_unlink(name), 0);
	headway_close(open_small(name));
	sleep_ms(1100);
}

static void every_call_is_possible_in_a_section(void)
{
	struct headway_record *record, *again = NULL, *new;
	struct headway_arena *arena, *other;
	struct headway_snapshot *snapshot = NULL;
	struct headway_id id, new_id;

	name = new_name();
	arena = open_small(name);
	record = start_record(arena, "old", &id);
	CHECK_INT(headway_resume(arena, &id, &again), 0);
	urcu_bp_read_lock();
	replace();
	/* the handle follows the replacement */
	CHECK_INT(headway_read(arena, &id, &snapshot), -ENOENT);
	headway_release(again);
	headway_release(record); /* the last handle of the replaced arena */
	new = start_record(arena, "new", &new_id);
	CHECK_INT(headway_read(arena, &new_id, &snapshot), 0);
	replace();
	CHECK_INT(headway_resume(arena, &new_id, &again), -ENOENT);
	headway_release(new);
	other = open_small(name);
	headway_close(other);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	headway_close(arena);
	urcu_bp_read_unlock();
	headway_snapshot_free(snapshot);
}

static volatile int stop;

static void *update(void *record)
{
	while (!stop && !headway_message(record, "k", "v"))
		;
	return NULL;
}

static void forks_with_hooks_of_its_own(void)
{
	struct headway_arena *arena = open_small(new_name());
	struct headway_record *record = start_record(arena, "forks", NULL);
	pthread_t thread;

	NEED_INT(pthread_create(&thread, NULL, update, record), 0);
	for (int i = 0; i < 50; i++) {
		pid_t pid;

		urcu_bp_before_fork();
		pid = fork_child();
		if (!pid) {
			urcu_bp_after_fork_child();
			CHECK_INT(headway_message(record, "child", "1"), 0);
			headway_release(record);
			/* does not wait for threads that exist only in the parent */
			headway_close(arena);
			end_child();
		}
		urcu_bp_after_fork_parent();
		CHECK_INT(wait_child(pid), 0);
	}
	stop = 1;
	CHECK_INT(pthread_join(thread, NULL), 0);
	headway_release(record);
	headway_close(arena);
}

/* A record without an owner stays Running; its word does not show that the handle's arena was
 * closed. messages: sent before; after some the thread knows the message's place, and has blocks. */
static void nothing_is_updated_after_a_close(unsigned messages)
{
	struct headway_message both[] = {{"k", "after"}, {"k", "later"}};
	struct headway_spec spec = {.size = sizeof(spec), .flags = HEADWAY_DETACHED};
	struct headway_record *record = NULL;
	struct headway_arena *arena, *reader;
	struct headway_id id;
	uint64_t version;

	name = new_name();
	arena = open_small(name);
	reader = open_read_only(name);
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	for (unsigned i = 0; i < messages; i++)
		CHECK_INT(headway_message(record, "k", "before"), 0);
	version = version_of(reader, &id);
	headway_close(arena);
	CHECK_INT(headway_message(record, "k", "after"), -ESTALE);
	CHECK_INT(headway_message_n(record, "k", 1, "after", 5), -ESTALE);
	CHECK_INT(headway_update(record, both, 2), -ESTALE);
	CHECK_INT(headway_message(record, "another", "after"), -ESTALE);
	CHECK_INT(headway_finish(record), -ESTALE);
	CHECK_INT(version_of(reader, &id), version);
	CHECK_INT(status_of(reader, &id), HEADWAY_RUNNING);
	check_whole(reader, 1);
	headway_release(record);
	headway_close(reader);
}

static void nothing_is_updated_after_a_close_first(void)
{
	nothing_is_updated_after_a_close(1);
}

static void nothing_is_updated_after_a_close_known(void)
{
	nothing_is_updated_after_a_close(12);
}

static int membarrier_refuse(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

static void closes_without_membarrier(void)
{
	struct headway_arena *arena, *reader;
	struct headway_record *record;
	struct headway_id id;
	pthread_t thread;

	stop = 0;
	arena = open_small(name);
	record = start_record(arena, "filtered", &id);
	reader = open_read_only(name);
	NEED_INT(pthread_create(&thread, NULL, update, record), 0);
	sleep_ms(20);
	NEED_INT(membarrier_refuse(), 0);
	headway_close(arena);
	CHECK_INT(pthread_join(thread, NULL), 0); /* its update succeeded, or returned -ESTALE */
	CHECK_INT(status_of(reader, &id), HEADWAY_ERROR);
	check_whole(reader, 1);
	headway_release(record);
	headway_close(reader);
}

static void a_filter_on_membarrier(void)
{
	pid_t pid;

	name = new_name(); /* the parent removes it */
	pid = fork_child();
	if (!pid) {
		closes_without_membarrier();
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
}

int main(void)
{
	check_begin(60);
	RUN(forks_with_hooks_of_its_own);
	RUN(nothing_is_updated_after_a_close_first);
	RUN(nothing_is_updated_after_a_close_known);
	RUN(a_filter_on_membarrier);
	RUN(every_call_is_possible_in_a_section);
	return check_end();
}
