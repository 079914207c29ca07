/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/stop.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile sig_atomic_t noted;
static unsigned grace;

void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction now;

		if (!sigaction(signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(set, signals[i]);
	}
}

void stop_note(int signal_number)
{
	noted = signal_number;
	if (grace)
		alarm(grace);
}

static void give_up(int unused)
{
	(void)unused;
	signal(noted, SIG_DFL);
	raise(noted);
}

void stop_catch(unsigned grace_seconds)
{
	const struct sigaction note = {.sa_handler = stop_note,
				       .sa_flags = grace_seconds ? (int)SA_RESETHAND : 0};
	const struct sigaction end = {.sa_handler = give_up};
	sigset_t set;

	grace = grace_seconds;
	if (grace)
		sigaction(SIGALRM, &end, NULL);
	stop_signals(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigismember(&set, signals[i]))
			sigaction(signals[i], &note, NULL);
}

int stop_noted(void)
{
	return noted;
}

void stop_die_by(int signal_number)
{
	const struct rlimit no_core = {0, 0};
	sigset_t set;

	(void)setrlimit(RLIMIT_CORE,
			&no_core); /* SIGQUIT's would be of this program, not the work */
	signal(signal_number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signal_number);
	raise(signal_number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
