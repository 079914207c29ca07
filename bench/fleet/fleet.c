/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load for bench_fleet.sh, on the arena $HEADWAY_ARENA:
 *	fleet change COUNT RATE SECONDS   starts COUNT records, prints "started", waits for a line, and then sets a
 *	                                  message of each in turn, RATE a second; prints how many
 *	fleet redis SOCKET HOST SECONDS   what a relay for Redis would do: reads the arena and writes both views of
 *	                                  each record that changed into a hash, in pipelines; prints how many, and
 *	                                  the milliseconds of processor time
 *
 * The message is the monotonic clock, so that who sees it knows how old it is.
 */
#include "../typical.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "fleet: %s\n", what);
	return 1;
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* ---- changes ------------------------------------------------------------------------------------- */

static int touch(struct headway_record *record)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)now_ns(CLOCK_MONOTONIC));
	return headway_message(record, "Step", text);
}

static int change(size_t count, double rate, double seconds)
{
	struct headway_record **record = calloc(count, sizeof(struct headway_record *));
	struct headway_arena *arena = NULL;
	int error = record ? headway_open(NULL, NULL, &arena) : -1;
	int64_t begin, end;
	uint64_t done = 0;
	char line[8];

	for (size_t i = 0; i < count && !error; i++) {
		error = typical_start(arena, "job", &record[i]);
		if (!error)
			error = typical_messages(record[i]);
	}
	puts("started");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	begin = now_ns(CLOCK_MONOTONIC);
	end = begin + (int64_t)(seconds * 1e9);
	while (!error && now_ns(CLOCK_MONOTONIC) < end) {
		uint64_t due = (uint64_t)((double)(now_ns(CLOCK_MONOTONIC) - begin) / 1e9 * rate) +
			       1;

		for (; done < due && !error; done++)
			error = touch(record[done % count]);
		usleep(1000);
	}
	printf("%llu\n", (unsigned long long)done);
	free(record);
	return error ? die(headway_strerror(error)) : 0;
}

/* ---- Redis ------------------------------------------------------------------------------------------- */

#if __has_include(<hiredis/hiredis.h>)
#include <hiredis/hiredis.h>

enum { PIPELINE = 256, RECORDS_MOST = 65536 };

struct peer {
	redisContext *redis;
	const char *host;
	unsigned pending, index;
	uint64_t written;
	uint64_t versions
		[RECORDS_MOST]; /* by the place in the walk: records come and go only in tests */
	bool failed;
};

static void drain(struct peer *p)
{
	for (; p->pending && !p->failed; p->pending--) {
		redisReply *reply = NULL;

		p->failed = redisGetReply(p->redis, (void **)&reply) != REDIS_OK ||
			    reply->type == REDIS_REPLY_ERROR;
		freeReplyObject(reply);
	}
}

static int write_one(const struct headway_snapshot *s, void *argument)
{
	static char text[65536];
	struct peer *p = argument;
	char id[HEADWAY_ID_TEXT];
	unsigned index = p->index++ % RECORDS_MOST;
	int full, status;

	if (p->versions[index] == s->version)
		return 0;
	p->versions[index] = s->version;
	full = headway_json_full(s, text, sizeof(text));
	status = headway_json(s, text + full, sizeof(text) - (size_t)full);
	headway_format_id(&s->id, id);
	redisAppendCommand(p->redis, "HSET headway:%s %s %b", p->host, id, text,
			   (size_t)(full + status));
	p->written++;
	if (++p->pending == PIPELINE)
		drain(p);
	return p->failed;
}

static int redis(const char *path, const char *host, double seconds)
{
	static struct peer p;
	struct headway_options options = {.size = sizeof(options), .flags = HEADWAY_READ_ONLY};
	int64_t end = now_ns(CLOCK_MONOTONIC) + (int64_t)(seconds * 1e9);
	struct headway_arena *arena;

	p = (struct peer){.redis = redisConnectUnix(path), .host = host};
	if (!p.redis || p.redis->err || headway_open(NULL, &options, &arena))
		return die("no Redis, or no arena");
	while (!p.failed && now_ns(CLOCK_MONOTONIC) < end) {
		p.index = 0;
		headway_each(arena, write_one, &p);
		drain(&p);
		usleep(1000);
	}
	printf("%llu %lld\n", (unsigned long long)p.written,
	       (long long)now_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000000);
	return p.failed ? die("Redis refused") : 0;
}
#else
static int redis(const char *path, const char *host, double seconds)
{
	(void)path;
	(void)host;
	(void)seconds;
	return die("built without hiredis");
}
#endif

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "change"))
		return change(strtoul(argv[2], NULL, 10), atof(argv[3]), atof(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "redis"))
		return redis(argv[2], argv[3], atof(argv[4]));
	return die("usage: see fleet.c");
}
