/* SPDX-License-Identifier: BSD-3-Clause */
#include "security/canceller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "security/sandbox.h"

enum { ANSWER_SECONDS = 5, PAUSE_SECONDS = 60 };

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

/* What a process leaves to the one that takes over, in memory that both map. */
struct estate {
	uint64_t order; /* being carried out; 0: none */
	int64_t pause;  /* seconds, before the last restart */
	int64_t restarted_s;
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

/* False: the other side is closed, that is at the latest with the server. */
static bool serve_order(const char *name, struct estate *estate)
{
	struct answer answer = {0};
	struct order order;

	if (recv(STDIN_FILENO, &order, sizeof(order), 0) != (ssize_t)sizeof(order))
		return false;
	estate->order = order.number;
	order.reason[sizeof(order.reason) - 1] = '\0';
	answer.number = order.number;
	answer.id = order.id;
	answer.code = cancel_apart(name, &order);
	if (send(STDIN_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
		return false;
	estate->order = 0;
	return true;
}

/* ---- the two ---------------------------------------------------------------------------------

 * One serves; the other waits for its end, which it sees at a pipe, and takes over. Whichever of them is killed,
 * the other one starts a new one, in the sandbox that both are in: the server could not, from its own. */

struct pair {
	pid_t successor;          /* 0: none */
	int end;                  /* of the pipe that the successor waits at */
	int64_t start_s, serve_s; /* a successor is started, and orders are served, from then on */
};

static int64_t clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The seconds before a restart: none if the last one is long ago, else twice as many as then. */
static int64_t restart_pause(struct estate *estate)
{
	int64_t now_s = clock_s(), pause = 0;

	if (estate->restarted_s && now_s < estate->restarted_s + estate->pause + PAUSE_SECONDS)
		pause = estate->pause ? 2 * estate->pause : 1;
	estate->pause = pause < PAUSE_SECONDS ? pause : PAUSE_SECONDS;
	estate->restarted_s = now_s;
	return estate->pause;
}

/* The order that the other one had begun is answered: it may have been carried out or not. */
static void take_over(struct estate *estate)
{
	const struct answer lost = {.number = estate->order, .code = -EPIPE};
	char byte;

	if (recv(STDIN_FILENO, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(0); /* it ended with the server */
	estate->order = 0;
	if (lost.number)
		(void)send(STDIN_FILENO, &lost, sizeof(lost), MSG_NOSIGNAL);
}

/* Returns the pid of a new process, or a negative errno; and 0 in that process, when this one has ended. */
static pid_t successor_start(int *end)
{
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	close(ends[pid == 0]);
	*end = ends[pid != 0];
	if (pid > 0)
		return pid;
	while (pid == 0 && read(*end, &byte, 1) < 0 && errno == EINTR)
		;
	close(*end);
	return pid == 0 ? 0 : -EAGAIN;
}

/* In one of them, once the successor is found dead; in the other, once it has taken over. */
static void successor_keep(struct pair *pair, struct estate *estate)
{
	if (pair->successor && waitpid(pair->successor, NULL, WNOHANG) == pair->successor) {
		close(pair->end);
		pair->successor = 0;
		pair->start_s = clock_s() + restart_pause(estate);
		log_warning("the successor of the process that writes the arena was killed: "
			    "the next one starts in %lld s",
			    (long long)estate->pause);
	}
	while (!pair->successor && clock_s() >= pair->start_s) {
		pair->successor = successor_start(&pair->end);
		if (pair->successor < 0) {
			pair->successor = 0;
			pair->start_s = clock_s() + 1;
		} else if (pair->successor == 0) {
			take_over(estate);
			pair->start_s = 0;
			pair->serve_s = clock_s() + restart_pause(estate);
			log_warning("the process that writes the arena was killed: its successor "
				    "goes on in %lld s",
				    (long long)estate->pause);
		}
	}
}

/* Waits for an order, the end of the server or of a child, or the next of the two times. True: one of the first two. */
static bool order_is_there(const struct pair *pair)
{
	const int64_t now_s = clock_s();
	const bool serves = now_s >= pair->serve_s;
	struct pollfd from = {.fd = STDIN_FILENO, .events = serves ? POLLIN : 0};
	struct timespec rest = {0, 0};
	sigset_t none;

	if (!serves)
		rest.tv_sec = pair->serve_s - now_s;
	else if (!pair->successor && pair->start_s > now_s)
		rest.tv_sec = pair->start_s - now_s;
	sigemptyset(&none);
	return ppoll(&from, 1, serves && pair->successor ? NULL : &rest, &none) > 0;
}

static void serve(const char *name, struct estate *estate)
{
	struct pair pair = {0};

	do
		successor_keep(&pair, estate);
	while (!order_is_there(&pair) || serve_order(name, estate));
}

/* Neither the server's files nor its rights. */
static void confine(const char *name, bool confined)
{
	const struct sandbox keep = {.has_arena = true, .arena = name, .writes = true};
	int rc = confined ? sandbox_enter(&keep) : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (rc < 0)
		log_warning("the process that writes the arena is not confined: %s", strerror(-rc));
}

static void note_child(int unused)
{
	(void)unused; /* it ends ppoll() */
}

static void process_run(const char *name, bool confined, int from, struct estate *estate)
{
	sigset_t children;

	dup2(from, STDIN_FILENO); /* which an argument of closefrom() cannot leave out */
	closefrom(STDERR_FILENO + 1);
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_SETMASK, &children, NULL);
	signal(SIGCHLD, note_child);
	signal(SIGINT, SIG_IGN); /* of the terminal: this process ends with the server */
	signal(SIGALRM, SIG_DFL);
	confine(name, confined);
	serve(name, estate);
	_exit(0);
}

/* ---- the server's side ----------------------------------------------------------------------- */

int canceller_start(const char *arena, bool confined)
{
	struct estate *estate = mmap(NULL, sizeof(*estate), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t process;
	int ends[2];

	if (estate == MAP_FAILED)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		const int rc = -errno;

		munmap(estate, sizeof(*estate));
		return rc;
	}
	process = fork();
	if (process == 0)
		process_run(arena, confined, ends[1], estate);
	signal(SIGCHLD, SIG_IGN); /* this process need not wait for it, nor for its successors */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	munmap(estate, sizeof(*estate));
	close(ends[1]);
	if (process < 0) {
		close(ends[0]);
		return -EAGAIN;
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

/* Under lock: both processes are gone, and whoever waits for them learns that. */
static void process_is_gone(void)
{
	log_warning("the processes that write the arena were killed: requests to cancel fail until "
		    "the server is started again");
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

	if (p && p->code == -EINPROGRESS)
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
