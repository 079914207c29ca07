/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers of the plain test programs: checks that say where and what, arena names that carry the pid
 * and are removed at the end, children.
 *
 * A failed CHECK is printed and counted and the test goes on; a failed REQUIRE ends the process.
 * main() is: check_begin(seconds); the tests; return check_end();
 */
#ifndef HEADWAY_TESTS_CHECK_H
#define HEADWAY_TESTS_CHECK_H

#include <headway.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

enum { CHECK_NAMES = 256, CHECK_SKIP = 77 };

static int check_failures;
static pid_t check_pid;
static unsigned check_name_count;
static char check_names[CHECK_NAMES][64]; /* as headway_open() takes them: "/…" */
static const char *check_running = "";
static double check_before;
static int check_timing; /* print how long each test took: CHECK_TIMING is in the environment */

static inline double check_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void check_remove_arenas(void)
{
	if (getpid() != check_pid)
		return;
	for (unsigned i = 0; i < check_name_count && i < CHECK_NAMES; i++)
		(void)shm_unlink(check_names[i]);
}

static inline void check_on_alarm(int signal_number)
{
	static const char text[] = "time limit reached\n";

	(void)signal_number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	check_remove_arenas();
	_exit(1);
}

static inline void check_on_crash(int signal_number)
{
	check_remove_arenas();
	(void)raise(signal_number); /* the handler is gone: SA_RESETHAND */
}

static inline void check_begin(unsigned seconds)
{
	struct sigaction crash = {.sa_handler = check_on_crash, .sa_flags = (int)SA_RESETHAND};

#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(check_remove_arenas);
#else
	(void)sigaction(SIGSEGV, &crash, NULL);
#endif
	(void)sigaction(SIGABRT, &crash, NULL);
	check_pid = getpid();
	(void)atexit(check_remove_arenas);
	(void)signal(SIGALRM, check_on_alarm);
	(void)alarm(seconds);
	check_timing = getenv("CHECK_TIMING") != NULL;
	check_before = check_seconds();
	(void)setvbuf(stdout, NULL, _IONBF, 0);
}

static inline int check_end(void)
{
	if (check_failures)
		printf("%d checks failed\n", check_failures);
	return check_failures != 0;
}

static inline void check_failed(const char *file, int line, const char *text)
{
	check_failures++;
	printf("%s:%d: [%s] failed: %s\n", file, line, check_running, text);
}

static inline int check_int(const char *file, int line, const char *text, long long value,
			    long long expected)
{
	if (value == expected)
		return 1;
	check_failures++;
	printf("%s:%d: [%s] %s is %lld", file, line, check_running, text, value);
	if (value < 0 && value > -4096)
		printf(" (%s)", headway_strerror((int)value));
	printf(", expected %lld", expected);
	if (expected < 0 && expected > -4096)
		printf(" (%s)", headway_strerror((int)expected));
	printf("\n");
	return 0;
}

static inline int check_text(const char *file, int line, const char *text, const char *value,
			     const char *expected)
{
	if (value == expected || (value && expected && !strcmp(value, expected)))
		return 1;
	check_failures++;
	printf("%s:%d: [%s] %s is \"%.200s\", expected \"%.200s\"\n", file, line, check_running,
	       text, value ? value : "(NULL)", expected ? expected : "(NULL)");
	return 0;
}

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
#define CHECK_INT(value, expected)                                                                 \
	((void)check_int(__FILE__, __LINE__, #value, (long long)(value), (long long)(expected)))
#define CHECK_TEXT(value, expected) ((void)check_text(__FILE__, __LINE__, #value, value, expected))
#define REQUIRE_INT(value, expected)                                                               \
	(check_int(__FILE__, __LINE__, #value, (long long)(value), (long long)(expected))          \
		 ? (void)0                                                                         \
		 : exit(1))
#define REQUIRE(condition)                                                                         \
	((condition) ? (void)0 : (check_failed(__FILE__, __LINE__, #condition), exit(1)))

static inline void check_took(const char *test)
{
	double now = check_seconds();

	printf("%8.3f s %s\n", now - check_before, test);
	check_before = now;
}

/* Run one test: its name is in every line that it prints. */
#define RUN(test) (check_running = #test, test(), check_timing ? check_took(#test) : (void)0)

/* A name that no arena has, removed at the end of the program. */
static inline const char *new_name(void)
{
	char *name = check_names[check_name_count % CHECK_NAMES];

	REQUIRE(check_name_count < CHECK_NAMES);
	(void)snprintf(name, sizeof(check_names[0]), "/headway-check-%d-%u", (int)check_pid,
		       check_name_count++);
	return name;
}

static inline struct headway_arena *open_arena(const char *name, const struct headway_options *opt)
{
	struct headway_arena *arena = NULL;

	REQUIRE_INT(headway_open(name, opt, &arena), 0);
	return arena;
}

static inline struct headway_arena *open_read_only(const char *name)
{
	struct headway_options opt = {.size = sizeof(opt), .flags = HEADWAY_READ_ONLY};

	return open_arena(name, &opt);
}

/* A small arena: cheap to make, and full soon. */
static inline struct headway_arena *open_small(const char *name)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 16, .members = 8};

	return open_arena(name, &opt);
}

static inline struct headway_record *start_record(struct headway_arena *arena, const char *name,
						  struct headway_id *id)
{
	struct headway_spec spec = {.size = sizeof(spec), .name = name};
	struct headway_record *record = NULL;

	REQUIRE_INT(headway_start(arena, &spec, &record), 0);
	if (id)
		REQUIRE_INT(headway_get_id(record, id), 0);
	return record;
}

static inline struct headway_snapshot *read_record(struct headway_arena *arena,
						   const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;

	REQUIRE_INT(headway_read(arena, id, &snapshot), 0);
	return snapshot;
}

static inline int status_of(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	int status = headway_read(arena, id, &snapshot);

	if (!status)
		status = snapshot->status;
	headway_snapshot_free(snapshot);
	return status;
}

static inline const char *value_of(const struct headway_snapshot *snapshot, const char *key)
{
	for (size_t i = 0; i < snapshot->message_count; i++)
		if (!strcmp(snapshot->messages[i].key, key))
			return snapshot->messages[i].value;
	return NULL;
}

static inline uint64_t version_of(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = read_record(arena, id);
	uint64_t version = snapshot->version;

	headway_snapshot_free(snapshot);
	return version;
}

/* The arena is whole; at_rest: and nobody is attached, so nothing is on its way back. */
static inline void check_whole(struct headway_arena *arena, int at_rest)
{
	struct headway_fsck_report report = {.size = sizeof(report)};

	CHECK_INT(headway_fsck(arena, &report), 0);
	CHECK_INT(report.leaked, 0);
	CHECK_INT(report.damaged, 0);
	CHECK_TEXT(report.first, "");
	if (at_rest)
		CHECK_INT(report.in_transit, 0);
}

/* A child's exit code, or 128 + the signal that ended it. */
static inline int wait_child(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static inline void kill_child(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(wait_child(pid), 128 + SIGKILL);
}

/* fork() with a time limit for the child; its failures are its exit code. */
static inline pid_t fork_child(void)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		check_failures = 0;
		(void)signal(SIGALRM, SIG_DFL);
		(void)alarm(60);
	}
	return pid;
}

static inline void end_child(void)
{
	_exit(check_failures != 0);
}

static inline void sleep_ms(unsigned ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* Memory that children share with their parent. */
static inline void *shared_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(memory != MAP_FAILED);
	return memory;
}

#endif
