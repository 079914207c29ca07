/* SPDX-License-Identifier: BSD-3-Clause */
/* What every torture program needs: a time limit, names that are removed, findings that are counted. */
#ifndef STEP_WATCH_H
#define STEP_WATCH_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_PATHS = 40, WATCH_FINDINGS = 12 };

static char watch_paths[WATCH_PATHS][96];
static unsigned watch_findings;
static pid_t watch_owner;

static inline void watch_unlink(void)
{
	for (int i = 0; i < WATCH_PATHS && getpid() == watch_owner; i++)
		if (watch_paths[i][0])
			unlink(watch_paths[i]);
}

static inline void watch_signal(int number)
{
	static const char late[] = "time limit reached\n";

	if (number == SIGALRM)
		(void)!write(2, late, sizeof late - 1);
	watch_unlink();
	_exit(1);
}

static inline void watch_begin(unsigned limit_seconds)
{
	watch_owner = getpid();
	atexit(watch_unlink);
	signal(SIGALRM, watch_signal);
	signal(SIGINT, watch_signal);
	signal(SIGTERM, watch_signal);
	signal(SIGPIPE, watch_signal);
	alarm(limit_seconds);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* In a child that parent forked: it ends with its parent, which may be gone by now, and removes nothing. */
static inline void watch_child(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		raise(SIGKILL);
	signal(SIGALRM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

/* A path in /dev/shm that carries the pid and is removed at the end. */
static inline const char *watch_path(int which, const char *what)
{
	snprintf(watch_paths[which], sizeof watch_paths[which], "/dev/shm/headway-%s.%d", what,
		 (int)getpid());
	return watch_paths[which];
}

__attribute__((format(printf, 1, 2))) static inline void finding(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("FAIL ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	if (++watch_findings >= WATCH_FINDINGS) {
		printf("too many findings, the rest is left out\n");
		exit(1);
	}
}

/* What the test itself cannot go on without. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);   \
			fflush(stdout);                                                            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static inline uint64_t watch_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Numbers that a seed repeats. */
static inline uint64_t watch_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Anything else is a usage error. */
struct watch_options {
	bool all;        /* --long, or --all */
	bool everything; /* --all: no sample */
	uint64_t
		sample; /* how many points of a kind in the long form; 0: as many as the program sees fit */
	uint64_t seed;
	uint64_t from; /* instruction to begin at */
	const char *only;
};

static inline struct watch_options watch_arguments(int argc, char **argv)
{
	struct watch_options o = {.seed = watch_ns() ^ (uint64_t)getpid()};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--long") == 0) {
			o.all = true;
		} else if (strcmp(argv[i], "--all") == 0) {
			o.all = o.everything = true;
		} else if (strcmp(argv[i], "--sample") == 0 && i + 1 < argc) {
			o.sample = strtoull(argv[++i], NULL, 0);
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			o.seed = strtoull(argv[++i], NULL, 0);
		} else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc) {
			o.from = strtoull(argv[++i], NULL, 0);
		} else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
			o.only = argv[++i];
		} else {
			fprintf(stderr, "%s: unknown argument %s\n", argv[0], argv[i]);
			fprintf(stderr,
				"usage: %s [--long [--sample N] | --all] [--seed N] [--from N] "
				"[--only NAME]\n",
				argv[0]);
			exit(2);
		}
	}
	return o;
}

/* Does one of so many points belong to the sample of the long form?  About usual of them do. */
static inline bool watch_sampled(const struct watch_options *o, uint64_t usual, uint64_t points,
				 uint64_t *chance)
{
	uint64_t sample = o->sample ? o->sample : usual;

	return o->everything || watch_random(chance) % points < sample;
}

static inline int watch_verdict(void)
{
	return watch_findings ? 1 : 0;
}

#endif
