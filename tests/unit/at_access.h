/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Simulates a change by another process between two steps of a call: the page of the arena that the
 * call reads next is made inaccessible. At the first access the SIGSEGV handler makes the page
 * accessible again and runs a function of the test; then the call continues.
 */
#ifndef AT_ACCESS_H
#define AT_ACCESS_H

#include "base/layout.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct {
	char *page;
	void (*then)(void);
	int count; /* of accesses that were met */
} at_access_wait;

static void at_access_handler(int signal_number, siginfo_t *info, void *context)
{
	char *at = info->si_addr, *page = at_access_wait.page;

	(void)context;
	if (!page || at < page || at >= page + HW__PAGE_BYTES) {
		signal(signal_number, SIG_DFL); /* a fault of its own: the access is made again */
		return;
	}
	at_access_wait.page = NULL;
	at_access_wait.count++;
	if (mprotect(page, HW__PAGE_BYTES, PROT_READ | PROT_WRITE) != 0)
		abort();
	at_access_wait.then();
}

/* Runs then() at the next access to the page of that address. */
static inline void at_access(const void *address, void (*then)(void))
{
	struct sigaction action = {.sa_sigaction = at_access_handler, .sa_flags = SA_SIGINFO};

	at_access_wait.page = (char *)((uintptr_t)address & ~(uintptr_t)(HW__PAGE_BYTES - 1));
	at_access_wait.then = then;
	at_access_wait.count = 0;
	cr_assert_eq(sigaction(SIGSEGV, &action, NULL), 0);
	cr_assert_eq(mprotect(at_access_wait.page, HW__PAGE_BYTES, PROT_NONE), 0);
}

/* Makes the page accessible again if there was no access. */
static inline void at_access_end(void)
{
	char *page = at_access_wait.page;

	at_access_wait.page = NULL;
	if (page)
		cr_assert_eq(mprotect(page, HW__PAGE_BYTES, PROT_READ | PROT_WRITE), 0);
}

/* The access has been made. */
#define AT_ACCESS_DONE() cr_assert_eq(at_access_wait.count, 1)

#endif
