/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <time.h>

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

enum { PATHS = 256 };

unsigned check_failures;
const char *check_running = "";
pid_t check_owner;

static unsigned path_count;
static char paths[PATHS][64];
static bool is_timing; /* CHECK_TIMING is set: print the time of each test */

/* ---- what is left behind --------------------------------------------------------------------- */

static void remove_files_from(unsigned first)
{
	for (unsigned i = first; i < path_count && getpid() == check_owner; i++)
		(void)unlink(paths[i]);
}

static void remove_files(void)
{
	remove_files_from(0);
}

const char *check_path(const char *what)
{
	char *path = paths[path_count];

	NEED(path_count < PATHS);
	(void)snprintf(path, sizeof(paths[0]), "/dev/shm/headway-%s.%d", what, (int)getpid());
	path_count++;
	return path;
}

static void on_end(int signal_number)
{
	static const char text[] = "time limit reached\n";

	if (signal_number == SIGALRM)
		(void)!write(STDOUT_FILENO, text, sizeof(text) - 1);
	remove_files();
	_exit(1);
}

/* SA_RESETHAND has removed this handler, so the signal ends the process when the handler
 * returns. */
static void on_crash(int signal_number)
{
	remove_files();
	(void)raise(signal_number);
}

static void handle_signals(void)
{
	static const int ends[] = {SIGALRM, SIGINT, SIGTERM, SIGPIPE};
	struct sigaction crash = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)signal(ends[i], on_end);
#if defined __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(remove_files);
#elif !defined __SANITIZE_THREAD__
	(void)sigaction(SIGSEGV, &crash, NULL);
#endif
	(void)sigaction(SIGABRT, &crash, NULL);
}

void check_begin(unsigned seconds)
{
	check_owner = getpid();
	handle_signals();
	(void)atexit(remove_files);
	(void)alarm(seconds);
	is_timing = getenv("CHECK_TIMING") != NULL;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
}

int check_end(void)
{
	if (check_failures)
		printf("%u failures\n", check_failures);
	return check_failures != 0;
}

/* ---- checks ---------------------------------------------------------------------------------- */

void check_fail(const char *file, int line, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("FAIL %s:%d: %s%s%s\n", file, line, check_running, *check_running ? ": " : "", text);
	if (++check_failures == CHECK_MOST)
		check_stop(file, line, "fewer failures (the rest is left out)");
}

void check_stop(const char *file, int line, const char *condition)
{
	int error = errno;

	if (condition)
		printf("FAIL %s:%d: %s%snot so, and needed: %s (errno %d)\n", file, line,
		       check_running, *check_running ? ": " : "", condition, error);
	(void)fflush(stdout);
	remove_files();
	_exit(1);
}

/* Returns " (error message)" if value is a negative errno, otherwise "". */
static const char *error_text(char text[128], long long value)
{
	text[0] = '\0';
	if (value < 0 && value > -4096)
		(void)snprintf(text, 128, " (%s)", headway_strerror((int)value));
	return text;
}

bool check_int(const char *file, int line, const char *text, long long value, long long expected)
{
	char got[128], wanted[128];

	if (value != expected)
		check_fail(file, line, "%s is %lld%s, not %lld%s", text, value,
			   error_text(got, value), expected, error_text(wanted, expected));
	return value == expected;
}

void check_text(const char *file, int line, const char *text, const char *value,
		const char *expected)
{
	if (value == expected || (value && expected && !strcmp(value, expected)))
		return;
	check_fail(file, line, "%s is \"%.200s\", not \"%.200s\"", text, value ? value : "(NULL)",
		   expected ? expected : "(NULL)");
}

void check_run(const char *name, void (*test)(void))
{
	double before = check_seconds();
	unsigned first = path_count;

	check_running = name;
	test();
	remove_files_from(first);
	path_count = first;
	if (is_timing)
		printf("%8.3f s %s\n", check_seconds() - before, name);
}

/* ---- time and chance ------------------------------------------------------------------------- */

uint64_t check_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double check_seconds(void)
{
	return (double)check_ns() / 1e9;
}

uint64_t check_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}
