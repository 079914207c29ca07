/* SPDX-License-Identifier: BSD-3-Clause */
/* What add.cpp must compile to. */
#include <headway.h>

struct record {
	struct headway_record *handle;
};

void fail(int code, const char *call) __attribute__((cold, noreturn));
int try_add(struct record *r, uint64_t n);
void add(struct record *r);
void set(struct record *r, uint64_t done);
void counter_add(struct record *r, unsigned counter, uint64_t n);

static inline void checked(int code, const char *call)
{
	if (__builtin_expect(code < 0, 0))
		fail(code, call);
}

int try_add(struct record *r, uint64_t n)
{
	return headway_add(r->handle, n);
}

void add(struct record *r)
{
	checked(headway_add(r->handle, 1), "headway_add");
}

void set(struct record *r, uint64_t done)
{
	checked(headway_set(r->handle, done), "headway_set");
}

void counter_add(struct record *r, unsigned counter, uint64_t n)
{
	checked(headway_counter_add(r->handle, counter, n), "headway_counter_add");
}
