/* SPDX-License-Identifier: BSD-3-Clause */
#include "open/attach.h"

#include "base/rcu.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { PLACE_TRIES = 1000, PLACE_WAIT_NS = 5000000 };

/* ---- join, leave ----------------------------------------------------------------------------- */

/* Sweeps what the former member with this index may have left. */
static void place_sweep(struct hw__attachment *a)
{
	struct hw__sweep_count count = {0, 0, 0};
	struct hw__members dead = {{0}};

	dead.bits[a->member / 64] = 1ull << a->member % 64;
	if (hw__load_acquire(&a->members[a->member].dirty))
		hw__members_sweep(a, &dead, false, &count);
	a->swept = count;
}

/* Waits while the last free index is being swept; then it is available. */
static bool place_await(int error, int *tries)
{
	if (error != -EBUSY || ++*tries > PLACE_TRIES)
		return false;
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, PLACE_WAIT_NS}, NULL);
	return true;
}

/* The sweep runs without the process lock. */
int hw__member_join(struct hw__attachment *a)
{
	int error, tries = 0;

	do {
		hw__process_lock();
		error = hw__place_take(a);
		hw__process_unlock();
	} while (place_await(error, &tries));
	if (error)
		return error == -EBUSY ? -EUSERS : error;
	place_sweep(a);
	hw__process_lock();
	hw__place_use(a);
	hw__process_unlock();
	return 0;
}

/* The caller holds the process lock. */
static int member_again(struct hw__attachment *a)
{
	int error;

	if (a->closed)
		return -ESTALE;
	if (hw__generation(a))
		return 0;
	error = hw__membership_memory(a); /* the present memory is the parent's */
	if (!error)
		error = hw__place_take(a);
	if (error)
		return error;
	place_sweep(a);
	hw__place_use(a);
	return 0;
}

int hw__member_ensure(struct hw__attachment *a)
{
	int error, tries = 0;

	if (hw__generation(a))
		return 0;
	do {
		hw__process_lock();
		error = member_again(a);
		hw__process_unlock();
	} while (place_await(error, &tries));
	return error == -EBUSY ? -EUSERS : error;
}

/* After the grace period no call of this process is between its check of the generation and its
 * publication, so the sweep meets no call in progress. */
void hw__member_leave(struct hw__attachment *a)
{
	struct hw__sweep_count count = {0, 0, 0};
	struct hw__members self = {{0}};

	if (a->closed)
		return;
	hw__store_release(&a->closed, 1);
	if (!hw__generation(a))
		return; /* a child that never wrote: it has nothing to sweep */
	hw__store_release(a->generation_now, 0);
	hw__rcu_synchronize();
	self.bits[a->member / 64] = 1ull << a->member % 64;
	hw__members_sweep(a, &self, true, &count);
	hw__place_leave(a);
}

/* ---- the dead -------------------------------------------------------------------------------- */

int hw__members_sweep_dead(struct hw__attachment *a, struct hw__sweep_count *count)
{
	struct hw__members dead = {{0}};
	struct hw__hold hold = {NULL, -1};
	int error = hw__member_ensure(a);
	bool some;

	if (error)
		return error;
	hw__process_lock();
	some = hw__dead_hold(a, &dead, &hold, &error);
	hw__process_unlock();
	if (!some)
		return error;
	hw__members_sweep(a, &dead, false, count);
	hw__dead_release(&hold);
	return 0;
}

void hw__attach_swept_take(struct hw__attachment *a, struct hw__sweep_count *count)
{
	hw__process_lock();
	*count = a->swept;
	memset(&a->swept, 0, sizeof a->swept);
	hw__process_unlock();
}
