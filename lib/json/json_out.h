/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes JSON, byte for byte like Go's json.Encoder, into a buffer of any size.
 *
 * Text is checked and copied sixteen bytes at a time. While the caller's buffer certainly has
 * enough space, bytes are written to it directly; otherwise they go to a small scratch buffer, from
 * which those that fit are copied, and all are counted. So the same code writes to buffers of every
 * size.
 *
 * p points to the next byte to write and is passed from function to function, so that it stays in a
 * register. p <= out->limit means that HW__SLACK bytes may be written. Functions that take `out`
 * ensure this, and leave at least HW__SLACK - HW__WIDTH bytes to their caller; the others write a
 * bounded number of bytes without a check. Bytes of the buffer after the text may be overwritten.
 */
#ifndef HEADWAY_JSON_OUT_H
#define HEADWAY_JSON_OUT_H

#include "base/private.h"
#include "headway.h"

#include <string.h>

enum { HW__SCRATCH = 1024, HW__SLACK = 128 };

struct hw__out {
	char *limit;     /* see above */
	char *base;      /* where p began: buffer, or the scratch buffer */
	char *buffer;    /* the caller's buffer */
	size_t size;     /* its size */
	uint64_t before; /* bytes of the text before base */
	char scratch[HW__SCRATCH];
};

/* Begins a text; returns p. buffer NULL or size 0: the text is only counted. */
char *hw__out_begin(struct hw__out *out, char *buffer, size_t size);

/* Ends a text. Returns its whole length, or -EOVERFLOW; the buffer is NUL-terminated, as by
 * snprintf(). */
int hw__out_end(struct hw__out *out, const char *p);

/* Continues in the scratch buffer; returns the new p. */
char *hw__out_make_room(struct hw__out *out, const char *p);

static inline char *hw__out_room(struct hw__out *out, char *p)
{
	return __builtin_expect(p > out->limit, 0) ? hw__out_make_room(out, p) : p;
}

static inline char *hw__put_fixed(char *p, const char *text, size_t length)
{
	memcpy(p, text, length);
	return p + length;
}

#define PUT(p, literal) hw__put_fixed(p, literal, sizeof(literal) - 1)

/* Writes the inside of a string from NUL-terminated bytes. */
char *hw__out_text(struct hw__out *out, char *p, const char *text);

/* Writes length bytes of JSON that is compact and valid UTF-8; characters special in HTML are
 * escaped. */
char *hw__out_json(struct hw__out *out, char *p, const char *json, size_t length);

/* Writes a number, at most 20 digits. */
char *hw__put_number(char *p, uint64_t number);

/* Writes millionths as a number with six decimals: at most 38 digits and a point. */
char *hw__put_millionths(char *p, unsigned __int128 millionths);

/* Writes a time as RFC 3339 in UTC, in quotes, at most 32 bytes; 0 means no time: null. */
char *hw__put_time(char *p, int64_t at_ns);

/* Writes an id: 36 characters in quotes. */
char *hw__put_id(char *p, const struct headway_id *id);

#endif
