/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that copy or convert one stream of bytes: dd, pv, zstd, xz, tar. */
#include "parse/preset.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- dd: "21037056 bytes (21 MB, 20 MiB) copied, 1 s, 20.0 MB/s" -------------------------------- */

static int dd_read(struct reader *reader, struct scan line)
{
	uint64_t bytes;

	return scan_number(&line, &bytes) && scan_text(&line, "byte") &&
	       scan_find(&line, "copied,") && reader_set(reader, bytes, 0);
}

/* The value of an operand's last occurrence; NULL: it is not there. */
static const char *dd_text(const struct adapt *adapt, const char *name)
{
	const char *text = NULL;
	size_t length = strlen(name);

	for (int i = 1; i < adapt->count; i++)
		if (!strncmp(adapt->words[i], name, length))
			text = adapt->words[i] + length;
	return text;
}

/* Set *bytes to the value of an operand like count=64K, of blocks of this size, if it is there.  A number
 * with B, as 64KB or 64KiB, counts bytes, whatever the block.  Returns 0 if it cannot be read. */
static int dd_operand(const struct adapt *adapt, const char *name, uint64_t block, uint64_t *bytes)
{
	struct scan at = {dd_text(adapt, name), 1};
	const char *b = at.at ? strchr(at.at, 'B') : NULL;
	uint64_t value;

	if (!at.at)
		return 1;
	return scan_bytes(&at, b ? 1000 : 1024, &value) && scan_end(&at) &&
	       !__builtin_mul_overflow(value, b ? 1 : block, bytes);
}

/* How much will be copied; 0: unknown. */
static uint64_t dd_expected(const struct adapt *adapt)
{
	const char *input = dd_text(adapt, "if="), *flags = dd_text(adapt, "iflag=");
	uint64_t bytes = input ? adapt_file_bytes(input) : 0;
	uint64_t block = 512, skip = 0, count = 0, skip_unit, count_unit;

	if (!dd_operand(adapt, "ibs=", 1, &block) || !dd_operand(adapt, "bs=", 1, &block))
		return 0;
	skip_unit = flags && strstr(flags, "skip_bytes") ? 1 : block;
	count_unit = flags && strstr(flags, "count_bytes") ? 1 : block;
	if (!dd_operand(adapt, "skip=", skip_unit, &skip) ||
	    !dd_operand(adapt, "iseek=", skip_unit, &skip) ||
	    !dd_operand(adapt, "count=", count_unit, &count))
		return 0;
	bytes = bytes > skip ? bytes - skip : 0;
	return count && (!bytes || count < bytes) ? count : bytes;
}

static void dd_adapt(struct adapt *adapt)
{
	adapt->reader->expected = dd_expected(adapt);
	if (!dd_text(adapt, "status="))
		adapt_append(adapt, "status=progress");
}

const struct preset preset_dd = {
	.name = "dd",
	.programs = " dd ",
	.unit = "bytes",
	.flags = PRESET_MESSAGES | PRESET_EXACT,
	.read = dd_read,
	.adapt = dd_adapt,
	.notes =
		"Adds status=progress, unless status= is given. The total is taken from count= and "
		"bs=, or from the size of if=; otherwise use --total.",
};

/* ---- pv: "30.0MiB 0:00:01 [29.4MiB/s] [====>      ] 52% ETA 0:00:00"; with -n lines of numbers ---- */

/* What pv prints: without a size it has no percentage, and the numbers of -n are no percentages either. */
enum { PV_PERCENT, PV_NUMERIC, PV_BYTES, PV_NUMERIC_BYTES, PV_LINES, PV_NOTHING };

/* "30.0MiB 0:00:01 [29.4MiB/s]", "name: 30.0MiB", and with -l "12.3k 0:00:01 [10.1k/s]" */
static int pv_amount(struct reader *reader, struct scan line)
{
	struct scan start = line;
	uint64_t amount;

	if (!scan_bytes(&line, 1000, &amount) || *line.at == ':') {
		line = start;
		if (!scan_find(&line, ": ") || !scan_bytes(&line, 1000, &amount))
			return 0;
	}
	if ((line.at[-1] == 'B') != (reader->mode == PV_BYTES))
		return 0;
	return (scan_end(&line) && line.is_whole) || scan_text(&line, "[") ||
			       scan_text(&line, "{") || strchr(line.at, ':')
		       ? reader_set(reader, amount, 0)
		       : 0;
}

static int pv_bar(struct reader *reader, struct scan line)
{
	struct scan start = line;
	double percent;

	if (!scan_find(&line, "]") || !scan_find_percent(&line, &percent))
		return 0;
	return strstr(start.at, "/s]") || strstr(start.at, ">") ? reader_percent(reader, percent)
								: 0;
}

static int pv_number(struct reader *reader, struct scan line)
{
	uint64_t number;

	if (!line.is_whole || !scan_number(&line, &number) || !scan_end(&line))
		return 0;
	if (reader->mode == PV_NUMERIC_BYTES)
		return reader_set(reader, number, 0);
	return number <= 100 ? reader_percent(reader, (double)number) : 0;
}

static int pv_read(struct reader *reader, struct scan line)
{
	switch (reader->mode) {
	case PV_BYTES:
	case PV_LINES:
		return pv_amount(reader, line);
	case PV_NUMERIC:
		return pv_number(reader, line) || pv_bar(reader, line);
	case PV_NUMERIC_BYTES:
		return pv_number(reader, line);
	case PV_NOTHING:
		return 0;
	default:
		return pv_bar(reader, line);
	}
}

#define PV_VALUED                                                                                  \
	" -A --last-written -F --format -D --delay-start -s --size -i --interval -w --width -H "   \
	"--height -N --name -L --rate-limit -B --buffer-size -R --remote -P --pidfile -d "         \
	"--watchfd "
#define PV_VALUED_LETTERS "AFDsiwHNLBRPd"

/* Does pv know how much there is: of each file, or of what it has as standard input? */
static int pv_knows_size(const struct adapt *adapt, int counts_lines)
{
	struct stat file;
	int i = 0, files = 0;

	if (adapt_find(adapt, "--size --watchfd --remote") ||
	    adapt_letter(adapt, 's', "AFDiwHNLBRPd") || adapt_letter(adapt, 'd', "AFDsiwHNLBRP"))
		return 1;
	if (counts_lines)
		return 0;
	while ((i = adapt_operand(adapt, i, PV_VALUED))) {
		files++;
		if (!strcmp(adapt->words[i], "-") ||
		    (!access(adapt->words[i], F_OK) && !adapt_file_bytes(adapt->words[i])))
			return 0;
	}
	return files || (!fstat(STDIN_FILENO, &file) &&
			 (S_ISBLK(file.st_mode) || (S_ISREG(file.st_mode) && file.st_size)));
}

static int pv_mode(const struct adapt *adapt, int is_numeric)
{
	int counts_lines = adapt_find(adapt, "--line-mode") ||
			   adapt_letter(adapt, 'l', PV_VALUED_LETTERS);
	int tells_amount = adapt_find(adapt, "--bytes") ||
			   adapt_letter(adapt, 'b', PV_VALUED_LETTERS);
	int tells_time = adapt_find(adapt, "--timer") ||
			 adapt_letter(adapt, 't', PV_VALUED_LETTERS);

	if (is_numeric && (tells_time || (counts_lines && tells_amount)))
		return PV_NOTHING;
	if (is_numeric && tells_amount)
		return PV_NUMERIC_BYTES;
	if (pv_knows_size(adapt, counts_lines))
		return is_numeric ? PV_NUMERIC : PV_PERCENT;
	return is_numeric ? PV_NOTHING : counts_lines ? PV_LINES : PV_BYTES;
}

static void pv_adapt(struct adapt *adapt)
{
	int is_numeric = adapt_find(adapt, "--numeric") ||
			 adapt_letter(adapt, 'n', PV_VALUED_LETTERS);
	int mode = pv_mode(adapt, is_numeric);

	adapt->reader->mode = mode;
	if (mode == PV_BYTES || mode == PV_NUMERIC_BYTES)
		adapt->unit = "bytes";
	if (mode == PV_LINES)
		adapt->unit = "lines";
	if (!is_numeric && !adapt_find(adapt, "--force --quiet") &&
	    !adapt_letter(adapt, 'q', PV_VALUED_LETTERS) &&
	    !adapt_letter(adapt, 'f', PV_VALUED_LETTERS))
		adapt_insert(adapt, 0, "--force");
}

const struct preset preset_pv = {
	.name = "pv",
	.programs = " pv ",
	.unit = "%",
	.flags = PRESET_MESSAGES | PRESET_PIPE,
	.read = pv_read,
	.adapt = pv_adapt,
	.notes = "Adds --force, so that pv prints progress without a terminal. Its percentages are "
		 "understood, also those of -n, if pv knows the size. Otherwise what pv has "
		 "counted is done, and the total is that of --total; the numbers of -n say "
		 "nothing then. Behind another command, only percentages are understood.",
};

/* ---- zstd: "Read:   8.0 MiB /  57.2 MiB ==> 34%", whose percentage is the ratio ----------------- */

static int zstd_read(struct reader *reader, struct scan line)
{
	uint64_t done, total = 0;

	if (scan_find(&line, "Consumed:")
		    ? !scan_bytes(&line, 1024, &done)
		    : !scan_find(&line, "Read:") || !scan_bytes(&line, 1024, &done))
		return 0;
	if (scan_text(&line, "/") && !scan_bytes(&line, 1024, &total))
		return 0;
	if (!line.is_whole && !strchr(line.at, '=') &&
	    !strchr(line.at, '-')) /* a total may follow */
		return 0;
	if (done < reader->last)
		reader_phase(reader, NULL);
	reader->last = done;
	return reader_set(reader, done, total);
}

static void zstd_adapt(struct adapt *adapt)
{
	if (!adapt_find(adapt, "--progress --no-progress --quiet -q -qq"))
		adapt_insert(adapt, 0, "--progress");
}

const struct preset preset_zstd = {
	.name = "zstd",
	.programs = " zstd zstdmt ",
	.unit = "bytes",
	.flags = PRESET_MESSAGES,
	.read = zstd_read,
	.adapt = zstd_adapt,
	.notes =
		"Adds --progress, unless --no-progress or -q is given. Done is what zstd has read; "
		"its percentage is the ratio of compression. It prints no progress of "
		"decompression.",
};

/* ---- xz: "  2.3 %    1.3 MiB / 1.3 MiB = 0.953   451 KiB/s   0:03"; "big (1/3)" before each file -- */

static int xz_read(struct reader *reader, struct scan line)
{
	const char *bracket = strrchr(line.at, '(');
	struct scan number = {bracket ? bracket + 1 : line.at, line.is_whole};
	uint64_t file, files;
	double percent;

	if (bracket && scan_of(&number, &file, &files) && scan_text(&number, ")") &&
	    scan_end(&number) && file && file <= files) {
		reader->last = file - 1;
		reader->size = files;
		return 0;
	}
	if (!scan_decimal(&line, &percent) || *line.at != ' ' || !scan_text(&line, "%") ||
	    percent > 100 || !scan_find(&line, " / ") || !scan_find(&line, " = "))
		return 0;
	if (!reader->size)
		return reader_percent(reader, percent);
	return reader_set(reader, reader->last * 100 + (uint64_t)(percent + 0.001),
			  reader->size * 100);
}

static void xz_adapt(struct adapt *adapt)
{
	if (!adapt_find(adapt, "--verbose --quiet -q -qq --list") &&
	    !adapt_letter(adapt, 'v', "") && !adapt_letter(adapt, 'l', ""))
		adapt_insert(adapt, 0, "--verbose");
}

const struct preset preset_xz = {
	.name = "xz",
	.programs = " xz unxz xzcat lzma ",
	.unit = "%",
	.flags = PRESET_MESSAGES | PRESET_TERMINAL | PRESET_PLAIN,
	.read = xz_read,
	.adapt = xz_adapt,
	.notes = "Adds --verbose, unless -q or -l is given, and gives xz a terminal as standard "
		 "error, since it prints progress only there.",
};

/* ---- tar: a number of records on a descriptor of its own, or "tar: Write checkpoint 1000" -------- */

#define TAR_RECORD     10240 /* bytes, unless -b gives another number of blocks */
#define TAR_CHECKPOINT 5000  /* records, since tar starts a shell for each action */

static int tar_read(struct reader *reader, struct scan line)
{
	uint64_t records;

	if (!line.is_whole)
		return 0;
	if (scan_text(&line, "tar:") && !scan_find(&line, " checkpoint"))
		return 0;
	if (!scan_number(&line, &records) || !scan_end(&line))
		return 0;
	return reader_set(reader, records * TAR_RECORD, 0);
}

/* The size of an archive that is not compressed, which is the total when it is read; 0 for others. */
static uint64_t archive_bytes(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char magic[5];
	int is_tar;

	if (fd < 0)
		return 0;
	is_tar = pread(fd, magic, sizeof(magic), 257) == sizeof(magic) &&
		 !memcmp(magic, "ustar", sizeof(magic));
	close(fd);
	return is_tar ? adapt_file_bytes(path) : 0;
}

/* The first bundle of letters, with or without '-', whose last letter is f: "xf", "-xvf". */
static const char *tar_bundle(const struct adapt *adapt, int *reads)
{
	const char *word = adapt->count > 2 ? adapt->words[1] : "";
	size_t length = strlen(word);

	if (word[0] == '-' && word[1] == '-')
		return NULL;
	*reads = strchr(word, 'x') || strchr(word, 't');
	return length && word[length - 1] == 'f' ? adapt->words[2] : NULL;
}

static void tar_adapt(struct adapt *adapt)
{
	int reads = 0;
	const char *archive = tar_bundle(adapt, &reads);

	reads = reads || adapt_find(adapt, "--extract --get --list -x -t");
	if (!archive)
		archive = adapt_value(adapt, "--file");
	if (!archive && adapt_find(adapt, "-f"))
		archive = adapt_value(adapt, "-f");
	if (reads && archive)
		adapt->reader->expected = archive_bytes(archive);
	if (adapt->descriptor < 0 || !adapt->adds ||
	    adapt_find(adapt, "--checkpoint --blocking-factor --record-size -b"))
		return;
	adapt_append(adapt, "--checkpoint=%d", TAR_CHECKPOINT);
	adapt_append(adapt, "--checkpoint-action=exec=echo $TAR_CHECKPOINT >&%d",
		     adapt->descriptor);
	adapt->uses_descriptor = 1;
}

const struct preset preset_tar = {
	.name = "tar",
	.programs = " tar gtar bsdtar ",
	.unit = "bytes",
	.flags = PRESET_MESSAGES | PRESET_OWN | PRESET_PLAIN,
	.read = tar_read,
	.adapt = tar_adapt,
	.notes = "Adds --checkpoint=5000 and an action that writes the number of records to a "
		 "descriptor of its own, unless --checkpoint or another size of records is given. "
		 "This starts a shell every 51 MB; for a slow medium "
		 "give a smaller --checkpoint=N, whose messages are understood, too. "
		 "The total is the size of the archive that is read, if it is not compressed; "
		 "otherwise use --total.",
};
