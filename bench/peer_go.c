/* SPDX-License-Identifier: BSD-3-Clause */
/* The Go program (go/main.go): gets commands over a pipe and measures itself. */
#include "peers.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct go_program {
	pid_t pid;
	FILE *to, *from;
	char line[4096];
};

static struct go_program program;

static const char *ask(struct go_program *go, const char *question)
{
	fprintf(go->to, "%s\n", question);
	fflush(go->to);
	if (!fgets(go->line, sizeof go->line, go->from))
		bench_fail("the Go program ended at: %s", question);
	return go->line;
}

/* The program lies in the same folder as this one. */
static bool find(char path[4096])
{
	ssize_t length = readlink("/proc/self/exe", path, 4000);

	if (length <= 0)
		return false;
	path[length] = '\0';
	path = strcat(dirname(path), "/peer-go");
	return access(path, X_OK) == 0;
}

struct go_program *go_program(void)
{
	static char path[4096];
	const char *arguments[] = {path, NULL};
	int to[2], from[2];

	if (program.pid)
		return &program;
	if (!find(path)) {
		peer_skip("go", "the Go program was not built (golang-go)");
		return NULL;
	}
	if (pipe(to) != 0 || pipe(from) != 0)
		bench_fail("pipe failed");
	program.pid = peer_start(arguments, to[0], from[1], -1);
	close(to[0]);
	close(from[1]);
	program.to = fdopen(to[1], "w");
	program.from = fdopen(from[0], "r");
	for (unsigned i = 0; i < SAMPLE_UPDATES; i++)
		fprintf(program.to, "pair %s\t%s\n", sample_updates[i].key,
			sample_updates[i].value);
	return &program; /* the program ends when its standard input is closed */
}

void go_slice(struct go_program *go, const char *command, uint64_t ns, struct bench_slice *slice)
{
	unsigned long long ops, took;
	char question[64];
	int disturbed;

	snprintf(question, sizeof question, "%s %llu", command, (unsigned long long)ns);
	if (sscanf(ask(go, question), "%llu %llu %d", &ops, &took, &disturbed) != 3)
		bench_fail("the Go program says: %s", go->line);
	*slice = (struct bench_slice){.ops = ops, .ns = took, .disturbed = disturbed};
}

const char *go_show(struct go_program *go)
{
	return ask(go, "show");
}

static void message_slice(void *context, uint64_t ns, struct bench_slice *slice)
{
	go_slice(context, "message", ns, slice);
}

/* The JSON of its record contains every expected value. */
static void message_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const char *json = go_show(context);

	for (unsigned i = 0; i < SAMPLE_KEYS; i++) {
		char want[256];

		snprintf(want, sizeof want, "{\"key\":\"%s\",\"value\":\"%s\"}",
			 sample_updates[i].key, sample_value(i, ops[0]));
		if (!strstr(json, want) && !strchr(want, '>')) /* > is written as \u003e */
			bench_fail("the Go program's record lacks %s: %s", want, json);
	}
}

bool peer_go(struct bench_side *side)
{
	struct go_program *go = go_program();

	if (!go)
		return false;
	*side = (struct bench_side){.name = "Go,_mutex",
				    .argument = go,
				    .slice = message_slice,
				    .check = message_check};
	return true;
}
