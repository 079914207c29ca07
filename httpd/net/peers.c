/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/peers.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <urcu/system.h>

#include "base/clock.h"
#include "base/options.h"

enum { BUCKETS = 1024, EVICT_AT_ONCE = 32 };

/* time limit for a client to receive one answer */
#define BUSY_MOST_NS (600 * SECOND_NS)

struct address {
	/* IPv4 mapped into IPv6; an IPv6 client counts by its /64 network */
	unsigned char bytes[16];
	bool exempt; /* loopback, Unix */
};

struct peer {
	struct peer *next, *previous; /* in its hash bucket; under lock */
	struct address address;
	int fd; /* open until the closing notification; -1: accepted, and not started yet */
	bool is_shut;
	enum peer_state state; /* stored by its server thread, read under lock by sweepers */
	int64_t since_ns;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct peer *buckets[BUCKETS];
static size_t count;
static int first_fd = -1;              /* eventfd: written when the first connection is opened */
static __thread struct peer *accepted; /* accepted by this thread, and not started yet */

static struct address address_of(const struct sockaddr *from)
{
	struct address a = {.exempt = true};

	if (from && from->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;

		a.bytes[10] = a.bytes[11] = 0xff;
		memcpy(a.bytes + 12, &in->sin_addr, 4);
		a.exempt = a.bytes[12] == 127;
	} else if (from && from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)from;

		memcpy(a.bytes, &in->sin6_addr, 16);
		a.exempt = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) ||
			   (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) && a.bytes[12] == 127);
		if (!IN6_IS_ADDR_V4MAPPED(&in->sin6_addr))
			memset(a.bytes + 8, 0, 8);
	}
	return a;
}

static struct peer **bucket_of(const struct address *a)
{
	unsigned hash = 2166136261u;

	for (int i = 0; i < 16; i++)
		hash = (hash ^ a->bytes[i]) * 16777619u;
	return &buckets[hash % BUCKETS];
}

static size_t count_from(const struct address *a)
{
	size_t number = 0;

	for (const struct peer *p = *bucket_of(a); p; p = p->next)
		number += memcmp(p->address.bytes, a->bytes, sizeof(a->bytes)) == 0;
	return number;
}

static void disconnect(struct peer *p)
{
	p->is_shut = true;
	shutdown(p->fd, SHUT_RDWR);
}

/* Inserts p into the array of the longest idle connections, oldest first. */
static size_t insert_oldest(struct peer **oldest, size_t n, struct peer *p)
{
	size_t at = n;

	if (n == EVICT_AT_ONCE && oldest[n - 1]->since_ns <= p->since_ns)
		return n;
	if (n < EVICT_AT_ONCE)
		n++;
	else
		at = n - 1;
	for (; at > 0 && oldest[at - 1]->since_ns > p->since_ns; at--)
		oldest[at] = oldest[at - 1];
	oldest[at] = p;
	return n;
}

/* Shuts down the connections that have been idle longest. */
static void evict_idle(void)
{
	struct peer *oldest[EVICT_AT_ONCE];
	size_t n = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct peer *p = buckets[i]; p; p = p->next) {
			if (!p->is_shut && p->fd >= 0 && CMM_LOAD_SHARED(p->state) == PEER_IDLE)
				n = insert_oldest(oldest, n, p);
		}
	}
	for (size_t i = 0; i < n; i++)
		disconnect(oldest[i]);
}

static void link_in(struct peer *p)
{
	struct peer **bucket = bucket_of(&p->address);

	p->previous = NULL;
	p->next = *bucket;
	if (p->next)
		p->next->previous = p;
	*bucket = p;
	count++;
}

static void take_out(struct peer *p)
{
	if (p->previous)
		p->previous->next = p->next;
	else
		*bucket_of(&p->address) = p->next;
	if (p->next)
		p->next->previous = p->previous;
	count--;
}

static bool may_connect(const struct address *a)
{
	if (count >= options.max_connections - options.max_connections / 16)
		evict_idle();
	return count < options.max_connections &&
	       (a->exempt || count_from(a) < options.max_per_address);
}

int peers_open(void)
{
	first_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return first_fd;
}

static void signal_first(void)
{
	uint64_t one = 1;
	ssize_t unused = write(first_fd, &one, sizeof(one));

	(void)unused;
}

/* Counts the connection before libmicrohttpd starts it, since another thread may accept at the same
 * time. The start notification follows in this thread, or never comes. */
enum MHD_Result peers_accept(void *unused, const struct sockaddr *from, socklen_t length)
{
	struct peer *p = accepted;
	bool allowed, first;

	(void)unused;
	(void)length;
	if (!p)
		p = calloc(1, sizeof(*p));
	if (!p)
		return MHD_NO;
	pthread_mutex_lock(&lock);
	if (accepted)
		take_out(p);
	p->address = address_of(from);
	p->fd = -1;
	first = count == 0;
	allowed = may_connect(&p->address);
	if (allowed)
		link_in(p);
	pthread_mutex_unlock(&lock);
	accepted = allowed ? p : NULL;
	if (!allowed)
		free(p);
	else if (first)
		signal_first();
	return allowed ? MHD_YES : MHD_NO;
}

static struct peer *peer_start(struct MHD_Connection *connection)
{
	struct peer *p = accepted;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	accepted = NULL;
	if (!p)
		return NULL;
	pthread_mutex_lock(&lock);
	p->since_ns = now_ns();
	p->fd = fd;
	pthread_mutex_unlock(&lock);
	return p;
}

static void peer_remove(struct peer *p)
{
	pthread_mutex_lock(&lock);
	take_out(p);
	pthread_mutex_unlock(&lock);
	free(p);
}

void peers_notify(void *unused, struct MHD_Connection *connection, void **socket_context,
		  enum MHD_ConnectionNotificationCode code)
{
	(void)unused;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = peer_start(connection);
	else if (*socket_context)
		peer_remove(*socket_context);
}

struct peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void peer_set(struct peer *p, enum peer_state state)
{
	if (!p)
		return;
	CMM_STORE_SHARED(p->since_ns, now_ns());
	CMM_STORE_SHARED(p->state, state);
}

static bool takes_too_long(const struct peer *p, int64_t now)
{
	int64_t lasted = now - CMM_LOAD_SHARED(p->since_ns);

	switch (CMM_LOAD_SHARED(p->state)) {
	case PEER_IDLE:
		return lasted > options.timeout_s * SECOND_NS;
	case PEER_BUSY:
		return lasted > BUSY_MOST_NS;
	default:
		return false;
	}
}

size_t peers_sweep(void)
{
	int64_t now = now_ns();
	size_t number;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct peer *p = buckets[i]; p; p = p->next) {
			if (!p->is_shut && p->fd >= 0 && takes_too_long(p, now))
				disconnect(p);
		}
	}
	number = count;
	pthread_mutex_unlock(&lock);
	return number;
}

size_t peers_count(void)
{
	size_t number;

	pthread_mutex_lock(&lock);
	number = count;
	pthread_mutex_unlock(&lock);
	return number;
}

size_t peers_busy(void)
{
	size_t number = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct peer *p = buckets[i]; p; p = p->next)
			number += CMM_LOAD_SHARED(p->state) != PEER_IDLE;
	}
	pthread_mutex_unlock(&lock);
	return number;
}
