/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The job of the demonstration: lists real files, computes their checksums in several processes,
 * and compresses them in another. Every process has its own record, a child of the job's; they
 * share only the arena and their queues. Half-way the job kills one of its checksum processes, to
 * show an accident.
 *
 *   pipeline FOLDER MEGABYTES      prints the job's id first, then runs it
 */
#include <headway.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

enum { WORKERS = 3, CHUNK = 1 << 16, FILES = 0 };

/* An element of the queues: a file, and its checksum once it is computed. */
struct item {
	uint64_t bytes;
	uint32_t checksum;
	char path[2000];
};

static struct headway_arena *arena;
static struct headway_id job_id;
static const char *folder;
static uint64_t bytes_most;

static void die(const char *what, int error)
{
	fprintf(stderr, "pipeline: %s: %s\n", what, headway_strerror(error));
	exit(1);
}

static struct headway_record *record_start(const char *name, uint64_t total)
{
	static const char *const counters[] = {"files", NULL};
	struct headway_spec spec = {.size = sizeof spec,
				    .name = name,
				    .unit = "bytes",
				    .total = total,
				    .parent = &job_id,
				    .counters = counters};
	struct headway_record *record;
	int error = headway_start(arena, &spec, &record);

	if (error)
		die(name, error);
	return record;
}

static void record_finish(struct headway_record *record, const char *format, uint64_t a, uint64_t b)
{
	char results[160];

	snprintf(results, sizeof results, format, (unsigned long long)a, (unsigned long long)b);
	(void)headway_finish_with_results(record, results, strlen(results));
	headway_release(record);
}

/* ---- list ------------------------------------------------------------------------------------ */

/* Calls each with every readable regular file until bytes_most is reached; returns their bytes. */
static uint64_t files_walk(void (*each)(const FTSENT *, void *), void *argument)
{
	char *roots[] = {(char *)(uintptr_t)folder, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	uint64_t bytes = 0;
	FTSENT *entry;

	while (walk && bytes < bytes_most && (entry = fts_read(walk))) {
		if (entry->fts_info != FTS_F || entry->fts_statp->st_size == 0 ||
		    entry->fts_pathlen >= (int)sizeof(((struct item *)0)->path))
			continue;
		bytes += (uint64_t)entry->fts_statp->st_size;
		if (each)
			each(entry, argument);
	}
	if (walk)
		fts_close(walk);
	return bytes;
}

struct lister {
	struct headway_record *record;
	int queue;
};

static void list_one(const FTSENT *entry, void *argument)
{
	struct lister *l = argument;
	struct item item = {.bytes = (uint64_t)entry->fts_statp->st_size};

	memcpy(item.path, entry->fts_path, entry->fts_pathlen + 1u);
	(void)headway_message(l->record, "File", item.path);
	if (send(l->queue, &item, sizeof item, MSG_NOSIGNAL) < 0)
		exit(1);
	(void)headway_add(l->record, item.bytes);
	(void)headway_counter_add(l->record, FILES, 1);
}

static void list(int from, int to, uint64_t total)
{
	struct lister l = {record_start("list", total), to};
	uint64_t bytes = files_walk(list_one, &l);

	(void)from;
	record_finish(l.record, "{\"bytes\":%llu}", bytes, 0);
}

/* ---- checksum -------------------------------------------------------------------------------- */

static void checksum_one(struct headway_record *record, struct item *item)
{
	static unsigned char buffer[CHUNK];
	int fd = open(item->path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	(void)headway_message(record, "File", item->path);
	item->checksum = (uint32_t)crc32(0, NULL, 0);
	while (fd >= 0 && (got = read(fd, buffer, sizeof buffer)) > 0) {
		item->checksum = (uint32_t)crc32(item->checksum, buffer, (unsigned)got);
		(void)headway_add(record, (uint64_t)got);
	}
	if (fd < 0 || got < 0)
		(void)headway_message(record, "Skipped", item->path);
	if (fd >= 0)
		close(fd);
	(void)headway_counter_add(record, FILES, 1);
}

static void checksum(int from, int to, uint64_t number)
{
	char name[32];
	struct headway_record *record;
	struct item item;
	uint64_t files = 0, all = 0;

	snprintf(name, sizeof name, "checksum %u", (unsigned)number);
	record = record_start(name, 0);
	while (recv(from, &item, sizeof item, 0) == sizeof item) {
		checksum_one(record, &item);
		all ^= item.checksum;
		files++;
		if (send(to, &item, sizeof item, MSG_NOSIGNAL) < 0)
			break;
	}
	record_finish(record, "{\"files\":%llu,\"xor\":%llu}", files, all);
}

/* ---- compress -------------------------------------------------------------------------------- */

static uint64_t compress_one(struct headway_record *record, const struct item *item)
{
	static unsigned char in[CHUNK], out[CHUNK];
	z_stream z = {0};
	int fd = open(item->path, O_RDONLY | O_CLOEXEC), flush = Z_NO_FLUSH;
	uint64_t written;

	if (fd < 0 || deflateInit(&z, 6) != Z_OK)
		return 0;
	while (flush != Z_FINISH) {
		ssize_t got = read(fd, in, sizeof in);

		flush = got > 0 ? Z_NO_FLUSH : Z_FINISH;
		z.next_in = in;
		z.avail_in = got > 0 ? (unsigned)got : 0;
		do {
			z.next_out = out;
			z.avail_out = sizeof out;
			(void)deflate(&z, flush);
		} while (z.avail_out == 0);
		if (got > 0)
			(void)headway_add(record, (uint64_t)got);
	}
	written = z.total_out;
	deflateEnd(&z);
	close(fd);
	return written;
}

static void compress_all(int from, int to, uint64_t total)
{
	struct headway_record *record = record_start("compress", total);
	uint64_t in = 0, out = 0;
	struct item item;
	char ratio[32];

	(void)to;
	while (recv(from, &item, sizeof item, 0) == sizeof item) {
		out += compress_one(record, &item);
		in += item.bytes;
		(void)headway_counter_add(record, FILES, 1);
		snprintf(ratio, sizeof ratio, "%.1f %%", in ? 100.0 * (double)out / (double)in : 0);
		(void)headway_update(
			record, (struct headway_message[]){{"File", item.path}, {"Ratio", ratio}},
			2);
	}
	record_finish(record, "{\"bytes_in\":%llu,\"bytes_out\":%llu}", in, out);
}

/* ---- the job --------------------------------------------------------------------------------- */

struct done {
	uint64_t bytes, files;
};

/* Sets the job's progress to that of its last stage. */
static int compressed(const struct headway_snapshot *s, void *argument)
{
	struct done *done = argument;

	if (s->parent && !memcmp(s->parent, &job_id, sizeof job_id) &&
	    !strcmp(s->name, "compress")) {
		done->bytes = s->done;
		done->files = s->counters[FILES];
	}
	return 0;
}

/* Update the record of the job; half-way, kill one of its processes. */
static void follow(struct headway_record *job, pid_t last, pid_t victim, uint64_t total)
{
	struct done done = {0, 0};
	uint64_t files = 0;
	int over = 0;

	while (!over) {
		over = waitpid(last, NULL, WNOHANG) != 0;
		(void)headway_each(arena, compressed, &done);
		(void)headway_set(job, done.bytes);
		(void)headway_counter_add(job, FILES, done.files - files);
		files = done.files;
		if (victim && done.bytes >= total / 2) {
			kill(victim, SIGKILL);
			waitpid(victim, NULL, 0);
			(void)headway_message(job, "Accident",
					      "checksum 3 was killed with SIGKILL");
			(void)headway_reap(arena, NULL, NULL);
			victim = 0;
		}
		usleep(20000);
	}
}

/* Start a stage in a process of its own, which keeps the two queue ends that it uses open. */
static pid_t stage(void (*work)(int from, int to, uint64_t what), const int queues[4], int from,
		   int to, uint64_t what)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork", -errno);
	if (pid)
		return pid;
	for (int i = 0; i < 4; i++)
		if (queues[i] != from && queues[i] != to)
			close(queues[i]);
	work(from, to, what);
	headway_close(arena);
	_exit(0);
}

static void run(struct headway_record *job, uint64_t total)
{
	pid_t workers[WORKERS], compressor;
	int queues[4];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, queues) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, queues + 2))
		die("queues", -errno);
	compressor = stage(compress_all, queues, queues[3], -1, total);
	for (int i = 0; i < WORKERS; i++)
		workers[i] = stage(checksum, queues, queues[1], queues[2], (uint64_t)i + 1);
	(void)stage(list, queues, -1, queues[0], total);
	for (int i = 0; i < 4; i++)
		close(queues[i]);
	follow(job, compressor, workers[WORKERS - 1], total);
	while (wait(NULL) > 0)
		;
	record_finish(job, "{\"bytes\":%llu}", total, 0);
}

int main(int argc, char **argv)
{
	static const char *const counters[] = {"files", NULL};
	struct headway_spec spec = {.size = sizeof spec, .unit = "bytes", .counters = counters};
	struct headway_record *job;
	char name[PATH_MAX], text[HEADWAY_ID_TEXT];
	int error;

	if (argc != 3) {
		fprintf(stderr, "usage: pipeline FOLDER MEGABYTES\n");
		return 2;
	}
	folder = argv[1];
	bytes_most = strtoull(argv[2], NULL, 10) << 20;
	snprintf(name, sizeof name, "index %s", folder);
	spec.name = name;
	error = headway_open(NULL, NULL, &arena);
	if (error)
		die("arena", error);
	spec.total = files_walk(NULL, NULL);
	error = headway_start(arena, &spec, &job);
	if (error)
		die("job", error);
	headway_get_id(job, &job_id);
	headway_format_id(&job_id, text);
	printf("%s\n", text);
	fflush(stdout);
	run(job, spec.total);
	headway_close(arena);
	return 0;
}
