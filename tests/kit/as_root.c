/* SPDX-License-Identifier: BSD-3-Clause */
#include "as_root.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int as_root_status = -1;

void run_as_root(void)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t child;

	if (geteuid() == 0 || length < 0 || system("sudo -n true 2>/dev/null") != 0)
		return;
	self[length] = '\0';
	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		(void)execlp("sudo", "sudo", "-n", self, (char *)NULL);
		_exit(127);
	}
	if (child > 0)
		(void)waitpid(child, &as_root_status, 0);
}

bool as_root_failed(void)
{
	return as_root_status != -1 && as_root_status != 0;
}

void note_left_out(const char *what)
{
	if (as_root_status == -1)
		printf("NOTE left out, as it needs root and sudo needs a password: %s\n", what);
}
