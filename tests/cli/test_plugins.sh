#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The static library in two plugins of one process: fork() works in both, and a plugin can be
# unloaded while a thread that called it still runs.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
need gcc

cat >"$folder/plugin.c" <<'C'
#include <headway.h>

static struct headway_arena *arena;
static struct headway_record *record;

int plugin_begin(const char *name)
{
	struct headway_options options = {.size = sizeof options, .slots = 16, .members = 8};
	int error = headway_open(name, &options, &arena);

	return error ? error : headway_start(arena, 0, &record);
}

int plugin_update(void)
{
	return headway_message(record, "key", "value");
}

void plugin_end(void)
{
	headway_release(record);
	headway_close(arena);
}
C
cat >"$folder/host.c" <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plugin {
	void *handle;
	int (*begin)(const char *), (*update)(void);
	void (*end)(void);
} plugins[2];
static pthread_barrier_t gate;

#define NEED(condition) ((condition) ? (void)0 : (printf("not so: %s\n", #condition), exit(1)))

static void load(struct plugin *p, const char *path, const char *name)
{
	p->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	NEED(p->handle);
	p->begin = (int (*)(const char *))dlsym(p->handle, "plugin_begin");
	p->update = (int (*)(void))dlsym(p->handle, "plugin_update");
	p->end = (void (*)(void))dlsym(p->handle, "plugin_end");
	NEED(p->begin(name) == 0);
}

static void *thread(void *unused)
{
	NEED(plugins[0].update() == 0 && plugins[1].update() == 0);
	pthread_barrier_wait(&gate); /* used both */
	pthread_barrier_wait(&gate); /* both are gone */
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t id;

	alarm(30);
	NEED(argc == 4);
	for (int i = 0; i < 2; i++)
		load(&plugins[i], argv[1 + i], argv[3]);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		int status = 1;

		if (pid == 0) {
			alarm(10);
			_exit(plugins[0].update() || plugins[1].update());
		}
		NEED(waitpid(pid, &status, 0) == pid && status == 0);
	}
	pthread_barrier_init(&gate, 0, 2);
	NEED(pthread_create(&id, 0, thread, 0) == 0);
	pthread_barrier_wait(&gate);
	for (int i = 0; i < 2; i++) {
		plugins[i].end();
		NEED(dlclose(plugins[i].handle) == 0);
		NEED(!dlopen(argv[1 + i], RTLD_NOW | RTLD_NOLOAD));
	}
	pthread_barrier_wait(&gate);
	NEED(pthread_join(id, 0) == 0);
	NEED(fork() > 0 || (_exit(0), 0));
	NEED(wait(0) > 0);
	puts("done");
}
C
gcc -fPIC -shared -Wl,-z,defs -I "$here/../../lib" -o "$folder/one.so" "$folder/plugin.c" "$BIN/libheadway.a" -lpthread &&
	cp "$folder/one.so" "$folder/two.so" &&
	gcc -o "$folder/host" "$folder/host.c" -lpthread -ldl || exit 1

ok 'two plugins in one process' "$folder/host" "$folder/one.so" "$folder/two.so" "$HEADWAY_ARENA"
is 'all of it was done' 'done' "$out"
finish
