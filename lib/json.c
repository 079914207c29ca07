/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A snapshot as JSON, byte for byte as Go's json.Encoder writes it.
 *
 * Text is looked at and copied in one go, sixteen bytes at a time.  The text is written straight into
 * the caller's buffer while there surely is room; when there may not be, it goes on through a small
 * scratch, of which as much as fits is copied, and all of it is counted.  So there is one way of
 * writing, whatever the size of the buffer.
 *
 * p is where the next byte goes, handed from function to function so that it stays in a register.
 * p <= out->limit means that SLACK bytes may be written.  room(), put_text() and put_json() see to
 * that, and leave their caller all of it but WIDTH bytes; the other functions write what their names
 * say and do not look.
 */
#include "json.h"

#include "bytes16.h"
#include "utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { SCRATCH = 1024, SLACK = 128 };

struct out {
	char *limit;     /* see above */
	char *base;      /* where p began: buffer, or scratch */
	char *buffer;    /* the caller's */
	size_t size;     /* of it */
	uint64_t before; /* bytes of the text that came before base */
	char scratch[SCRATCH];
};

/* ---- room ------------------------------------------------------------------------------------ */

static char *use_scratch(struct out *out)
{
	out->base = out->scratch;
	out->limit = out->scratch + SCRATCH - SLACK;
	return out->scratch;
}

static char *begin(struct out *out, char *buffer, size_t size)
{
	out->buffer = buffer;
	out->size = buffer ? size : 0;
	out->before = 0;
	if (out->size < SLACK)
		return use_scratch(out);
	out->base = buffer;
	out->limit = buffer + size - SLACK;
	return buffer;
}

/* Count what was written since base, and copy what fits of it when it is in the scratch. */
static void flush(struct out *out, const char *p)
{
	size_t n = (size_t)(p - out->base);

	if (out->base != out->buffer && out->before < out->size) {
		size_t room = out->size - (size_t)out->before;

		memcpy(out->buffer + out->before, out->base, n < room ? n : room);
	}
	out->before += n;
}

static __attribute__((noinline)) char *make_room(struct out *out, const char *p)
{
	flush(out, p);
	return use_scratch(out);
}

static inline char *room(struct out *out, char *p)
{
	return __builtin_expect(p > out->limit, 0) ? make_room(out, p) : p;
}

static int finish(struct out *out, const char *p)
{
	flush(out, p);
	if (out->size)
		out->buffer[out->before < out->size ? out->before : out->size - 1] = '\0';
	return out->before > INT_MAX ? -EOVERFLOW : (int)out->before;
}

/* ---- text ------------------------------------------------------------------------------------ */

static inline char *put_fixed(char *p, const char *text, size_t length)
{
	memcpy(p, text, length);
	return p + length;
}

#define PUT(p, literal) put_fixed(p, literal, sizeof(literal) - 1)

/* Stands for itself in a JSON string, and is one byte. */
static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static unsigned copy_plain_bytes(char *p, const char *text)
{
	unsigned n = 0;

	for (; n < HW__WIDTH && is_plain((unsigned char)text[n]); n++)
		p[n] = text[n];
	return n;
}

/*
 * Copy plain bytes, at most sixteen, and tell how many; less means that the next is not plain (the
 * ending NUL is not).  Writes sixteen bytes whatever it tells.
 */
static inline unsigned copy_plain(char *p, const char *text)
{
#ifndef HEADWAY_SCALAR
	if (__builtin_expect(hw__same_page16(text), 1)) {
		hw__bytes16 bytes = hw__load16(text);
		/* signed: UTF-8's bytes are below zero; " and & differ in bit 2, < and > in bit 1 */
		uint64_t hits = hw__hits16((bytes < 0x20) | ((bytes | 4) == '&') |
					   ((bytes | 2) == '>') | (bytes == '\\'));

		hw__store16(p, bytes);
		return hits ? hw__first16(hits) : HW__WIDTH;
	}
#endif
	return copy_plain_bytes(p, text);
}

/* The longer form, for the characters that have no letter and for those of HTML. */
static char *put_hex_escape(char *p, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	p = PUT(p, "\\u00");
	*p++ = digits[c >> 4];
	*p++ = digits[c & 15];
	return p;
}

static char *put_escape(char *p, unsigned char c)
{
	static const char letters[0x60] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
		['\t'] = 't', ['"'] = '"',  ['\\'] = '\\',
	};

	if (!letters[c])
		return put_hex_escape(p, c);
	*p++ = '\\';
	*p++ = letters[c];
	return p;
}

static char *put_separator(char *p, unsigned char last_byte)
{
	p = PUT(p, "\\u202");
	*p++ = last_byte & 1 ? '9' : '8';
	return p;
}

/* One character that is not ASCII. */
static char *put_character(char *p, const unsigned char **text)
{
	const unsigned char *t = *text;
	unsigned n = hw__utf8_length(t, 4);

	*text += n ? n : 1;
	if (!n)
		return PUT(p, "\\ufffd");
	if (n == 3 && hw__utf8_is_separator(t))
		return put_separator(p, t[2]);
	for (unsigned i = 0; i < n; i++)
		*p++ = (char)t[i];
	return p;
}

/* The inside of a string: any bytes, NUL-ended. */
static char *put_text(struct out *out, char *p, const char *text)
{
	for (;;) {
		unsigned n;
		unsigned char c;

		p = room(out, p);
		n = copy_plain(p, text);
		p += n;
		text += n;
		if (n == HW__WIDTH)
			continue;
		c = (unsigned char)*text;
		if (!c)
			return p;
		if (c < 0x80) {
			p = put_escape(p, c);
			text++;
		} else {
			p = put_character(p, (const unsigned char **)&text);
		}
	}
}

/* ---- results: JSON already, compact and in UTF-8 ------------------------------------------------ */

static inline bool is_plain_json(unsigned char c)
{
	return c != '<' && c != '>' && c != '&' && c != 0xe2;
}

/* As copy_plain, for at most left bytes. */
static inline size_t copy_plain_json(char *p, const char *json, size_t left)
{
	size_t n = 0;

#ifndef HEADWAY_SCALAR
	if (left >= HW__WIDTH) {
		hw__bytes16 bytes = hw__load16(json);
		uint64_t hits = hw__hits16((bytes == '&') | ((bytes | 2) == '>') |
					   (bytes == (signed char)0xe2));

		hw__store16(p, bytes);
		return hits ? hw__first16(hits) : HW__WIDTH;
	}
#endif
	for (; n < HW__WIDTH && n < left && is_plain_json((unsigned char)json[n]); n++)
		p[n] = json[n];
	return n;
}

static char *put_json(struct out *out, char *p, const char *json, size_t left)
{
	for (;;) {
		size_t n;
		const unsigned char *t;

		p = room(out, p);
		n = copy_plain_json(p, json, left);
		p += n;
		json += n;
		left -= n;
		if (n == HW__WIDTH)
			continue;
		if (!left)
			return p;
		t = (const unsigned char *)json;
		if (*t != 0xe2) {
			p = is_plain_json(*t) ? p : put_hex_escape(p, *t);
			n = 1;
		} else if (left >= 3 && hw__utf8_is_separator(t)) {
			p = put_separator(p, t[2]);
			n = 3;
		} else {
			*p++ = (char)*t;
			n = 1;
		}
		json += n;
		left -= n;
	}
}

/* ---- numbers and times -------------------------------------------------------------------------- */

static char *put_digits(char *p, uint64_t number, unsigned width)
{
	for (unsigned i = width; i--; number /= 10)
		p[i] = (char)('0' + number % 10);
	return p + width;
}

/* At most 20 digits. */
static char *put_number(char *p, uint64_t number)
{
	unsigned width = 1;

	for (uint64_t rest = number; rest >= 10; rest /= 10)
		width++;
	return put_digits(p, number, width);
}

/* Millionths, as a number with six decimals: at most 38 digits and a point. */
static char *put_millionths(char *p, unsigned __int128 millionths)
{
	const uint64_t ten_to_19 = UINT64_C(10000000000000000000);
	unsigned __int128 whole = millionths / 1000000;

	if (whole >= ten_to_19) {
		p = put_number(p, (uint64_t)(whole / ten_to_19));
		p = put_digits(p, (uint64_t)(whole % ten_to_19), 19);
	} else {
		p = put_number(p, (uint64_t)whole);
	}
	*p++ = '.';
	return put_digits(p, (uint64_t)(millionths % 1000000), 6);
}

/* Year, month and day of a number of days since 1970-01-01.  The year is reckoned from March, so that
 * the day that comes and goes is its last. */
static char *put_date(char *p, int64_t days)
{
	int64_t from_0000 = days + 719468, era = from_0000 / 146097;
	int64_t day = from_0000 % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month = month < 10 ? month + 3 : month - 9;
	p = put_digits(p, (uint64_t)(year + era * 400 + (month <= 2)), 4);
	*p++ = '-';
	p = put_digits(p, (uint64_t)month, 2);
	*p++ = '-';
	return put_digits(p, (uint64_t)(day + 1), 2);
}

/* A fraction of a second without its closing zeros; nothing when it is 0. */
static char *put_fraction(char *p, uint64_t ns)
{
	if (!ns)
		return p;
	*p++ = '.';
	p = put_digits(p, ns, 9);
	while (p[-1] == '0')
		p--;
	return p;
}

/* RFC 3339 in UTC: any int64_t is in the years 1677 to 2262.  0 is no time. */
static char *put_time(char *p, int64_t at_ns)
{
	const int64_t second = 1000000000, day = 86400;
	int64_t ns = at_ns % second, s = at_ns / second, days;

	if (!at_ns)
		return PUT(p, "null");
	if (ns < 0)
		ns += second, s--;
	days = s / day - (s % day < 0);
	s -= days * day;
	*p++ = '"';
	p = put_date(p, days);
	*p++ = 'T';
	p = put_digits(p, (uint64_t)(s / 3600), 2);
	*p++ = ':';
	p = put_digits(p, (uint64_t)(s / 60 % 60), 2);
	*p++ = ':';
	p = put_digits(p, (uint64_t)(s % 60), 2);
	p = put_fraction(p, (uint64_t)ns);
	return PUT(p, "Z\"");
}

/* ---- the status view ------------------------------------------------------------------------------ */

static char *put_messages(struct out *out, char *p, const struct headway_message *m, size_t count)
{
	if (!count)
		return PUT(p, "[]");
	p = PUT(p, "[{\"key\":\"");
	for (;; m++) {
		p = put_text(out, p, m->key);
		p = PUT(p, "\",\"value\":\"");
		p = put_text(out, p, m->value);
		if (!--count)
			return PUT(p, "\"}]");
		p = PUT(p, "\"},{\"key\":\"");
	}
}

/* The object's first members, which both views have; the brace is left open. */
static char *put_status_members(struct out *out, char *p, const struct headway_snapshot *s)
{
	if (s->status == HEADWAY_RUNNING)
		p = PUT(p, "{\"status\":\"Running\",\"messages\":");
	else if (s->status == HEADWAY_FINISHED)
		p = PUT(p, "{\"status\":\"Finished\",\"messages\":");
	else
		p = PUT(p, "{\"status\":\"Error\",\"messages\":");
	p = put_messages(out, p, s->messages, s->message_count);
	if (s->results) {
		p = PUT(p, ",\"results\":");
		p = put_json(out, p, s->results, s->results_length);
	}
	p = PUT(p, ",\"url\":\"");
	p = put_text(out, p, s->url);
	*p++ = '"';
	return p;
}

int headway_json(const struct headway_snapshot *snapshot, char *buffer, size_t size)
{
	struct out out;
	char *p;

	if (!snapshot)
		return -EINVAL;
	p = begin(&out, buffer, size);
	p = put_status_members(&out, p, snapshot);
	p = PUT(p, "}\n");
	return finish(&out, p);
}

/* ---- the full view -------------------------------------------------------------------------------- */

static char *put_id(char *p, const struct headway_id *id)
{
	static const char digits[] = "0123456789abcdef";

	*p++ = '"';
	for (unsigned i = 0; i < sizeof(id->bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[id->bytes[i] >> 4];
		*p++ = digits[id->bytes[i] & 15];
	}
	*p++ = '"';
	return p;
}

static char *put_counters(struct out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"counters\":{");
	for (size_t i = 0; i < s->counter_count; i++) {
		p = room(out, p);
		if (i)
			*p++ = ',';
		*p++ = '"';
		p = put_text(out, p, s->counter_names[i]);
		p = PUT(p, "\":");
		p = put_number(p, s->counters[i]);
	}
	*p++ = '}';
	return p;
}

static char *put_owner(struct out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"owner\":");
	if (s->detached || !s->owner_pid)
		return PUT(p, "null");
	p = PUT(p, "{\"pid\":");
	p = put_number(p, s->owner_pid);
	p = PUT(p, ",\"command\":\"");
	p = put_text(out, p, s->owner_command);
	if (s->owner_alive < 0)
		return PUT(p, "\",\"alive\":null}");
	return s->owner_alive ? PUT(p, "\",\"alive\":true}") : PUT(p, "\",\"alive\":false}");
}

/* How long it has been, or was, under way; -1 when it did not begin. */
static int64_t elapsed_ns(const struct headway_snapshot *s, int64_t now_ns)
{
	int64_t end = now_ns, elapsed;

	if (s->status != HEADWAY_RUNNING)
		end = s->finished_ns ? s->finished_ns : s->updated_ns;
	if (!s->started_ns)
		return -1;
	if (__builtin_sub_overflow(end, s->started_ns, &elapsed) || elapsed < 0)
		return 0; /* the clock was set back */
	return elapsed;
}

static unsigned __int128 divide_rounded(unsigned __int128 a, unsigned __int128 b)
{
	return (a + b / 2) / b;
}

/* Units a second: unknown before the first one. */
static char *put_rate(char *p, uint64_t done, int64_t elapsed)
{
	const uint64_t millionths_times_ns = UINT64_C(1000000000000000);

	p = PUT(p, ",\"rate\":");
	if (!done || elapsed <= 0)
		return PUT(p, "null");
	return put_millionths(p, divide_rounded((unsigned __int128)done * millionths_times_ns,
						(unsigned __int128)elapsed));
}

/* What is left at that rate. */
static char *put_eta(char *p, const struct headway_snapshot *s, int64_t elapsed)
{
	p = PUT(p, ",\"eta_seconds\":");
	if (s->status != HEADWAY_RUNNING || !s->total)
		return PUT(p, "null");
	if (s->done >= s->total)
		return put_millionths(p, 0);
	if (!s->done || elapsed <= 0)
		return PUT(p, "null");
	return put_millionths(
		p, divide_rounded((unsigned __int128)(s->total - s->done) * (uint64_t)elapsed,
				  (unsigned __int128)s->done * 1000));
}

static char *put_times(struct out *out, char *p, const struct headway_snapshot *s, int64_t now_ns)
{
	int64_t elapsed = elapsed_ns(s, now_ns);

	p = room(out, p);
	p = PUT(p, ",\"started_at\":");
	p = put_time(p, s->started_ns);
	p = PUT(p, ",\"updated_at\":");
	p = put_time(p, s->updated_ns);
	p = room(out, p);
	p = PUT(p, ",\"finished_at\":");
	p = put_time(p, s->finished_ns);
	p = PUT(p, ",\"elapsed_seconds\":");
	p = elapsed < 0 ? PUT(p, "null") : put_millionths(p, (uint64_t)elapsed / 1000);
	p = room(out, p);
	p = put_rate(p, s->done, elapsed);
	return put_eta(p, s, elapsed);
}

static char *put_more_members(struct out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"id\":");
	p = put_id(p, &s->id);
	p = PUT(p, ",\"name\":\"");
	p = put_text(out, p, s->name);
	p = PUT(p, "\",\"unit\":\"");
	p = put_text(out, p, s->unit);
	p = PUT(p, "\",\"done\":");
	p = put_number(p, s->done);
	p = PUT(p, ",\"total\":");
	p = put_number(p, s->total);
	p = room(out, p);
	p = put_counters(out, p, s);
	p = room(out, p);
	p = PUT(p, ",\"parent\":");
	p = s->parent ? put_id(p, s->parent) : PUT(p, "null");
	return put_owner(out, room(out, p), s);
}

int hw__json_full_at(const struct headway_snapshot *snapshot, char *buffer, size_t size,
		     int64_t now_ns)
{
	struct out out;
	char *p;

	if (!snapshot)
		return -EINVAL;
	p = begin(&out, buffer, size);
	p = put_status_members(&out, p, snapshot);
	p = put_more_members(&out, p, snapshot);
	p = put_times(&out, p, snapshot, now_ns);
	p = room(&out, p);
	p = snapshot->lost ? PUT(p, ",\"lost\":true") : PUT(p, ",\"lost\":false");
	p = PUT(p, ",\"version\":");
	p = put_number(p, snapshot->version);
	p = PUT(p, "}\n");
	return finish(&out, p);
}

int headway_json_full(const struct headway_snapshot *snapshot, char *buffer, size_t size)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return hw__json_full_at(snapshot, buffer, size,
				(int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}
