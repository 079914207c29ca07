/* SPDX-License-Identifier: BSD-3-Clause */
#include "security/canceller.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 5 };

struct order {
	uint64_t number;
	struct headway_id id;
	char reason[CANCEL_REASON];
};

struct answer {
	uint64_t number;
	int64_t code;
};

static int to_process = -1; /* a socket; -1: there is no process */
static pid_t process;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- the process ----------------------------------------------------------------------------- */

static int cancel(const char *name, const struct order *order)
{
	const struct headway_options opt = {.size = sizeof(opt), .flags = HEADWAY_EXISTING};
	struct headway_arena *arena = NULL;
	int code = headway_open(name, &opt, &arena);

	if (code)
		return code;
	code = headway_cancel(arena, &order->id, order->reason);
	headway_close(arena);
	return code;
}

static int cancel_apart(const char *name, const struct order *order)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		alarm(ANSWER_SECONDS);
		_exit(-cancel(name, order));
	}
	if (child < 0)
		return -errno;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EBADMSG;
}

/* Ends when the other side is closed, that is at the latest with the server. */
static void serve(const char *name, int from)
{
	struct order order;

	while (recv(from, &order, sizeof(order), 0) == (ssize_t)sizeof(order)) {
		struct answer answer = {.number = order.number};

		order.reason[sizeof(order.reason) - 1] = '\0';
		answer.code = cancel_apart(name, &order);
		if (send(from, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

static void process_run(const char *name, int from, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	dup2(from, STDIN_FILENO); /* which an argument of closefrom() cannot leave out */
	closefrom(STDERR_FILENO + 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN); /* of the terminal: the server ends this process */
	signal(SIGALRM, SIG_DFL);
	serve(name, STDIN_FILENO);
	_exit(0);
}

/* ---- the server's side ----------------------------------------------------------------------- */

int canceller_start(const char *arena)
{
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS + 1};
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	process = fork();
	if (process == 0)
		process_run(arena, ends[1], parent);
	close(ends[1]);
	if (process < 0) {
		close(ends[0]);
		return -errno;
	}
	(void)setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	to_process = ends[0];
	return 0;
}

static int ask(const struct order *order)
{
	struct answer answer;
	ssize_t got;

	if (send(to_process, order, sizeof(*order), MSG_NOSIGNAL) < 0)
		return -EPIPE;
	do {
		got = recv(to_process, &answer, sizeof(answer), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return -ETIMEDOUT;
		if (got != (ssize_t)sizeof(answer))
			return -EPIPE;
	} while (got < 0 || answer.number != order->number); /* of one that was given up */
	return (int)answer.code;
}

int canceller_ask(const struct headway_id *id, const char *reason)
{
	static uint64_t number;
	struct order order = {.id = *id};
	int code;

	if (to_process < 0)
		return -EPIPE;
	memcpy(order.reason, reason, strnlen(reason, sizeof(order.reason) - 1));
	pthread_mutex_lock(&lock);
	order.number = ++number;
	code = ask(&order);
	pthread_mutex_unlock(&lock);
	return code;
}

void canceller_stop(void)
{
	if (to_process < 0)
		return;
	close(to_process);
	to_process = -1;
}
