/* SPDX-License-Identifier: BSD-3-Clause */
#include "security/canceller.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "security/sandbox.h"

enum { ANSWER_SECONDS = 5 };

struct order {
	uint64_t number;
	struct headway_id id;
	char reason[CANCEL_REASON];
};

struct answer {
	uint64_t number;
	struct headway_id id;
	int64_t code;
};

struct pending {
	uint64_t number; /* of the order; 0: free */
	int code;        /* -EINPROGRESS: no answer yet */
};

static int to_process = -1; /* a socket; -1: there is no process */
static struct pending pending[CANCEL_ORDERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of both, once threads run */

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
		struct answer answer = {.number = order.number, .id = order.id};

		order.reason[sizeof(order.reason) - 1] = '\0';
		answer.code = cancel_apart(name, &order);
		if (send(from, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

/* Neither the server's files nor its rights. */
static void confine(const char *name, bool confined)
{
	const struct sandbox keep = {.has_arena = true, .arena = name, .writes = true};
	int rc = confined ? sandbox_enter(&keep) : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (rc < 0)
		log_warning("the process that writes the arena is not confined: %s", strerror(-rc));
}

static void process_run(const char *name, bool confined, int from, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	dup2(from, STDIN_FILENO); /* which an argument of closefrom() cannot leave out */
	closefrom(STDERR_FILENO + 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN); /* of the terminal: the server ends this process */
	signal(SIGALRM, SIG_DFL);
	confine(name, confined);
	serve(name, STDIN_FILENO);
	_exit(0);
}

/* ---- the server's side ----------------------------------------------------------------------- */

int canceller_start(const char *arena, bool confined)
{
	pid_t parent = getpid(), process;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	process = fork();
	if (process == 0)
		process_run(arena, confined, ends[1], parent);
	close(ends[1]);
	if (process < 0) {
		close(ends[0]);
		return -errno;
	}
	to_process = ends[0];
	return 0;
}

/* Under lock; NULL: none has that number. Number 0 is no order's. */
static struct pending *pending_find(uint64_t number)
{
	for (int i = 0; i < CANCEL_ORDERS; i++)
		if (pending[i].number == number)
			return &pending[i];
	return NULL;
}

static int send_order(struct pending *p, struct order *order)
{
	static uint64_t last;

	if (to_process < 0)
		return -EPIPE;
	if (!p)
		return -EBUSY;
	order->number = last + 1;
	if (send(to_process, order, sizeof(*order), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? -EBUSY : -EPIPE;
	p->number = ++last;
	p->code = -EINPROGRESS;
	return 0;
}

int canceller_order(const struct headway_id *id, const char *reason, uint64_t *number)
{
	struct order order = {.id = *id};
	int code;

	memcpy(order.reason, reason, strnlen(reason, sizeof(order.reason) - 1));
	pthread_mutex_lock(&lock);
	code = send_order(pending_find(0), &order);
	pthread_mutex_unlock(&lock);
	*number = order.number;
	return code;
}

int canceller_answer(uint64_t number)
{
	const struct pending *p;
	int code;

	pthread_mutex_lock(&lock);
	p = pending_find(number);
	code = p ? p->code : -EPIPE;
	pthread_mutex_unlock(&lock);
	return code;
}

void canceller_forget(uint64_t number)
{
	struct pending *p;

	pthread_mutex_lock(&lock);
	p = number ? pending_find(number) : NULL;
	if (p)
		p->number = 0;
	pthread_mutex_unlock(&lock);
}

int canceller_fd(void)
{
	return to_process;
}

/* Under lock: the process is gone, and whoever waits for it learns that. */
static void process_is_gone(void)
{
	close(to_process);
	to_process = -1;
	for (int i = 0; i < CANCEL_ORDERS; i++)
		if (pending[i].code == -EINPROGRESS)
			pending[i].code = -EPIPE;
}

/* Under lock. The request may have been given up; what was done is logged nevertheless. */
static void take_answer(const struct answer *answer)
{
	struct pending *p = answer->number ? pending_find(answer->number) : NULL;
	char id[HEADWAY_ID_TEXT];

	if (p)
		p->code = (int)answer->code;
	if (answer->code == 0 && headway_format_id(&answer->id, id) == 0)
		log_line("record %s was asked to stop", id);
}

void canceller_receive(void)
{
	struct answer answer;
	ssize_t got;

	pthread_mutex_lock(&lock);
	got = to_process < 0 ? -1 : recv(to_process, &answer, sizeof(answer), MSG_DONTWAIT);
	if (got == (ssize_t)sizeof(answer))
		take_answer(&answer);
	else if (to_process >= 0 && (got >= 0 || (errno != EAGAIN && errno != EINTR)))
		process_is_gone();
	pthread_mutex_unlock(&lock);
}

void canceller_stop(void)
{
	if (to_process >= 0)
		close(to_process);
	to_process = -1;
}
