/* SPDX-License-Identifier: BSD-3-Clause */
/* A replacement for Criterion, with as much of its interface as the unit tests use, for sanitizer
 * builds: each test is a forked child. Criterion itself executes the program anew for each test,
 * with all its libraries, which under AddressSanitizer takes ten times as long as the tests. The
 * plain build uses the real Criterion, so no test can pass only because of this replacement. One
 * test file makes one program. */
#ifndef FORKED_CRITERION_H
#define FORKED_CRITERION_H

#pragma GCC system_header /* like the real header: no warnings about what its macros expand to */

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct forked_options {
	void (*init)(void), (*fini)(void);
	double timeout; /* seconds */
};

struct forked_test {
	const char *category, *name;
	void (*run)(void);
	struct forked_options options;
	struct forked_test *next;
};

static struct forked_test *forked_tests;      /* in reverse order */
static struct forked_options forked_of_suite; /* a file has at most one suite with options */
static const struct forked_options *forked_now;
static const struct forked_test *criterion_current_test;
static bool forked_failed;

#define TestSuite(suite_, ...)                                                                     \
	__attribute__((constructor)) static void forked_suite_##suite_(void)                       \
	{                                                                                          \
		forked_of_suite = (struct forked_options){__VA_ARGS__};                            \
	}                                                                                          \
	struct forked_test /* uses up the semicolon after the macro */

#define Test(suite_, name_, ...)                                                                   \
	static void forked_##suite_##_##name_(void);                                               \
	__attribute__((constructor)) static void forked_add_##suite_##_##name_(void)               \
	{                                                                                          \
		static struct forked_test test = {#suite_, #name_, forked_##suite_##_##name_,      \
						  .options = {__VA_ARGS__}};                       \
                                                                                                   \
		test.next = forked_tests;                                                          \
		forked_tests = &test;                                                              \
	}                                                                                          \
	static void forked_##suite_##_##name_(void)

static void forked_end(void)
{
	if (forked_now->fini)
		forked_now->fini();
	fflush(NULL);
	exit(forked_failed);
}

/* fatal: a failure ends the test. */
__attribute__((format(printf, 6, 7))) static inline void forked_check(bool fatal, bool holds,
								      const char *file, int line,
								      const char *what,
								      const char *format, ...)
{
	va_list ap;

	if (holds)
		return;
	printf("[----] %s:%d: Assertion Failed\n[----]   %s:", file, line, what);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	forked_failed = true;
	if (fatal)
		forked_end();
}

/* The optional message of an assertion begins with a string literal. */
#define FORKED_CHECK(fatal, holds, what, ...)                                                      \
	forked_check(fatal, holds, __FILE__, __LINE__, what, " " __VA_ARGS__)

#define cr_expect(c, ...)        FORKED_CHECK(false, (c), #c, __VA_ARGS__)
#define cr_expect_not(c, ...)    FORKED_CHECK(false, !(c), "not " #c, __VA_ARGS__)
#define cr_expect_null(p, ...)   FORKED_CHECK(false, (p) == NULL, #p " is NULL", __VA_ARGS__)
#define cr_expect_eq(a, b, ...)  FORKED_CHECK(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) FORKED_CHECK(false, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)  FORKED_CHECK(false, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)  FORKED_CHECK(false, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) FORKED_CHECK(false, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) FORKED_CHECK(false, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_float_eq(a, b, epsilon, ...)                                                     \
	FORKED_CHECK(false, (a) - (b) <= (epsilon) && (b) - (a) <= (epsilon), #a " == " #b,        \
		     __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)                                                                \
	FORKED_CHECK(false, strcmp(a, b) == 0, #a " is " #b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...)                                                               \
	FORKED_CHECK(false, strcmp(a, b) != 0, #a " is not " #b, __VA_ARGS__)

#define cr_assert(c, ...)           FORKED_CHECK(true, (c), #c, __VA_ARGS__)
#define cr_assert_not(c, ...)       FORKED_CHECK(true, !(c), "not " #c, __VA_ARGS__)
#define cr_assert_fail(...)         FORKED_CHECK(true, false, "never", __VA_ARGS__)
#define cr_assert_not_null(p, ...)  FORKED_CHECK(true, (p) != NULL, #p " is not NULL", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)     FORKED_CHECK(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)    FORKED_CHECK(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)     FORKED_CHECK(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)     FORKED_CHECK(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)    FORKED_CHECK(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)    FORKED_CHECK(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) FORKED_CHECK(true, strcmp(a, b) == 0, #a " is " #b, __VA_ARGS__)

static struct forked_options forked_options_of(const struct forked_test *test)
{
	struct forked_options o = test->options;

	o.init = o.init ? o.init : forked_of_suite.init;
	o.fini = o.fini ? o.fini : forked_of_suite.fini;
	o.timeout = o.timeout > 0 ? o.timeout : forked_of_suite.timeout;
	return o;
}

_Noreturn static void forked_child(const struct forked_test *test)
{
	struct forked_options options = forked_options_of(test);

	criterion_current_test = test;
	forked_now = &options;
	if (options.timeout > 0)
		alarm((unsigned)options.timeout + 1);
	if (options.init)
		options.init();
	test->run();
	forked_end();
	abort();
}

/* Returns the status of waitpid(). */
static int forked_status(const struct forked_test *test)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		forked_child(test);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		perror("fork");
	return status;
}

/* main [PART]: runs only the tests whose suite/name contains PART. */
int main(int argc, char **argv)
{
	struct forked_test *first = NULL;
	int tested = 0, failing = 0, crashing = 0;

	while (forked_tests) {
		struct forked_test *test = forked_tests;

		forked_tests = test->next;
		test->next = first;
		first = test;
	}
	for (; first; first = first->next) {
		char name[200];
		int status;

		snprintf(name, sizeof name, "%s/%s", first->category, first->name);
		if (argc > 1 && !strstr(name, argv[1]))
			continue;
		tested++;
		status = forked_status(first);
		if (!status)
			continue;
		printf("[FAIL] %s: ", name);
		if (WIFSIGNALED(status))
			printf("%s\n", strsignal(WTERMSIG(status)));
		else
			printf("exit code %d\n", WEXITSTATUS(status));
		failing += WIFEXITED(status);
		crashing += !WIFEXITED(status);
	}
	printf("[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: %d\n", tested,
	       tested - failing - crashing, failing, crashing);
	return failing + crashing > 0;
}

#endif
