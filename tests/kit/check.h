/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks, a time limit, and removal of files, for all test programs that do not use Criterion.
 *
 *   CHECK…  prints and counts a failure; the test continues
 *   FAIL    prints a given message and counts it as a failure
 *   NEED…   ends the process with exit code 1 on failure
 *
 * main() is: check_begin(seconds); RUN(test); …; return check_end();
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <headway.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum {
	CHECK_SKIP = 77, /* exit code of a test that cannot run here */
	CHECK_MOST = 20  /* a process ends after this many failures */
};

extern unsigned check_failures; /* in this process */
/* name of the running test, part of each failure message; "" before the first */
extern const char *check_running;

/* Sets a time limit in seconds, after which the process ends with a failure. The files of
 * check_path() are removed however the process ends. */
void check_begin(unsigned seconds);

/* Returns the exit code: 0 if all checks passed, otherwise 1. */
int check_end(void);

/* Returns a path "/dev/shm/headway-WHAT.PID". The file, if there is one, is removed at the end of the
 * test, or of the program if none is running. */
const char *check_path(const char *what);

/* the process that called check_begin() and that removes the files */
extern pid_t check_owner;

__attribute__((format(printf, 3, 4))) void check_fail(const char *file, int line,
						      const char *format, ...);
_Noreturn void check_stop(const char *file, int line, const char *condition);
bool check_int(const char *file, int line, const char *text, long long value, long long expected);
void check_text(const char *file, int line, const char *text, const char *value,
		const char *expected);
void check_run(const char *name, void (*test)(void));

#define FAIL(...)        check_fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition) ((condition) ? (void)0 : FAIL("not so: %s", #condition))
#define CHECK_INT(value, expected)                                                                 \
	((void)check_int(__FILE__, __LINE__, #value, (long long)(value), (long long)(expected)))
#define CHECK_TEXT(value, expected) check_text(__FILE__, __LINE__, #value, value, expected)
#define NEED(condition)             ((condition) ? (void)0 : check_stop(__FILE__, __LINE__, #condition))
#define NEED_INT(value, expected)                                                                  \
	(check_int(__FILE__, __LINE__, #value, (long long)(value), (long long)(expected))          \
		 ? (void)0                                                                         \
		 : check_stop(__FILE__, __LINE__, NULL))

/* Runs one test and makes its name part of failure messages. */
#define RUN(test) check_run(#test, test)

/* The monotonic clock in nanoseconds. */
uint64_t check_ns(void);
double check_seconds(void);

/* The next pseudo-random number (SplitMix64); *state starts with the seed. */
uint64_t check_random(uint64_t *state);

#endif
