/* SPDX-License-Identifier: BSD-3-Clause */
#include "processes.h"

#include <sys/prctl.h>
#include <time.h>

/* Resets the signal handlers of check_begin(), which belong to the process that removes the
 * files. */
static void default_signals(void)
{
	static const int numbers[] = {SIGALRM, SIGINT, SIGTERM, SIGPIPE};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)signal(numbers[i], SIG_DFL);
}

pid_t fork_child(void)
{
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		check_failures = 0;
		default_signals();
		(void)alarm(60);
	}
	return pid;
}

void end_child(void)
{
	(void)fflush(stdout);
	_exit(check_failures != 0);
}

int wait_child(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void kill_child(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(wait_child(pid), 128 + SIGKILL);
}

int in_child(int (*fn)(void *), void *argument)
{
	pid_t pid = fork_child();

	if (!pid) {
		int code = fn(argument);

		(void)fflush(stdout);
		_exit(code ? code : check_failures != 0);
	}
	return wait_child(pid);
}

void die_with_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		(void)raise(SIGKILL);
	default_signals();
}

void sleep_ms(unsigned ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

void *shared_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	NEED(memory != MAP_FAILED);
	return memory;
}
