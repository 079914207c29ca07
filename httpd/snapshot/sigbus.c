/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/sigbus.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static __thread bool guarded, faulted;
static uintptr_t page_bytes;

/* A fault outside the arena restores the default action, which follows when the access is
 * repeated. */
static void on_sigbus(int signal_number, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(page_bytes - 1);
	int saved = errno;

	(void)context;
	if (guarded && info->si_code == BUS_ADRERR &&
	    mmap((void *)page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) != MAP_FAILED)
		faulted = true;
	else
		signal(signal_number, SIG_DFL);
	errno = saved;
}

int sigbus_install(void)
{
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO};

	page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) == 0 ? 0 : -errno;
}

void sigbus_guard_begin(void)
{
	faulted = false;
	guarded = true;
}

bool sigbus_guard_end(void)
{
	guarded = false;
	return faulted;
}
