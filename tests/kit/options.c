/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include "check.h"

static _Noreturn void usage(const char *program, const char *argument)
{
	fprintf(stderr, "%s: unknown argument %s\n", program, argument);
	fprintf(stderr,
		"usage: %s [--long [--sample N] | --all] [--seed N] [--from N] [--hold N] "
		"[--only NAME]\n",
		program);
	exit(2);
}

struct test_options options_read(int argc, char **argv)
{
	struct test_options o = {.seed = check_ns() ^ (uint64_t)getpid()};

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--long") == 0) {
			o.all = true;
			continue;
		}
		if (strcmp(argv[i], "--all") == 0) {
			o.all = o.everything = true;
			continue;
		}
		if (value && strcmp(argv[i], "--sample") == 0)
			o.sample = strtoull(value, NULL, 0);
		else if (value && strcmp(argv[i], "--seed") == 0)
			o.seed = strtoull(value, NULL, 0);
		else if (value && strcmp(argv[i], "--from") == 0)
			o.from = strtoull(value, NULL, 0);
		else if (value && strcmp(argv[i], "--hold") == 0)
			o.hold = strtoull(value, NULL, 0);
		else if (value && strcmp(argv[i], "--only") == 0)
			o.only = value;
		else
			usage(argv[0], argv[i]);
		i++;
	}
	return o;
}

bool options_sampled(const struct test_options *o, uint64_t usual, uint64_t points,
		     uint64_t *chance)
{
	uint64_t sample = o->sample ? o->sample : usual;

	return o->everything || check_random(chance) % points < sample;
}
