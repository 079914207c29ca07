/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that the peers share. */
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool peer_skip(const char *name, const char *why)
{
	printf("SKIP %s: %s\n", name, why);
	return false;
}

void peer_verify(const char *name, unsigned key, const char *value, size_t length, uint64_t ops)
{
	const char *want = sample_value(key, ops);

	if (length != strlen(want) || memcmp(value, want, length) != 0)
		bench_fail("%s: %s is \"%.*s\", not \"%s\"", name, sample_updates[key].key,
			   (int)length, value, want);
}

static void child(const char *const *arguments, int in, int out, int worker)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (worker >= 0)
		bench_pin((unsigned)worker);
	else
		bench_unpin();
	dup2(in >= 0 ? in : null, STDIN_FILENO);
	dup2(out >= 0 ? out : null, STDOUT_FILENO);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	execvp(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

pid_t peer_start(const char *const *arguments, int in, int out, int worker)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	if (pid == 0)
		child(arguments, in, out, worker);
	return pid;
}

void peer_end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}
