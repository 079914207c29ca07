/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rounds of kills: four processes make all kinds of writer calls and are killed at random moments;
 * then their remains are swept. After that nothing is leaked or damaged, every record can be read,
 * and every record of a killed owner names it.
 *
 *     test_crash_rounds [ROUNDS]     default: as many rounds as fit into 3 seconds
 */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <time.h>

enum { WRITERS = 4, OWN = 3, SECONDS = 3 };

/* The log of writer w in shared memory: the intention before each call, the success after it. */
struct account {
	volatile uint64_t adds_meant, adds_done;
	struct headway_id ids[OWN];
	volatile uint64_t updates_done[OWN]; /* since the record was started */
	/* 0: no; 1: perhaps; otherwise HEADWAY_FINISHED or HEADWAY_ERROR */
	volatile int ended[OWN];
	volatile int started[OWN];
};

static struct account *accounts;
static struct headway_id common; /* a record that all writers update */
static const char *name;
static char *long_text;
static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Return codes that are allowed in an arena so small that space runs out. */
static int is_fine(int code)
{
	return !code || code == -ENOSPC;
}

static void write_one(struct account *account, struct headway_record *record, unsigned i)
{
	char key[8], number[24];
	const char *text = long_text + 65536 - next_random() % (next_random() % 8 ? 600 : 20000);
	struct headway_message messages[2] = {{key, text}, {"number", number}};
	size_t length;
	int code;

	(void)snprintf(key, sizeof(key), "k%u", (unsigned)(next_random() % 4));
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)next_random());
	switch (next_random() % 4) {
	case 0:
		code = headway_update(record, messages, 2);
		break;
	case 1:
		length = strlen(text);
		{
			char json[20003];

			json[0] = '"';
			memcpy(json + 1, text, length);
			json[length + 1] = '"';
			code = headway_results(record, json, length + 2);
		}
		break;
	default:
		code = headway_message(record, key, number);
	}
	NEED(is_fine(code));
	if (!code)
		account->updates_done[i]++;
}

static void replace(struct account *account, struct headway_arena *arena,
		    struct headway_record **record, unsigned i)
{
	struct headway_spec spec = {.size = sizeof(spec),
				    .name = "victim",
				    .flags = next_random() % 4 ? 0 : HEADWAY_STRIPED};
	int status, code;

	if (*record) {
		status = next_random() % 2 ? HEADWAY_FINISHED : HEADWAY_ERROR;
		account->ended[i] = 1;
		code = status == HEADWAY_FINISHED ? headway_finish(*record)
						  : headway_error(*record, "as it happens");
		NEED(is_fine(code));
		account->ended[i] = code ? 0 : status;
		if (code)
			return;
		headway_release(*record);
		*record = NULL;
	}
	account->started[i] = 0;
	code = headway_start(arena, &spec, record);
	NEED(is_fine(code));
	if (code)
		return;
	NEED_INT(headway_get_id(*record, &account->ids[i]), 0);
	account->ended[i] = 0;
	account->updates_done[i] = 0;
	account->started[i] = 1;
}

static void write_until_killed(struct account *account)
{
	struct headway_arena *arena = open_arena(name, NULL);
	struct headway_record *records[OWN] = {NULL}, *shared = NULL;

	NEED_INT(headway_resume(arena, &common, &shared), 0);
	for (;;) {
		unsigned i = (unsigned)(next_random() % OWN);

		switch (next_random() % 8) {
		case 0:
			replace(account, arena, &records[i], i);
			break;
		case 1:
			account->adds_meant++;
			NEED_INT(headway_add(shared, 1), 0);
			account->adds_done++;
			break;
		case 2:
		case 3:
			NEED(is_fine(headway_message(shared, "k",
						     long_text + 65536 - next_random() % 700)));
			break;
		case 4:
			if (next_random() % 16 == 0) {
				memset((void *)account->started, 0, sizeof(account->started));
				headway_close(arena);
				for (i = 0; i < OWN; i++) {
					headway_release(records[i]);
					records[i] = NULL;
				}
				headway_release(shared);
				arena = open_arena(name, NULL);
				NEED_INT(headway_resume(arena, &common, &shared), 0);
			} else if (next_random() % 16 == 0) {
				NEED_INT(headway_reap(arena, NULL, NULL), 0);
			}
			break;
		default:
			if (records[i])
				write_one(account, records[i], i);
		}
	}
}

/* Checks record i against the log of its dead writer. */
static void check_account(struct headway_arena *arena, const struct account *account, unsigned i,
			  pid_t pid)
{
	struct headway_snapshot *snapshot = NULL;
	char text[96];
	int code = headway_read(arena, &account->ids[i], &snapshot);
	int outlived = account != &accounts[WRITERS - 1];

	if (code == -ESTALE && (account->ended[i] || outlived))
		return; /* evicted after its end, perhaps by a writer that was killed later */
	CHECK_INT(code, 0);
	if (code)
		return;
	(void)snprintf(text, sizeof(text), "owner died (pid %d, test_crash_roun)", (int)pid);
	CHECK_INT(snapshot->owner_pid, pid);
	CHECK(snapshot->version >= 1 + account->updates_done[i]);
	CHECK(snapshot->version <= 3 + account->updates_done[i]);
	if (account->ended[i] > 1)
		CHECK_INT(snapshot->status, account->ended[i]);
	if (!account->ended[i] || snapshot->lost) {
		CHECK_INT(snapshot->status, HEADWAY_ERROR);
		CHECK_INT(snapshot->lost, 1);
		CHECK_TEXT(value_of(snapshot, "Error"), text);
	}
	headway_snapshot_free(snapshot);
}

static int check_record(const struct headway_snapshot *snapshot, void *count)
{
	static char json[300000];
	int length = headway_json(snapshot, json, sizeof(json));

	++*(unsigned *)count;
	CHECK(length > 0 && (size_t)length < sizeof(json));
	if (memcmp(&snapshot->id, &common, sizeof(common)) != 0) {
		CHECK_INT(snapshot->status == HEADWAY_RUNNING, 0);
		CHECK(!snapshot->lost || value_of(snapshot, "Error"));
	}
	return 0;
}

static void one_round(struct headway_arena *keeper, struct headway_record *shared)
{
	struct headway_reap_report report = {.size = sizeof(report)};
	struct headway_info info = {.size = sizeof(info)};
	pid_t pids[WRITERS];
	unsigned seen = 0;

	memset(accounts, 0, sizeof(*accounts) * WRITERS);
	for (unsigned i = 0; i < WRITERS; i++) {
		(void)next_random();
		pids[i] = fork_child();
		if (!pids[i]) {
			seed ^= (uint64_t)getpid() << 20;
			write_until_killed(&accounts[i]);
		}
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		sleep_ms((unsigned)(next_random() % 8));
		kill_child(pids[i]);
	}
	CHECK_INT(headway_reap(keeper, NULL, &report), 0);
	CHECK_INT(headway_info(keeper, &info), 0);
	CHECK_INT(info.members_dead, 0);
	CHECK_INT(info.members_alive, 1);
	CHECK_INT(info.slots_running, 1);
	for (unsigned i = 0; i < WRITERS; i++)
		for (unsigned j = 0; j < OWN; j++)
			if (accounts[i].started[j])
				check_account(keeper, &accounts[i], j, pids[i]);
	CHECK_INT(headway_each(keeper, check_record, &seen), info.slots_used);
	CHECK_INT(seen, info.slots_used);
	CHECK_INT(headway_message(shared, "round", "over"), 0);
	check_whole(keeper, 0);
}

/* This reader is the only process, so no block may be in transit. */
static void check_at_rest(void)
{
	struct headway_arena *reader = open_read_only(name);

	check_whole(reader, 1);
	headway_close(reader);
}

int main(int argc, char **argv)
{
	struct headway_options opt = {
		.size = sizeof(opt), .slots = 24, .members = 6, .bytes = 2u << 20};
	struct headway_spec spec = {.size = sizeof(spec), .flags = HEADWAY_DETACHED};
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0, round;
	uint64_t meant = 0, done = 0;
	struct headway_snapshot *snapshot;
	double start;

	check_begin(rounds ? 1800 : 60);
	check_running = "crash_rounds";
	start = check_seconds();
	seed = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15 | 1;
	printf("seed %llu\n", (unsigned long long)seed);
	accounts = shared_memory(sizeof(*accounts) * WRITERS);
	long_text = malloc(65537);
	NEED(long_text);
	for (unsigned i = 0; i < 65536; i++)
		long_text[i] = (char)('a' + i % 26);
	long_text[65536] = 0;
	name = new_name();
	for (round = 0; rounds ? round < rounds : check_seconds() - start < SECONDS; round++) {
		struct headway_arena *keeper = open_arena(name, &opt);
		struct headway_record *shared = NULL;

		if (round)
			NEED_INT(headway_resume(keeper, &common, &shared), 0);
		else
			NEED_INT(headway_start(keeper, &spec, &shared), 0);
		NEED_INT(headway_get_id(shared, &common), 0);
		one_round(keeper, shared);
		headway_release(shared);
		headway_close(keeper);
		check_at_rest();
		for (unsigned i = 0; i < WRITERS; i++) {
			meant += accounts[i].adds_meant;
			done += accounts[i].adds_done;
		}
		if (check_failures) {
			printf("in round %ld\n", round);
			break;
		}
	}
	opt.flags = HEADWAY_READ_ONLY;
	struct headway_arena *reader = open_arena(name, &opt);
	snapshot = read_record(reader, &common);
	CHECK(snapshot->done >= done && snapshot->done <= meant);
	printf("NOTE %ld rounds, %llu adds acknowledged, %llu counted, %llu meant\n", round,
	       (unsigned long long)done, (unsigned long long)snapshot->done,
	       (unsigned long long)meant);
	headway_snapshot_free(snapshot);
	headway_close(reader);
	free(long_text);
	return check_end();
}
