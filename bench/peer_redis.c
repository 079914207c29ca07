/* SPDX-License-Identifier: BSD-3-Clause */
/* Redis over a Unix socket: HSET commands one by one, or 64 in a pipeline. The commands are
 * formatted before the timing. The server is started here, without persistence, on the other
 * processor. */
#include "peers.h"

#if __has_include(<hiredis/hiredis.h>)

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIPELINE = 64, STARTS = 500 };

struct command {
	char *text;
	size_t length;
};

struct writer {
	redisContext *redis;
	const char *hash;
	struct command commands[SAMPLE_UPDATES];
	unsigned next;
};

static pid_t server;
static pid_t server_owner;

static void server_end(void)
{
	if (getpid() == server_owner)
		peer_end(server);
}

static redisContext *connect_to(const char *path)
{
	for (int i = 0; i < STARTS; i++) {
		redisContext *redis = redisConnectUnix(path);

		if (redis && !redis->err)
			return redis;
		redisFree(redis);
		usleep(10000);
	}
	return NULL;
}

/* Path of the server's socket. The first call starts the server; NULL if redis-server is not
 * installed. */
static const char *server_socket(void)
{
	static const char *path;
	const char *arguments[] = {"redis-server", "--port",       "0",       "--unixsocket",
				   NULL,           "--save",       "",        "--dir",
				   NULL,           "--appendonly", "no",      "--daemonize",
				   "no",           "--loglevel",   "warning", NULL};

	if (path)
		return path;
	if (system("command -v redis-server >/dev/null 2>&1") != 0)
		return NULL;
	path = sample_arena_path("redis.sock");
	arguments[4] = path;
	arguments[8] = bench_dir();
	server = peer_start(arguments, -1, -1, 1);
	server_owner = getpid();
	atexit(server_end);
	return path;
}

static void must(const struct writer *w, redisReply *reply)
{
	if (!reply)
		bench_fail("redis: %s", w->redis->errstr);
	if (reply->type == REDIS_REPLY_ERROR)
		bench_fail("redis: %s", reply->str);
	freeReplyObject(reply);
}

static void *join(void *argument, unsigned worker)
{
	struct writer *w = argument;

	(void)worker;
	w->redis = connect_to(server_socket());
	if (!w->redis)
		bench_fail("redis-server does not answer at %s", server_socket());
	for (unsigned i = 0; i < SAMPLE_UPDATES; i++) {
		const char *argv[] = {"HSET", w->hash, sample_updates[i].key,
				      sample_updates[i].value};
		int length = (int)redisFormatCommandArgv(&w->commands[i].text, 4, argv, NULL);

		w->commands[i].length = (size_t)length;
		if (i < SAMPLE_KEYS)
			must(w, redisCommandArgv(w->redis, 4, argv, NULL));
	}
	return w;
}

static void append(struct writer *w)
{
	const struct command *c = &w->commands[w->next];

	redisAppendFormattedCommand(w->redis, c->text, c->length);
	w->next = (w->next + 1) % SAMPLE_UPDATES;
}

static void collect(struct writer *w)
{
	void *reply = NULL;

	if (redisGetReply(w->redis, &reply) != REDIS_OK)
		bench_fail("redis: %s", w->redis->errstr);
	must(w, reply);
}

static void run(void *context, uint64_t count)
{
	while (count--) {
		append(context);
		collect(context);
	}
}

/* count is a multiple of PIPELINE. */
static void run_pipelined(void *context, uint64_t count)
{
	for (; count; count -= PIPELINE) {
		for (int i = 0; i < PIPELINE; i++)
			append(context);
		for (int i = 0; i < PIPELINE; i++)
			collect(context);
	}
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct writer *w = context;

	for (unsigned i = 0; i < SAMPLE_KEYS; i++) {
		redisReply *reply = redisCommand(w->redis, "HGET %s %s", w->hash,
						 sample_updates[i].key);

		if (!reply || reply->type != REDIS_REPLY_STRING)
			bench_fail("redis: no such field: %s", sample_updates[i].key);
		peer_verify("redis", i, reply->str, reply->len, ops[0]);
		freeReplyObject(reply);
	}
}

bool peer_redis(struct bench_side *side)
{
	static struct writer writer = {.hash = "record:1"};

	if (!server_socket())
		return peer_skip("redis", "no redis-server");
	*side = (struct bench_side){.name = "Redis,_HSET",
				    .argument = &writer,
				    .join = join,
				    .run = run,
				    .check = check};
	return true;
}

bool peer_redis_pipelined(struct bench_side *side)
{
	static struct writer writer = {.hash = "record:2"};

	if (!server_socket())
		return false;
	*side = (struct bench_side){.name = "Redis,_64_HSETs_at_a_time",
				    .argument = &writer,
				    .join = join,
				    .batch = PIPELINE,
				    .run = run_pipelined,
				    .check = check};
	return true;
}

#else

bool peer_redis(struct bench_side *side)
{
	(void)side;
	return peer_skip("redis", "built without libhiredis-dev");
}

bool peer_redis_pipelined(struct bench_side *side)
{
	(void)side;
	return false;
}

#endif
