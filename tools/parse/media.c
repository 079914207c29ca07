/* SPDX-License-Identifier: BSD-3-Clause */
/* ffmpeg: "frame=  153 ... time=00:00:06.12 bitrate=...", or key=value lines with -progress. */
#include "parse/preset.h"

#include <string.h>

#define MS 1000 /* of a second */

/* "  Duration: 00:00:20.00, start: 0.000000": the total is the longest input, unless options of the command
 * say how much of it is read. */
static int read_duration(struct reader *reader, struct scan line)
{
	double seconds;
	uint64_t total;

	if (!scan_text(&line, "Duration:"))
		return 0;
	if (scan_clock(&line, &seconds) && !reader->expected) {
		total = (uint64_t)(seconds * MS);
		total = total > reader->last ? total - reader->last : 0;
		if (total > reader->size)
			reader->size = total;
	}
	return 1;
}

static int read_time(struct scan line, double *seconds)
{
	double us;

	if (scan_text(&line, "out_time_us=") && scan_decimal(&line, &us)) {
		*seconds = us / 1e6;
		return 1;
	}
	if (!scan_text(&line, "frame=") && !scan_text(&line, "size="))
		return 0;
	return scan_find(&line, " time=") && scan_clock(&line, seconds);
}

static int ffmpeg_read(struct reader *reader, struct scan line)
{
	double seconds;

	if (read_duration(reader, line))
		return 0;
	return read_time(line, &seconds) &&
	       reader_set(reader, (uint64_t)(seconds * MS + 0.5), reader->size);
}

/* A time as in -t 90, -ss 1:30; 0: none, or one with a unit. */
static uint64_t time_option(const struct adapt *adapt, const char *option)
{
	int index = adapt_find(adapt, option);
	struct scan at = {index ? adapt->words[index + 1] : NULL, 1};
	double seconds;

	if (!at.at || (!scan_clock(&at, &seconds) && !scan_decimal(&at, &seconds)) ||
	    !scan_end(&at))
		return 0;
	return (uint64_t)(seconds * MS);
}

static void ffmpeg_adapt(struct adapt *adapt)
{
	uint64_t start = time_option(adapt, "-ss"), end = time_option(adapt, "-to");

	adapt->reader->last = start;
	adapt->reader->expected = time_option(adapt, "-t");
	if (!adapt->reader->expected && end > start)
		adapt->reader->expected = end - start;
	if (adapt_find(adapt, "-progress") || !adapt->adds || adapt->descriptor < 0)
		return;
	adapt_insert(adapt, 0, "-progress");
	adapt_insert(adapt, 1, "pipe:%d", adapt->descriptor);
	adapt->uses_descriptor = 1;
}

const struct preset preset_ffmpeg = {
	.name = "ffmpeg",
	.programs = " ffmpeg ",
	.unit = "ms",
	.flags = PRESET_MESSAGES | PRESET_OWN,
	.read = ffmpeg_read,
	.adapt = ffmpeg_adapt,
	.notes = "Adds -progress pipe:N, with a descriptor of its own. The total is the longest "
		 "input, or "
		 "what -t, -ss and -to say of it, in milliseconds of media time; without the lines "
		 "'Duration:', which -loglevel can hide, it is unknown.",
};
