/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces of JSON, byte for byte as Go's json.Encoder writes them, into a buffer of any size.
 *
 * Text is looked at and copied in one go, sixteen bytes at a time.  It is written straight into the
 * caller's buffer while there surely is room; when there may not be, it goes on through a small
 * scratch, of which as much as fits is copied, and all of it is counted.  So there is one way of
 * writing, whatever the size of the buffer.
 *
 * p is where the next byte goes, handed from function to function so that it stays in a register.
 * p <= out->limit means that HW__SLACK bytes may be written.  The functions that take `out` see to
 * that, and leave their caller all of it but HW__WIDTH bytes; the others write what their names say
 * and do not look.  Bytes of the buffer behind the text may be written over.
 */
#ifndef HEADWAY_JSON_OUT_H
#define HEADWAY_JSON_OUT_H

#include "base/private.h"
#include "headway.h"

#include <string.h>

enum { HW__SCRATCH = 1024, HW__SLACK = 128 };

struct hw__out {
	char *limit;     /* see above */
	char *base;      /* where p began: buffer, or scratch */
	char *buffer;    /* the caller's */
	size_t size;     /* of it */
	uint64_t before; /* bytes of the text that came before base */
	char scratch[HW__SCRATCH];
};

/* Where to begin.  buffer NULL or size 0: the text is only counted. */
char *hw__out_begin(struct hw__out *out, char *buffer, size_t size);

/* The length of the whole text, or -EOVERFLOW; the buffer is NUL-ended, as by snprintf. */
int hw__out_end(struct hw__out *out, const char *p);

/* Go on in the scratch. */
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

/* The inside of a string: any bytes, NUL-ended. */
char *hw__out_text(struct hw__out *out, char *p, const char *text);

/* JSON already, compact and in UTF-8: length bytes; what HTML would mistake is escaped. */
char *hw__out_json(struct hw__out *out, char *p, const char *json, size_t length);

/* At most 20 digits. */
char *hw__put_number(char *p, uint64_t number);

/* Millionths, as a number with six decimals: at most 38 digits and a point. */
char *hw__put_millionths(char *p, unsigned __int128 millionths);

/* RFC 3339 in UTC, in quotes, at most 32 bytes; 0 is no time: null. */
char *hw__put_time(char *p, int64_t at_ns);

/* 36 characters in quotes. */
char *hw__put_id(char *p, const struct headway_id *id);

#endif
