/* SPDX-License-Identifier: BSD-3-Clause */
/* headway set: set what is done of a record, its total, or a counter. */
#include "cmd/cmd.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <errno.h>

struct set_values {
	struct option_number total;
	const char *counter;
};

#define AT(field) offsetof(struct set_values, field)

static const struct option_row rows[] = {
	ROW("total", 't', OPTION_AMOUNT, AT(total), "N",
	    "expected final value of done; 0: unknown"),
	ROW("counter", 'c', OPTION_TEXT, AT(counter), "NAME",
	    "set this counter instead of done: its name or its index (0 to 5)"),
	{.name = NULL},
};

static int set_run(int argc, char **argv);

const struct command cmd_set = {
	.name = "set",
	.synopsis = "ID [N]",
	.summary = "set what is done of a record, its total, or a counter",
	.options = rows,
	.least_operands = 1,
	.most_operands = 2,
	.run = set_run,
};

static int set_done(const struct writer *w, uint64_t done)
{
	int error = headway_set(w->record, done);

	if (error == -EINVAL)
		return say_failed("the record's counters are striped: use 'headway add'");
	return record_result(w->record, &w->id, error);
}

/* The library can only add to a counter. Sums wrap around, so adding the difference can also lower
 * it. Additions of other processes at the same time are kept. */
static int set_counter(const struct writer *w, const char *name, uint64_t n)
{
	uint64_t value;
	unsigned index;

	if (writer_counter(w, name, &index, &value))
		return EXIT_FAILED;
	return record_result(w->record, &w->id, headway_counter_add(w->record, index, n - value));
}

static int set_run(int argc, char **argv)
{
	struct set_values values = {.total = {0, 0}};
	struct arguments arguments = options_parse(&cmd_set, argc, argv, &values);
	int has_n = arguments.count > 1, code = EXIT_OK;
	uint64_t n = has_n ? options_amount("N", arguments.operands[1]) : 0;
	struct writer w;

	if (!has_n && values.counter)
		return say_usage("--counter needs the operand N");
	if (!has_n && !values.total.given)
		return say_usage("nothing to set: give N, --total, or both");
	w = writer_open(arguments.arena, arguments.operands[0]);
	if (values.total.given)
		code = record_result(w.record, &w.id,
				     headway_set_total(w.record, values.total.value));
	if (!code && has_n)
		code = values.counter ? set_counter(&w, values.counter, n) : set_done(&w, n);
	writer_close(&w);
	return code;
}
