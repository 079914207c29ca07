/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that make backups: borg, restic. */
#include "parse/json_field.h"
#include "parse/preset.h"

#include <string.h>

/* ---- borg: "67.00 MB O 67.00 MB C 7.00 MB D 63 N src/f4", "  1.7% Extracting: f2", or JSON ------ */

static int borg_json(struct reader *reader, const struct scan *line)
{
	char phase[READER_PHASE];
	struct scan at;
	uint64_t done, total;

	if (json_field_is(line, "type", "archive_progress"))
		return json_field(line, "original_size", &at) && scan_number(&at, &done) &&
		       reader_set(reader, done, 0);
	if (!json_field_is(line, "type", "progress_percent") || !json_field(line, "current", &at) ||
	    !scan_number(&at, &done) || !json_field(line, "total", &at) ||
	    !scan_number(&at, &total) || !total || done > total)
		return 0;
	if (json_field_text(line, "msgid", phase, sizeof(phase)))
		reader_phase(reader, phase);
	return reader_set(reader, done, total);
}

static int borg_size(struct reader *reader, struct scan line)
{
	uint64_t original, other;

	return scan_bytes(&line, 1000, &original) && scan_text(&line, "O ") &&
	       scan_bytes(&line, 1000, &other) && scan_text(&line, "C ") &&
	       reader_set(reader, original, 0);
}

/* "Checking segments 10.0%": the phase is the words before the percentage, or those after it up to a colon. */
static int borg_percent(struct reader *reader, struct scan line)
{
	char phase[READER_PHASE];
	const char *name = line.at, *end;
	double percent;
	size_t length;

	if (scan_percent(&line, &percent)) {
		end = strchr(line.at, ':');
		name = line.at + strspn(line.at, " ");
		if (!end || !strchr(line.at, '%' == *line.at ? '%' : ':'))
			return 0;
	} else {
		end = strpbrk(line.at, "0123456789");
		line.at = end ? end : line.at;
		if (!end || end == name || end[-1] != ' ' || !scan_percent(&line, &percent) ||
		    !scan_end(&line))
			return 0;
		end--;
	}
	length = (size_t)(end - name);
	if (length == 0 || length >= sizeof(phase))
		return 0;
	memcpy(phase, name, length);
	phase[length] = '\0';
	reader_phase(reader, phase);
	return reader_percent(reader, percent);
}

static int borg_read(struct reader *reader, struct scan line)
{
	if (*line.at == '{')
		return borg_json(reader, &line);
	return borg_size(reader, line) || borg_percent(reader, line);
}

static void borg_adapt(struct adapt *adapt)
{
	int command = adapt_operand(adapt, 0, " --rsh --remote-path --umask --lock-wait ");
	int is_create = command && !strcmp(adapt->words[command], "create");

	adapt->unit = is_create || adapt_find(adapt, "--log-json") ? "bytes" : "%";
	if (!adapt_find(adapt, "--progress -p"))
		adapt_insert(adapt, 0, "--progress");
}

const struct preset preset_borg = {
	.name = "borg",
	.programs = " borg borgbackup ",
	.flags = PRESET_MESSAGES | PRESET_PLAIN,
	.read = borg_read,
	.adapt = borg_adapt,
	.notes = "Adds --progress. 'create' does not print how much there is: use --total, as in "
		 "--total \"$(du -sb DIR | cut -f1)\". The other commands print percentages, and "
		 "with --log-json, whose lines are understood too, bytes.",
};

/* ---- restic: "[0:00] 11 files 11.306 MiB, total 60 files 57.220 MiB, 0 errors", or JSON ---------- */

static int restic_json(struct reader *reader, const struct scan *line)
{
	struct scan at;
	uint64_t done, total;

	if (!json_field_is(line, "message_type", "status") ||
	    !json_field(line, "bytes_done", &at) || !scan_number(&at, &done) ||
	    !json_field(line, "total_bytes", &at) || !scan_number(&at, &total))
		return 0;
	return reader_set(reader, done, total);
}

/* "[0:05] 45.00%  3 / 5 packs": the phases of check, prune and copy. */
static int restic_count(struct reader *reader, struct scan line)
{
	uint64_t done, total;
	char phase[READER_PHASE];
	size_t length;

	if (!scan_of(&line, &done, &total) || !total || done > total || !scan_text(&line, ""))
		return 0;
	line.at += strspn(line.at, " ");
	length = strspn(line.at, "abcdefghijklmnopqrstuvwxyz ");
	if (!length || length >= sizeof(phase) || !line.is_whole)
		return 0;
	memcpy(phase, line.at, length);
	phase[length] = '\0';
	reader_phase(reader, phase);
	return reader_set(reader, done, total);
}

static int restic_read(struct reader *reader, struct scan line)
{
	uint64_t number, done, total;
	double seconds, percent;
	struct scan start;

	if (*line.at == '{')
		return restic_json(reader, &line);
	if (*line.at != '[' || !scan_text(&line, "[") || !scan_clock(&line, &seconds) ||
	    !scan_text(&line, "]"))
		return 0;
	(void)scan_percent(&line, &percent);
	start = line;
	if (scan_number(&line, &number) && scan_text(&line, "files") &&
	    scan_bytes(&line, 1024, &done) && scan_find(&line, "total") &&
	    scan_number(&line, &number) && scan_text(&line, "files") &&
	    scan_bytes(&line, 1024, &total))
		return reader_set(reader, done, total);
	return restic_count(reader, start);
}

static void restic_adapt(struct adapt *adapt)
{
	static const char valued[] =
		" -r --repo -p --password-file -o --option --cache-dir --cacert ";
	int command = adapt_operand(adapt, 0, valued);

	adapt->unit = command && !strcmp(adapt->words[command], "backup") ? "bytes" : "";
	adapt_environment(adapt, "RESTIC_PROGRESS_FPS", "2");
}

const struct preset preset_restic = {
	.name = "restic",
	.programs = " restic ",
	.flags = PRESET_OUTPUT,
	.read = restic_read,
	.adapt = restic_adapt,
	.notes = "Sets RESTIC_PROGRESS_FPS=2 in the environment of the command, unless it is set, "
		 "so that restic prints progress without a terminal. The lines of --json are "
		 "understood, too.",
};
