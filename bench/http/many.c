/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load for bench_http.sh:
 *	many records COUNT           starts records in $HEADWAY_ARENA, with five messages each
 *	many changes RATE SECONDS    sets RATE messages a second in a hundred records in turn, and at the end
 *	                             one with the text LAST
 *	many followers PORT COUNT    opens event streams of those hundred; prints "up" when each has the full
 *	                             state, and the number of events when each has received LAST
 *	many latency PORT COUNT      changes a record and waits for the event, COUNT times: milliseconds, one
 *	                             line each
 */
#include "../typical.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LAST  "the last one"
#define EVENT "event: progress"
/* REST: bytes kept between two reads, since a mark may be split; too short to contain an EVENT that
 * was counted already. */
enum { CHANGED = 100, PATIENCE_S = 120, REST = sizeof(EVENT) - 2 };

static int die(const char *what)
{
	fprintf(stderr, "many: %s\n", what);
	return 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
	double left = when - now();

	if (left > 0)
		usleep((useconds_t)(left * 1e6));
}

static int records(int count)
{
	struct headway_arena *arena;
	struct headway_record *record;
	int error = headway_open(NULL, NULL, &arena);

	for (int i = 0; i < count && !error; i++) {
		error = typical_start(arena, "job", &record);
		if (!error)
			error = typical_messages(record);
		if (!error)
			headway_release(record);
	}
	return error ? die(headway_strerror(error)) : 0;
}

static int changes(int rate, double seconds)
{
	struct headway_record *record[CHANGED];
	struct headway_arena *arena;
	double due = now(), end = due + seconds;
	int error = headway_open(NULL, NULL, &arena);

	for (int i = 0; i < CHANGED && !error; i++)
		error = typical_start(arena, "event", &record[i]);
	for (int i = 0; due < end && !error; i++, due += 1.0 / rate) {
		char text[32];

		sleep_until(due);
		snprintf(text, sizeof(text), "change %d", i);
		error = headway_message(record[i % CHANGED], "Step", text);
	}
	if (!error)
		error = headway_message(record[0], "Step", LAST);
	return error ? die(headway_strerror(error)) : 0;
}

/* ---- streams --------------------------------------------------------------------------------- */

struct stream {
	int fd;
	size_t kept;
	char rest[REST];
	bool seen; /* the awaited mark has been received */
};

static int stream_open(struct stream *s, int port)
{
	static const char request[] =
		"GET /_/events?name=event HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		return -1;
	return write(s->fd, request, sizeof(request) - 1) == (ssize_t)sizeof(request) - 1 ? 0 : -1;
}

/* Reads once. Returns the number of complete events, or -1 at the end. */
static long stream_read(struct stream *s, const char *mark)
{
	char text[REST + 65536 + 1];
	ssize_t got = read(s->fd, text + s->kept, 65536);
	size_t length = s->kept + (size_t)(got > 0 ? got : 0);
	long events = 0;

	if (got <= 0)
		return -1;
	memcpy(text, s->rest, s->kept);
	text[length] = '\0';
	s->seen |= strstr(text, mark) != NULL;
	for (char *at = text; (at = strstr(at, EVENT)); at++)
		events++;
	s->kept = length < REST ? length : REST;
	memcpy(s->rest, text + length - s->kept, s->kept);
	return events;
}

/* Reads all streams until each has received the mark. Returns the number of events, or -1. */
static long streams_read(struct stream *streams, int count, int poll, const char *mark)
{
	double end = now() + PATIENCE_S;
	int missing = count;
	long events = 0;

	for (int i = 0; i < count; i++)
		streams[i].seen = false;
	while (missing > 0 && now() < end) {
		struct epoll_event ready[64];
		int n = epoll_wait(poll, ready, 64, 100);

		for (int i = 0; i < n; i++) {
			struct stream *s = ready[i].data.ptr;
			bool before = s->seen;
			long came = stream_read(s, mark);

			if (came < 0)
				return -1;
			events += came;
			missing -= s->seen && !before;
		}
	}
	return missing ? -1 : events;
}

static int followers(int port, int count)
{
	struct rlimit files = {(rlim_t)count + 64, (rlim_t)count + 64};
	struct stream *streams = calloc((size_t)count, sizeof(*streams));
	int poll = epoll_create1(EPOLL_CLOEXEC);
	long events;

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < count && streams; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &streams[i]};

		if (stream_open(&streams[i], port) != 0 ||
		    epoll_ctl(poll, EPOLL_CTL_ADD, streams[i].fd, &event) != 0)
			return die("cannot connect");
	}
	if (!streams || streams_read(streams, count, poll, "event: ready") < 0)
		return die("not every stream got the full state");
	printf("up\n");
	fflush(stdout);
	events = streams_read(streams, count, poll, LAST);
	if (events < 0)
		return die("not every stream got the last change");
	printf("%ld\n", events);
	return 0;
}

static int latency(int port, int count)
{
	struct headway_arena *arena;
	struct headway_record *record;
	struct stream s = {0};
	int error = headway_open(NULL, NULL, &arena);

	if (!error)
		error = typical_start(arena, "event", &record);
	if (error || stream_open(&s, port) != 0)
		return die(error ? headway_strerror(error) : "cannot connect");
	while (!s.seen)
		if (stream_read(&s, "event: ready") < 0)
			return die("the stream was closed");
	for (int i = 0; i < count; i++) {
		double began;
		char text[32];

		usleep(50000 +
		       (useconds_t)rand() % 200000); /* anywhere in the collector's period */
		snprintf(text, sizeof(text), "change %d.", i);
		began = now();
		if (headway_message(record, "Step", text) != 0)
			return die("cannot change the record");
		for (s.seen = false; !s.seen;)
			if (stream_read(&s, text) < 0)
				return die("the stream was closed");
		printf("%.2f\n", (now() - began) * 1e3);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "records"))
		return records(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "changes"))
		return changes(atoi(argv[2]), atof(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "followers"))
		return followers(atoi(argv[2]), atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "latency"))
		return latency(atoi(argv[2]), atoi(argv[3]));
	return die("usage: see the head of many.c");
}
