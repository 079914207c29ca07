/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/stop.h"

#include "base/say.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile sig_atomic_t requested;
static unsigned grace;

static int sigpipe_was_ignored;

void stop_ignore_sigpipe(void)
{
	sigpipe_was_ignored = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
}

int stop_sigpipe_was_ignored(void)
{
	return sigpipe_was_ignored;
}

void stop_restore_sigpipe(void)
{
	signal(SIGPIPE, sigpipe_was_ignored ? SIG_IGN : SIG_DFL);
}

void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction now;

		if (!sigaction(signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(set, signals[i]);
	}
}

void stop_request(int signal_number)
{
	requested = signal_number;
	if (grace)
		alarm(grace);
}

static void give_up(int unused)
{
	(void)unused;
	signal(requested, SIG_DFL);
	raise(requested);
}

void stop_catch(unsigned grace_seconds)
{
	const struct sigaction note = {.sa_handler = stop_request,
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

int stop_requested(void)
{
	return requested;
}

int stop_wait(int milliseconds)
{
	sigset_t stop, before;
	int is_gone = 0;

	stop_signals(&stop);
	pthread_sigmask(SIG_BLOCK, &stop, &before);
	if (!stop_requested())
		is_gone = say_pause(milliseconds, &before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return is_gone;
}

void stop_die_by(int signal_number)
{
	const struct rlimit no_core = {0, 0};
	sigset_t set;

	/* a core file of this program would be of no use */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	signal(signal_number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signal_number);
	raise(signal_number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
