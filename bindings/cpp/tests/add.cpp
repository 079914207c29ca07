/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of add.c, with the C++ header. */
#include <headway.hpp>

extern "C" {
int try_add(headway::record *r, uint64_t n)
{
	return r->try_add(n);
}

void add(headway::record *r)
{
	r->add();
}

void set(headway::record *r, uint64_t done)
{
	r->set(done);
}

void counter_add(headway::record *r, unsigned counter, uint64_t n)
{
	r->add(counter, n);
}
}
