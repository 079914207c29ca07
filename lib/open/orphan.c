/* SPDX-License-Identifier: BSD-3-Clause */
#include "open/orphan.h"

#include "base/shm_atomic.h"

#include <stdlib.h>

/* The last record of a slot that was added. */
struct orphan {
	uint64_t id_tail; /* 0: none */
	uint64_t dead_ns;
};

static struct orphan *table(const struct hw__attachment *a)
{
	return (struct orphan *)(uintptr_t)hw__load_acquire(&a->orphans);
}

static struct orphan *table_make(struct hw__attachment *a)
{
	struct orphan *made = calloc(a->geometry.slots, sizeof *made);

	if (made && !hw__cas_full(&a->orphans, 0, (uintptr_t)made))
		free(made); /* another thread was first */
	return table(a);
}

bool hw__orphan_find(const struct hw__attachment *a, uint32_t slot, uint64_t id_tail,
		     uint64_t *dead_ns)
{
	const struct orphan *t = table(a);

	if (!t || hw__load_acquire(&t[slot].id_tail) != id_tail)
		return false;
	*dead_ns = hw__load_relaxed(&t[slot].dead_ns);
	return true;
}

void hw__orphan_add(struct hw__attachment *a, uint32_t slot, uint64_t id_tail, uint64_t dead_ns)
{
	struct orphan *t = table(a);

	if (!t)
		t = table_make(a);
	if (!t)
		return;
	hw__store_relaxed(&t[slot].dead_ns, dead_ns);
	hw__store_release(&t[slot].id_tail, id_tail);
}
