/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that transfer files over a network: rsync, curl, wget, rclone. */
#include "parse/json_field.h"
#include "parse/preset.h"

#include <string.h>

/* ---- rsync: "  2,100,000  20%    3.45MB/s    0:00:00 (xfr#2, to-chk=3/6)" -------------------- */

enum { RSYNC_FILES, RSYNC_OVERALL };

/* How many files were checked, of how many; with ir-chk the list is still growing. */
static int rsync_files(struct reader *reader, struct scan line)
{
	int is_final = scan_find(&line, "to-chk=");
	uint64_t left, files;

	if (!is_final && !scan_find(&line, "ir-chk="))
		return 0;
	if (!scan_of(&line, &left, &files) || left > files || !scan_text(&line, ")"))
		return 0;
	return reader_set(reader, files - left, is_final ? files : 0);
}

static int rsync_read(struct reader *reader, struct scan line)
{
	struct scan start = line;
	uint64_t bytes;
	double percent;

	if (!scan_bytes(&line, 1000, &bytes) || !scan_percent(&line, &percent))
		return 0;
	if (reader->mode == RSYNC_FILES)
		return rsync_files(reader, start);
	return reader_percent(reader, percent);
}

static void rsync_adapt(struct adapt *adapt)
{
	int asks = adapt_find(adapt, "--progress --info") || adapt_letter(adapt, 'P', "");
	const char *info = adapt_value(adapt, "--info");

	if (!asks) {
		adapt_insert(adapt, 0, "--info=progress2");
		adapt_insert(adapt, 1, "--no-inc-recursive");
	}
	if ((asks && info && strstr(info, "progress2")) || (!asks && adapt->adds))
		adapt->reader->mode = RSYNC_OVERALL;
	adapt->unit = adapt->reader->mode == RSYNC_OVERALL ? "%" : "files";
}

const struct preset preset_rsync = {
	.name = "rsync",
	.programs = " rsync ",
	.unit = "files",
	.flags = PRESET_OUTPUT,
	.read = rsync_read,
	.adapt = rsync_adapt,
	.notes = "Adds --info=progress2 --no-inc-recursive, unless --info, --progress or -P is "
		 "given: then rsync knows all files before it begins, and prints the percentage "
		 "of all bytes. With --progress or -P, files are counted, by to-chk.",
};

/* ---- curl: a table of 12 columns, or with -# "####   45.3%" ----------------------------------- */

/* "45 3417k  45 1537k    0     0  1024k      0  0:00:03  0:00:01  0:00:02 1024k" */
static int curl_row(struct reader *reader, struct scan line)
{
	uint64_t total, received, sent, percent, columns[3];

	if (!scan_number(&line, &percent) || !scan_bytes(&line, 1024, &total) ||
	    !scan_number(&line, &columns[0]) || !scan_bytes(&line, 1024, &received) ||
	    !scan_number(&line, &columns[1]) || !scan_bytes(&line, 1024, &sent) ||
	    !scan_bytes(&line, 1024, &columns[2]) || !scan_bytes(&line, 1024, &columns[2]) ||
	    !scan_find(&line, ":") || percent > 100)
		return 0;
	received += sent;
	if (received < reader->last)
		reader_phase(reader, NULL);
	reader->last = received;
	return total || received ? reader_set(reader, received, total) : 0;
}

static int curl_read(struct reader *reader, struct scan line)
{
	double percent;
	int has_bar = 0;

	if (curl_row(reader, line))
		return 1;
	while (scan_text(&line, "#"))
		has_bar = 1;
	if (!has_bar || !scan_percent(&line, &percent) || !scan_end(&line))
		return 0;
	if (percent < (double)reader->last)
		reader_phase(reader, NULL);
	reader->last = (uint64_t)percent;
	return reader_percent(reader, percent);
}

static void curl_adapt(struct adapt *adapt)
{
	if (adapt_find(adapt, "--progress-bar") || adapt_letter(adapt, '#', ""))
		adapt->unit = "%";
}

const struct preset preset_curl = {
	.name = "curl",
	.programs = " curl ",
	.unit = "bytes",
	.flags = PRESET_MESSAGES,
	.read = curl_read,
	.adapt = curl_adapt,
	.notes =
		"curl prints progress unless it has -s, -S or --no-progress-meter, or its standard "
		"output is a terminal: use -o or -O. Its table and the bar of -# are understood. "
		"The sizes of several files are added when each begins.",
};

/* ---- wget: dots or a bar, with a percentage; "Length: 3500000 (3.3M)" before them ------------- */

/* With -q --show-progress there is no length, only percentages, which begin again with each file. */
static int wget_percent(struct reader *reader, double percent)
{
	if (percent < (double)reader->last)
		reader_phase(reader, NULL);
	reader->last = (uint64_t)percent;
	return reader_percent(reader, percent);
}

/* " 50K .......... ..........  4% 12.3M 0s", "f5   45%[====>   ]" */
static int wget_read(struct reader *reader, struct scan line)
{
	struct scan start = line;
	uint64_t offset;
	double percent;

	if (scan_text(&line, "Length:")) {
		uint64_t bytes;

		if (!line.is_whole)
			return 0;
		reader_phase(reader, NULL);
		reader->size = scan_number(&line, &bytes) ? bytes : 0;
		return 0;
	}
	if (scan_find_percent(&line, &percent) && (strstr(start.at, " ....") || *line.at == '['))
		return reader->mode   ? wget_percent(reader, percent)
		       : reader->size ? reader_set(reader,
						   (uint64_t)((double)reader->size * percent / 100),
						   reader->size)
				      : 0;
	line = start;
	if (!reader->size && scan_bytes(&line, 1024, &offset) && scan_text(&line, ".."))
		return reader_set(reader, offset, 0);
	return 0;
}

static void wget_adapt(struct adapt *adapt)
{
	if (!adapt_find(adapt, "--quiet --no-verbose -nv") &&
	    !adapt_letter(adapt, 'q', "aAeBDiIlnoOPQRtTUwX"))
		return;
	adapt->reader->mode = 1;
	adapt->unit = "%";
}

const struct preset preset_wget = {
	.name = "wget",
	.programs = " wget ",
	.unit = "bytes",
	.flags = PRESET_MESSAGES,
	.read = wget_read,
	.adapt = wget_adapt,
	.notes = "wget prints progress unless it has -q or -nv; with --show-progress it "
		 "then prints percentages. Its dots and its bar are "
		 "understood; the total is taken from its line 'Length:'. The sizes of several "
		 "files are added when each begins.",
};

/* ---- rclone: "9.614 MiB / 57.220 MiB, 17%, 0 B/s, ETA -", or JSON ------------------------------ */

static int rclone_json(struct reader *reader, const struct scan *line)
{
	struct scan at;
	uint64_t bytes, total;

	if (!json_field(line, "stats.bytes", &at) || !scan_number(&at, &bytes) ||
	    !json_field(line, "stats.totalBytes", &at) || !scan_number(&at, &total))
		return 0;
	return reader_set(reader, bytes, total);
}

/* The line of all bytes; not those of single files, and not the one that counts files, which has no unit. */
static int rclone_read(struct reader *reader, struct scan line)
{
	uint64_t done, total;
	double percent;
	const char *unit;

	if (*line.at == '{')
		return rclone_json(reader, &line);
	if (!scan_find(&line, "Transferred:") && !scan_find(&line, "NOTICE:") &&
	    !scan_find(&line, "INFO  :"))
		return 0;
	if (!scan_bytes(&line, 1024, &done) || line.at[-1] != 'B' || !scan_text(&line, "/") ||
	    !scan_bytes(&line, 1024, &total))
		return 0;
	unit = line.at;
	if (unit[-1] != 'B' || !scan_text(&line, ",") || !scan_percent(&line, &percent))
		return 0;
	return reader_set(reader, done, total);
}

static void rclone_adapt(struct adapt *adapt)
{
	if (adapt_find(adapt, "--progress -P --stats --stats-one-line --use-json-log -q --quiet"))
		return;
	adapt_append(adapt, "--stats=1s");
	adapt_append(adapt, "--stats-one-line");
	adapt_append(adapt, "--stats-log-level=NOTICE");
}

const struct preset preset_rclone = {
	.name = "rclone",
	.programs = " rclone ",
	.unit = "bytes",
	.flags = PRESET_OUTPUT | PRESET_MESSAGES,
	.read = rclone_read,
	.adapt = rclone_adapt,
	.notes = "Adds --stats=1s --stats-one-line --stats-log-level=NOTICE, unless --stats, "
		 "--progress, -P, --use-json-log or -q is given. Its statistics in text and in "
		 "JSON are understood; the total grows while rclone still looks for files.",
};
