/* SPDX-License-Identifier: BSD-3-Clause */
#include "open/lost.h"

#include "base/shm_atomic.h"

#include <stdlib.h>

/* The record of a slot that was added last. */
struct lost {
	uint64_t id_tail; /* 0: none */
	uint64_t dead_ns;
};

static struct lost *table(const struct hw__attachment *a)
{
	return (struct lost *)(uintptr_t)hw__load_acquire(&a->lost_reports);
}

static struct lost *table_make(struct hw__attachment *a)
{
	struct lost *made = calloc(a->geometry.slots, sizeof *made);

	if (made && !hw__cas_full(&a->lost_reports, 0, (uintptr_t)made))
		free(made); /* another thread was first */
	return table(a);
}

bool hw__lost_search(const struct hw__attachment *a, uint32_t slot, uint64_t id_tail,
		     uint64_t *dead_ns)
{
	const struct lost *t = table(a);

	if (!t || hw__load_acquire(&t[slot].id_tail) != id_tail)
		return false;
	*dead_ns = hw__load_relaxed(&t[slot].dead_ns);
	return true;
}

void hw__lost_add(struct hw__attachment *a, uint32_t slot, uint64_t id_tail, uint64_t dead_ns)
{
	struct lost *t = table(a);

	if (!t)
		t = table_make(a);
	if (!t)
		return;
	hw__store_relaxed(&t[slot].dead_ns, dead_ns);
	hw__store_release(&t[slot].id_tail, id_tail);
}
