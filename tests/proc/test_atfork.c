/* SPDX-License-Identifier: BSD-3-Clause */
/* fork() and signal handlers together with locks: the application's, which its fork handlers take,
 * and the library's, which prevents a fork in the middle of an attach. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>

static pthread_mutex_t application = PTHREAD_MUTEX_INITIALIZER;
static struct headway_arena *arena;
static struct headway_id id;
static volatile int stop, locked, forking, forked;

/* ---- an application whose handlers take its lock --------------------------------------------- */

static void take(void)
{
	(void)pthread_mutex_lock(&application);
	forking = 1;
}

static void give(void)
{
	(void)pthread_mutex_unlock(&application);
}

/* Calls the library with the application's lock held; each call takes the library's lock. */
static void *call_under_lock(void *unused)
{
	while (!stop) {
		struct headway_record *record = NULL;

		take();
		CHECK_INT(headway_resume(arena, &id, &record), 0);
		headway_release(record);
		give();
	}
	return unused;
}

static void the_applications_lock_comes_first(void)
{
	pthread_t thread;

	arena = open_small(new_name());
	headway_release(start_record(arena, "resumed all the time", &id));
	NEED_INT(pthread_create(&thread, NULL, call_under_lock, NULL), 0);
	for (int i = 0; i < 300; i++) {
		pid_t pid = fork_child();

		if (!pid) {
			take();
			give();
			end_child();
		}
		CHECK_INT(wait_child(pid), 0);
	}
	stop = 1;
	CHECK_INT(pthread_join(thread, NULL), 0);
	headway_close(arena);
}

/* ---- an attach that is under way ------------------------------------------------------------- */

static __thread int is_watched, is_interrupted;

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

/* True if the main thread sleeps. */
static int main_sleeps(void)
{
	char path[64], text[256] = "", state = 0;
	const char *end;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	file = fopen(path, "r");
	if (!file)
		return 0;
	(void)!fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %c", &state) == 1 && state == 'S';
}

/* Waits between the lock of a member's byte and the mapping, until the main thread has forked or, as it
 * must, waits in its fork(). */
int __wrap_fcntl(int fd, int command, ...)
{
	va_list arguments;
	void *argument;
	int error;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	error = __real_fcntl(fd, command, argument);
	if (is_interrupted && command == F_OFD_SETLK)
		(void)raise(SIGUSR1);
	if (is_watched && !error && command == F_OFD_SETLK) {
		locked = 1;
		while (!forked && !(forking && main_sleeps()))
			sleep_ms(1);
	}
	return error;
}

static void *attach(void *name)
{
	is_watched = 1;
	return open_small(name);
}

static unsigned members_alive(const char *name)
{
	struct headway_info info = {.size = sizeof(info)};
	struct headway_arena *reader = open_read_only(name);

	CHECK_INT(headway_info(reader, &info), 0);
	headway_close(reader);
	return info.members_alive;
}

enum { MEMBERS = 8 }; /* of open_small() */

static int places_free(const char *name)
{
	struct headway_options existing = {.size = sizeof(existing), .flags = HEADWAY_EXISTING};
	struct headway_arena *arenas[MEMBERS];
	int count = 0;

	while (count < MEMBERS && headway_open(name, &existing, &arenas[count]) == 0)
		count++;
	for (int i = 0; i < count; i++)
		headway_close(arenas[i]);
	return count;
}

static void a_child_is_not_born_with_a_members_lock(void)
{
	const char *name = new_name();
	void *attached = NULL;
	pthread_t thread;
	pid_t pid;

	headway_close(open_small(name));
	forking = 0;
	NEED_INT(pthread_create(&thread, NULL, attach, (void *)(uintptr_t)name), 0);
	while (!locked)
		sleep_ms(1);
	pid = fork_child();
	if (!pid)
		for (;;)
			(void)pause();
	forked = 1;
	CHECK_INT(pthread_join(thread, &attached), 0);
	CHECK_INT(members_alive(name), 1);
	headway_close(attached);
	CHECK_INT(places_free(name), MEMBERS); /* the child holds none */
	kill_child(pid);
}

/* ---- a signal handler, in a call that holds the library's lock ------------------------------- */

static struct headway_record *handled;
static volatile int handler_said[4];

static void on_signal(int signal_number)
{
	(void)signal_number;
	handler_said[0] = headway_add(handled, 1);
	handler_said[1] = headway_set(handled, 1);
	handler_said[2] = headway_set_total(handled, 1);
	handler_said[3] = headway_counter_add(handled, 0, 1);
}

static void a_handler_adds_to_what_was_closed(void)
{
	struct headway_arena *closed = open_small(new_name());

	handled = start_record(closed, "closed", NULL);
	headway_close(closed);
	(void)signal(SIGUSR1, on_signal);
	is_interrupted = 1;
	closed = open_small(new_name());
	is_interrupted = 0;
	for (int i = 0; i < 4; i++)
		CHECK_INT(handler_said[i], -ESTALE);
	headway_close(closed);
	headway_release(handled);
}

int main(void)
{
	check_begin(200);
	NEED_INT(pthread_atfork(take, give, give), 0);
	RUN(the_applications_lock_comes_first);
	RUN(a_handler_adds_to_what_was_closed);
	RUN(a_child_is_not_born_with_a_members_lock);
	return check_end();
}
