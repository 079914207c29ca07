/* SPDX-License-Identifier: BSD-3-Clause */
/* The inline counter functions as exported functions, for languages that cannot inline them. */
#define headway_add          inline_add
#define headway_set          inline_set
#define headway_set_total    inline_set_total
#define headway_counter_add  inline_counter_add
#define headway_is_cancelled inline_is_cancelled
#include "headway.h"
#undef headway_add
#undef headway_set
#undef headway_set_total
#undef headway_counter_add
#undef headway_is_cancelled

#pragma GCC visibility push(default)
int headway_add(struct headway_record *record, uint64_t n);
int headway_set(struct headway_record *record, uint64_t done);
int headway_set_total(struct headway_record *record, uint64_t total);
int headway_counter_add(struct headway_record *record, unsigned counter, uint64_t n);
int headway_is_cancelled(const struct headway_record *record);
#pragma GCC visibility pop

int headway_add(struct headway_record *record, uint64_t n)
{
	return inline_add(record, n);
}

int headway_set(struct headway_record *record, uint64_t done)
{
	return inline_set(record, done);
}

int headway_set_total(struct headway_record *record, uint64_t total)
{
	return inline_set_total(record, total);
}

int headway_counter_add(struct headway_record *record, unsigned counter, uint64_t n)
{
	return inline_counter_add(record, counter, n);
}

int headway_is_cancelled(const struct headway_record *record)
{
	return inline_is_cancelled(record);
}
