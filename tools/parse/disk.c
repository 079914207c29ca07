/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs that make or check file systems: mke2fs, e2fsck. */
#include "parse/preset.h"

#include <string.h>

/* ---- mkfs: "Writing inode tables:  0/16", then backspaces and the next number ------------------- */

static const struct reader_part mkfs_parts[] = {
	{"Discarding device blocks", 10},
	{"Allocating group tables", 10},
	{"Writing inode tables", 50},
	{"Creating journal", 10},
	{"Writing superblocks and filesystem accounting information", 20},
	{NULL, 0},
};

static int mkfs_read(struct reader *reader, struct scan line)
{
	uint64_t done, total;

	for (unsigned i = 0; mkfs_parts[i].text; i++)
		if (scan_text(&line, mkfs_parts[i].text)) {
			reader->last = i + 1;
			if (!scan_find(&line, ":"))
				return 0;
			break;
		}
	if (!reader->last)
		return 0;
	if (scan_text(&line, "done"))
		return reader_part(reader, mkfs_parts, &mkfs_parts[reader->last - 1], 1);
	/* a number that backspaces follow is complete */
	if (!scan_of(&line, &done, &total) || !total || done > total || !scan_end(&line))
		return 0;
	return reader_part(reader, mkfs_parts, &mkfs_parts[reader->last - 1],
			   (double)done / (double)total);
}

const struct preset preset_mkfs = {
	.name = "mkfs",
	.programs = " mkfs.ext4 mkfs.ext3 mkfs.ext2 mke2fs ",
	.unit = "%",
	.flags = PRESET_OUTPUT | PRESET_PLAIN,
	.read = mkfs_read,
	.notes = "For mke2fs: its phases have fixed shares of 100.",
};

/* ---- e2fsck -C: "1 3 16 /dev/sda1" on a descriptor: pass, done, total --------------------------- */

static const struct reader_part fsck_passes[] = {
	{"Pass 1", 70}, {"Pass 2", 20}, {"Pass 3", 2}, {"Pass 4", 3}, {"Pass 5", 5}, {NULL, 0},
};

static int fsck_read(struct reader *reader, struct scan line)
{
	uint64_t pass, done, total;

	if (!scan_number(&line, &pass) || !scan_number(&line, &done) ||
	    !scan_number(&line, &total) || pass < 1 || pass > 5 || !total || done > total)
		return 0;
	return reader_part(reader, fsck_passes, &fsck_passes[pass - 1],
			   (double)done / (double)total);
}

static void fsck_adapt(struct adapt *adapt)
{
	if (adapt->descriptor < 0 || !adapt->adds || adapt_letter(adapt, 'C', ""))
		return;
	adapt_insert(adapt, 0, "-C%d", adapt->descriptor);
	adapt->uses_descriptor = 1;
}

const struct preset preset_fsck = {
	.name = "fsck",
	.programs = " e2fsck fsck.ext4 fsck.ext3 fsck.ext2 ",
	.unit = "%",
	.flags = PRESET_OUTPUT | PRESET_OWN | PRESET_PLAIN,
	.read = fsck_read,
	.adapt = fsck_adapt,
	.notes = "For e2fsck: adds -C N, with a descriptor of its own. Its passes have fixed "
		 "shares of "
		 "100.",
};
