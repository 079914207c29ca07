/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks, a time limit, and files that are removed at the end, for every test program that is not
 * made with Criterion.
 *
 *   CHECK…  a failure is printed and counted, and the test goes on
 *   FAIL    a failure in the test's own words, counted too
 *   NEED…   without this the test cannot go on: the process ends with exit code 1
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
	CHECK_MOST = 20  /* a process with so many failures ends */
};

extern unsigned check_failures;   /* of this process */
extern const char *check_running; /* the test in every failure's line; "" before the first */

/* Ends the process with a failure after so many seconds.  Whatever ends it, the files are removed. */
void check_begin(unsigned seconds);

/* The exit code: 0 passed, 1 there were failures. */
int check_end(void);

/* A path "/dev/shm/headway-WHAT.PID" that is removed at the end, whether it exists or not. */
const char *check_path(const char *what);

/* The process that called check_begin(), and that removes the files. */
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

/* Run one test: its name is in the line of each of its failures. */
#define RUN(test) check_run(#test, test)

/* The monotonic clock. */
uint64_t check_ns(void);
double check_seconds(void);

/* The next of the numbers that start with a seed: SplitMix64. */
uint64_t check_random(uint64_t *state);

#endif
