/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chaos: processes and threads make every call at random, while they are killed, stopped, forked
 * and replaced by exec, and the arena is replaced under them.
 *
 * The parent collects their reports (oracle.h) and inspects the arena: counters lie between what
 * was acknowledged and what was intended, every change is one revision, no ended record changes, no
 * id reads another record, and no record vanishes that nobody ended. At the end the dead members
 * are swept, and no block is missing.
 *
 * The seed determines the random choices, but not the scheduling. 5 seconds; 60 with --long.
 */
#include "chaos/oracle.h"
#include "chaos/worker.h"
#include "kit/options.h"
#include "kit/processes.h"

#include <fcntl.h>
#include <sys/prctl.h>

enum { WORKERS_MOST = 4 };

static struct {
	pid_t pid[WORKERS_MOST];
	uint64_t wake_ns[WORKERS_MOST]; /* continued at this time; 0: not stopped */
	unsigned workers;
	struct headway_arena *arena[ARENAS_MOST];
	const char *link[ARENAS_MOST];
	int arenas;
	const char *path;
	struct board *board;
	uint64_t chance, kills, stops, spawned;
	struct test_options how;
} chaos;

static struct oracle oracle;

/* ---- processes ------------------------------------------------------------------------------- */

static void fd_move(int from, int to)
{
	NEED(from == to || dup2(from, to) == to);
}

/* Entry of a worker after fork and exec: chaos --worker PATH SEED THREADS */
static int worker_main(char **arguments)
{
	static struct worker w;
	static char seed[24];

	setvbuf(stdout, NULL, _IOLBF, 0);
	w.path = arguments[2];
	w.seed = strtoull(arguments[3], NULL, 0);
	w.threads = (unsigned)atoi(arguments[4]);
	w.board = mmap(NULL, sizeof *w.board, PROT_READ | PROT_WRITE, MAP_SHARED, BOARD_FD, 0);
	NEED(w.board != MAP_FAILED);
	die_with_parent((pid_t)w.board->driver);
	snprintf(seed, sizeof seed, "%llu", (unsigned long long)(w.seed + 77));
	arguments[3] = seed;
	w.again = arguments;
	worker_run(&w);
	return 0;
}

static void worker_spawn(unsigned i)
{
	char seed[24], threads[4];
	char *arguments[] = {"chaos", "--worker", (char *)(uintptr_t)chaos.path,
			     seed,    threads,    NULL};

	snprintf(seed, sizeof seed, "%llu", (unsigned long long)check_random(&chaos.chance));
	snprintf(threads, sizeof threads, "%u", chaos.how.all ? 3 : 2);
	fflush(stdout);
	/* vfork() returns after the child has set its death signal, so it can be stopped */
	chaos.pid[i] = vfork();
	if (chaos.pid[i] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == check_owner)
			execv("/proc/self/exe", arguments);
		_exit(1);
	}
	NEED(chaos.pid[i] >= 0);
	chaos.spawned++;
	chaos.wake_ns[i] = 0;
}

/* Replaces workers that ended. They must have been killed, or have exited as planned. */
static void workers_tend(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

		for (unsigned i = 0; i < chaos.workers; i++)
			if (chaos.pid[i] == pid)
				worker_spawn(i);
		if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status)))
			FAIL("process %d ended with %#x", (int)pid, status);
	}
	for (unsigned i = 0; i < chaos.workers; i++) {
		if (chaos.wake_ns[i] && check_ns() > chaos.wake_ns[i]) {
			kill(chaos.pid[i], SIGCONT);
			chaos.wake_ns[i] = 0;
		}
	}
}

static void worker_harm(void)
{
	uint64_t what = check_random(&chaos.chance) % 16;
	unsigned i = (unsigned)(check_random(&chaos.chance) % chaos.workers);

	if (what < 5) {
		kill(chaos.pid[i], SIGKILL);
		chaos.kills++;
	} else if (what < 12 && !chaos.wake_ns[i]) {
		kill(chaos.pid[i], SIGSTOP);
		chaos.wake_ns[i] = check_ns() + check_random(&chaos.chance) % 300000000;
		chaos.stops++;
	} else if (what < 14) {
		uint64_t *child = &chaos.board->children[check_random(&chaos.chance) % BOARD];
		pid_t pid = (pid_t)__atomic_exchange_n(child, 0, __ATOMIC_RELAXED);

		if (pid > 0 && getpgid(pid) == getpgid(0))
			kill(pid, SIGKILL);
	}
}

/* ---- arenas ---------------------------------------------------------------------------------- */

/* Gives the present arena a second name, under which it is checked after its replacement. */
static void arena_adopt(void)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	int n = chaos.arenas++;
	char what[24];

	NEED(n < ARENAS_MOST);
	headway_close(worker_open(chaos.path, true));
	snprintf(what, sizeof what, "chaos-%d", n);
	chaos.link[n] = check_path(what);
	NEED(link(chaos.path, chaos.link[n]) == 0);
	NEED(headway_open(chaos.link[n], &options, &chaos.arena[n]) == 0);
}

static void arena_replace(void)
{
	if (chaos.arenas == ARENAS_MOST)
		return;
	NEED(headway_unlink(chaos.path) == 0);
	arena_adopt();
}

static void arena_audit(struct headway_arena *arena, bool at_rest)
{
	struct headway_fsck_report r = {.size = sizeof r};
	int error = headway_fsck(arena, &r);

	if (error || r.leaked || r.damaged || (at_rest && r.in_transit))
		FAIL("fsck %s says %s: leaked %llu damaged %llu in transit %llu: %s",
		     at_rest ? "at rest" : "in use", headway_strerror(error),
		     (unsigned long long)r.leaked, (unsigned long long)r.damaged,
		     (unsigned long long)r.in_transit, r.first);
}

static void nobody_runs(const struct oracle *o)
{
	for (unsigned i = 0; i < o->seen; i++)
		if (o->sight[i].status == HEADWAY_RUNNING &&
		    !oracle_find(&oracle, o->sight[i].token)->detached)
			FAIL("record %016llx of a dead owner is Running",
			     (unsigned long long)o->sight[i].token);
}

/* No process is left: sweep, inspect, fsck. */
static void arena_end(int n)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	struct headway_options watching = {.flags = HEADWAY_READ_ONLY};
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *arena;

	headway_close(chaos.arena[n]);
	NEED(headway_open(chaos.link[n], &options, &arena) == 0);
	NEED(headway_reap(arena, NULL, NULL) == 0);
	headway_close(arena);
	NEED(headway_open(chaos.link[n], &watching, &arena) == 0);
	oracle_look(&oracle, arena, n);
	nobody_runs(&oracle);
	judge_absent(&oracle, arena, n, true);
	arena_audit(arena, true);
	NEED(headway_info(arena, &info) == 0);
	if (info.members_alive || info.members_dead)
		FAIL("%u members live and %u are dead when nobody is there", info.members_alive,
		     info.members_dead);
	headway_close(arena);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void look_around(void)
{
	int n = (int)(check_random(&chaos.chance) % (uint64_t)chaos.arenas);

	if (check_random(&chaos.chance) % 2)
		n = chaos.arenas - 1;
	oracle_look(&oracle, chaos.arena[n], n);
	judge_absent(&oracle, chaos.arena[n], n, false);
	switch (check_random(&chaos.chance) % 4) {
	case 0:
		arena_audit(chaos.arena[n], false);
		break;
	case 1:
		if (headway_reap(chaos.arena[n], NULL, NULL) != 0)
			FAIL("the parent cannot reap");
		break;
	}
}

static void stop_all(void)
{
	uint64_t end = check_ns() + 20000000000u;

	__atomic_store_n(&chaos.board->stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < chaos.workers; i++)
		kill(chaos.pid[i], i % 2 ? SIGCONT : SIGKILL);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		oracle_drain(&oracle);
		if (pid < 0)
			break;
		if (pid == 0)
			usleep(1000);
		if (check_ns() > end) {
			FAIL("a process does not end");
			for (unsigned i = 0; i < chaos.workers; i++)
				kill(chaos.pid[i], SIGKILL);
			break;
		}
	}
	oracle_drain(&oracle);
}

static void set_up(void)
{
	int ends[2], board;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	chaos.path = check_path("chaos");
	chaos.workers = chaos.how.all ? 4 : 3;
	chaos.chance = chaos.how.seed;
	board = memfd_create("board", 0);
	NEED(board >= 0 && ftruncate(board, sizeof *chaos.board) == 0);
	NEED(pipe2(ends, O_NONBLOCK) == 0);
	oracle.pipe = fcntl(ends[0], F_DUPFD_CLOEXEC, 50);
	board = fcntl(board, F_DUPFD_CLOEXEC, 50);
	ends[1] = fcntl(ends[1], F_DUPFD_CLOEXEC, 50);
	fd_move(ends[1], PIPE_FD);
	fd_move(board, BOARD_FD);
	NEED(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) > 0);
	NEED(fcntl(PIPE_FD, F_SETFL, O_WRONLY) == 0); /* writers block, the reader does not */
	chaos.board = mmap(NULL, sizeof *chaos.board, PROT_READ | PROT_WRITE, MAP_SHARED, BOARD_FD,
			   0);
	NEED(chaos.board != MAP_FAILED);
	chaos.board->driver = getpid();
	oracle.known = mmap(NULL, RECORDS_MOST * sizeof *oracle.known, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	oracle.live = calloc(RECORDS_MOST, sizeof *oracle.live);
	NEED(oracle.live && oracle.known != MAP_FAILED);
}

int main(int argc, char **argv)
{
	uint64_t end, next = 0, replaced;

	if (argc == 5 && strcmp(argv[1], "--worker") == 0)
		return worker_main(argv);
	chaos.how = options_read(argc, argv);
	check_begin(chaos.how.all ? 200 : 100);
	set_up();
	printf("seed %#llx\n", (unsigned long long)chaos.how.seed);
	arena_adopt();
	for (unsigned i = 0; i < chaos.workers; i++)
		worker_spawn(i);
	end = check_ns() + (chaos.how.all ? 60000000000u : 5000000000u);
	replaced = check_ns();
	while (check_ns() < end && oracle.found < CHECK_MOST &&
	       oracle.count < RECORDS_MOST / 4 * 3) {
		oracle_drain(&oracle);
		workers_tend();
		if (check_ns() < next) {
			usleep(500);
			continue;
		}
		next = check_ns() + check_random(&chaos.chance) % 30000000;
		worker_harm();
		look_around();
		if (check_ns() - replaced > (chaos.how.all ? 3000000000u : 1500000000u)) {
			arena_replace();
			replaced = check_ns();
		}
	}
	stop_all();
	for (int n = 0; n < chaos.arenas; n++)
		arena_end(n);
	check_failures += (unsigned)oracle.found; /* already printed by the workers */
	printf("RESULT chaos records=%llu adds=%llu changes=%llu ends=%llu sights=%llu kills=%llu "
	       "stops=%llu processes=%llu arenas=%d findings=%u\n",
	       (unsigned long long)oracle.count, (unsigned long long)oracle.adds,
	       (unsigned long long)oracle.changes, (unsigned long long)oracle.ends,
	       (unsigned long long)oracle.sights, (unsigned long long)chaos.kills,
	       (unsigned long long)chaos.stops, (unsigned long long)chaos.spawned, chaos.arenas,
	       check_failures);
	return check_end();
}
