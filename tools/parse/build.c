/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that run many jobs: ninja, make, cmake, cargo, pytest, parallel. */
#include "parse/preset.h"

#include <string.h>

/* ---- ninja: "[12/345] CC foo.o" --------------------------------------------------------------- */

/* ninja counts from 0 again after it has made its own build files anew. */
static int ninja_read(struct reader *reader, struct scan line)
{
	uint64_t done, total;

	if (*line.at != '[' || !scan_text(&line, "[") || !scan_of(&line, &done, &total) ||
	    *line.at != ']' || done > total || !total)
		return 0;
	if (done < reader->last)
		reader_phase(reader, NULL);
	reader->last = done;
	return reader_set(reader, done, total);
}

const struct preset preset_ninja = {
	.name = "ninja",
	.programs = " ninja ninja-build samu ",
	.unit = "steps",
	.flags = PRESET_OUTPUT | PRESET_IDLE,
	.read = ninja_read,
	.notes = "ninja prints steps without an option, unless it has --quiet or NINJA_STATUS has "
		 "another form.",
};

/* ---- make and cmake: "[ 45%] Building C object foo.o" ------------------------------------------ */

static int make_read(struct reader *reader, struct scan line)
{
	double percent;

	if (*line.at != '[' || !scan_text(&line, "[") || !scan_percent(&line, &percent) ||
	    *line.at != ']')
		return 0;
	return reader_percent(reader, percent);
}

/* Steps of a plain make are the lines that it prints, if the user has given their number. */
static int make_or_lines(struct reader *reader, struct scan line)
{
	if (make_read(reader, line))
		return 1;
	if (!line.is_whole || !reader->expected)
		return 0;
	return reader_set(reader, ++reader->last, reader->expected);
}

const struct preset preset_make = {
	.name = "make",
	.programs = " make gmake ",
	.unit = "",
	.flags = PRESET_OUTPUT | PRESET_PLAIN | PRESET_IDLE,
	.read = make_or_lines,
	.notes = "The percentages of makefiles made by cmake are understood. Other makefiles do "
		 "not say how much there is to do: --total \"$(make -n | wc -l)\" counts the "
		 "lines that make prints.",
};

static int cmake_read(struct reader *reader, struct scan line)
{
	return make_read(reader, line) || ninja_read(reader, line);
}

const struct preset preset_cmake = {
	.name = "cmake",
	.programs = " cmake ",
	.unit = "",
	.flags = PRESET_OUTPUT | PRESET_IDLE,
	.read = cmake_read,
	.notes = "For 'cmake --build': the percentages of make and the steps of ninja.",
};

/* ---- cargo: "    Building [=====>     ] 12/345: foo" ------------------------------------------- */

static int cargo_read(struct reader *reader, struct scan line)
{
	uint64_t done, total;

	if (!scan_text(&line, "Building [") || !scan_find(&line, "]") ||
	    !scan_of(&line, &done, &total) || done > total || !total)
		return 0;
	return reader_set(reader, done, total);
}

static void cargo_adapt(struct adapt *adapt)
{
	adapt_environment(adapt, "CARGO_TERM_PROGRESS_WHEN", "always");
	adapt_environment(adapt, "CARGO_TERM_PROGRESS_WIDTH", "80");
}

const struct preset preset_cargo = {
	.name = "cargo",
	.programs = " cargo ",
	.unit = "crates",
	.flags = PRESET_MESSAGES | PRESET_IDLE,
	.read = cargo_read,
	.adapt = cargo_adapt,
	.notes = "Sets CARGO_TERM_PROGRESS_WHEN=always and CARGO_TERM_PROGRESS_WIDTH=80 in the "
		 "environment of the command, unless they are set.",
};

/* ---- pytest: "test_a.py ....F    [ 45%]", with xdist "[gw0] [ 45%] PASSED test" ------------------ */

static int pytest_read(struct reader *reader, struct scan line)
{
	const char *bracket = strrchr(line.at, '[');
	struct scan end = {bracket ? bracket + 1 : line.at, line.is_whole};
	uint64_t done, total;
	double percent;

	if (!strncmp(line.at, "[gw", 3) && scan_find(&line, "] [") &&
	    scan_percent(&line, &percent) && *line.at == ']')
		return reader_percent(reader, percent);
	if (!bracket || bracket == line.at || bracket[-1] != ' ')
		return 0;
	if (scan_percent(&end, &percent) && scan_text(&end, "]") && scan_end(&end))
		return reader_percent(reader, percent);
	if (scan_of(&end, &done, &total) && total && scan_text(&end, "]") && scan_end(&end))
		return reader_percent(reader, 100 * (double)done / (double)total);
	return 0;
}

const struct preset preset_pytest = {
	.name = "pytest",
	.programs = " pytest pytest-3 py.test ",
	.unit = "%",
	.flags = PRESET_OUTPUT,
	.read = pytest_read,
	.notes = "pytest prints percentages without an option, also with -q, -v and -n.",
};

/* ---- parallel: "12% 5:35=2s argument" (done:left), or "ETA: 0s Left: 39 AVG: 0.00s  local:3/1/100%/4.0s" */

/* The percentage after each computer is that of the jobs that were started there. */
static int parallel_eta(struct reader *reader, struct scan line)
{
	uint64_t left, running, completed, sum = 0;
	int computers = 0;

	if (!line.is_whole || !scan_text(&line, "ETA:") || !scan_find(&line, "Left:") ||
	    !scan_number(&line, &left) || !scan_find(&line, "AVG:"))
		return 0;
	while (scan_find(&line, ":")) {
		struct scan at = line;

		if (!scan_of(&at, &running, &completed) || *at.at != '/')
			break;
		sum += completed;
		computers++;
	}
	return computers && sum + left > 0 && reader_set(reader, sum, sum + left);
}

static int parallel_read(struct reader *reader, struct scan line)
{
	uint64_t done, left;
	double percent;

	if (parallel_eta(reader, line))
		return 1;
	if (!scan_percent(&line, &percent) || !scan_number(&line, &done) || *line.at != ':' ||
	    !scan_text(&line, ":") || !scan_number(&line, &left) || *line.at != '=' ||
	    done + left == 0)
		return 0;
	return reader_set(reader, done, done + left);
}

static void parallel_adapt(struct adapt *adapt)
{
	if (!adapt_find(adapt, "--bar --eta --progress --pipe --spreadstdin"))
		adapt_insert(adapt, 0, "--bar");
}

const struct preset preset_parallel = {
	.name = "parallel",
	.programs = " parallel ",
	.unit = "jobs",
	.flags = PRESET_MESSAGES,
	.read = parallel_read,
	.adapt = parallel_adapt,
	.notes = "Adds --bar, unless --bar, --eta, --progress or --pipe is there. Those of --bar "
		 "and "
		 "--eta are understood.",
};
