/* SPDX-License-Identifier: BSD-3-Clause */
/* Ids as text; error and version texts. */
#include "headway.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Converts four bytes to eight hexadecimal digits, all in one word. */
static void digits_put(char to[8], const unsigned char bytes[4])
{
	uint64_t v = (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 |
		     bytes[3];
	uint64_t letters;

	v = (v << 16 | v) & 0x0000ffff0000ffffu;
	v = (v << 8 | v) & 0x00ff00ff00ff00ffu;
	v = (v << 4 | v) & 0x0f0f0f0f0f0f0f0fu;
	letters = (v + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
	v = htobe64(v + 0x3030303030303030u + letters * ('a' - '9' - 1));
	memcpy(to, &v, sizeof v);
}

int headway_format_id(const struct headway_id *id, char text[HEADWAY_ID_TEXT])
{
	char digits[32];

	if (!id || !text)
		return -EINVAL;
	for (int i = 0; i < 4; i++)
		digits_put(digits + (size_t)i * 8, id->bytes + (size_t)i * 4);
	memcpy(text, digits, 8);
	memcpy(text + 9, digits + 8, 4);
	memcpy(text + 14, digits + 12, 4);
	memcpy(text + 19, digits + 16, 4);
	memcpy(text + 24, digits + 20, 12);
	text[8] = text[13] = text[18] = text[23] = '-';
	text[36] = '\0';
	return 0;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int headway_parse_id(const char *text, struct headway_id *id)
{
	struct headway_id out;

	if (!text || !id)
		return -EINVAL;
	for (int i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EINVAL;
		high = digit_value(text[0]);
		low = high < 0 ? -1 : digit_value(text[1]);
		if (low < 0)
			return -EINVAL;
		out.bytes[i] = (unsigned char)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	*id = out;
	return 0;
}

static const struct {
	int code;
	const char *text;
} errors[] = {
	{0, "success"},
	{EALREADY, "the record is already Finished or Error: nothing was changed"},
	{ESTALE,
	 "gone: the record expired, or its arena was closed, replaced or left by another boot"},
	{ENOSPC, "no room: the arena (or its file system) is full"},
	{EAGAIN, "not readable just now: try again"},
	{EEXIST, "there is an arena of that name already"},
	{EUSERS, "all members taken: too many processes have this arena open for writing"},
	{E2BIG, "longer than the arena allows"},
	{EINVAL, "invalid argument"},
	{ENOENT, "no such arena or record"},
	{EACCES, "permission denied"},
	{EPERM, "operation not permitted"},
	{EPROTO, "not a Headway arena"},
	{ENOTSUP, "an arena of another layout version or machine"},
	{EBADMSG, "damaged or truncated arena"},
	{ETIMEDOUT, "timed out"},
	{ENOMEM, "out of memory"},
	{EBUSY, "busy: its owner lives, or somebody has it open"},
	{ESRCH, "no such process"},
	{EOVERFLOW, "longer than INT_MAX"},
	{EFBIG, "larger than the limit on file sizes"},
	{EMFILE, "too many open files in this process"},
	{ENFILE, "too many open files in the system"},
	{ELOOP, "a symbolic link where an arena was expected"},
	{ENOTDIR, "a folder of the path is not a folder"},
	{ENAMETOOLONG, "name too long"},
	{EROFS, "read-only file system"},
	{EIO, "input/output error"},
	{EDQUOT, "disk quota exceeded"},
	{ENOLCK, "no file locks available"},
	{ENODEV, "the file system cannot map files"},
	{EISDIR, "a folder where an arena was expected"},
	{ENXIO, "not a file"},
	{EINTR, "interrupted"},
	{ETXTBSY, "file busy"},
};

const char *headway_strerror(int error)
{
	unsigned code = error < 0 ? 0u - (unsigned)error : (unsigned)error;

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if ((unsigned)errors[i].code == code)
			return errors[i].text;
	return "unknown error";
}

const char *headway_version(void)
{
	return HEADWAY_VERSION_TEXT;
}
