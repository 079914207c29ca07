/* SPDX-License-Identifier: BSD-3-Clause */
/* SQLite in /dev/shm: one prepared UPDATE per update, write-ahead log, without any sync. */
#include "peers.h"

#if __has_include(<sqlite3.h>)

#include <sqlite3.h>
#include <string.h>

struct writer {
	sqlite3 *db;
	sqlite3_stmt *insert, *update, *select;
	int first_changes;
	unsigned next;
};

static void must(struct writer *w, int code, const char *what)
{
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
		bench_fail("%s: %s", what, sqlite3_errmsg(w->db));
}

static void execute(struct writer *w, const char *sql)
{
	must(w, sqlite3_exec(w->db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(struct writer *w, const char *sql)
{
	sqlite3_stmt *statement;

	must(w, sqlite3_prepare_v3(w->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL),
	     sql);
	return statement;
}

static void step(struct writer *w, sqlite3_stmt *statement, const struct headway_message *m)
{
	must(w, sqlite3_bind_text(statement, 1, m->value, -1, SQLITE_STATIC), "bind");
	must(w, sqlite3_bind_text(statement, 2, m->key, -1, SQLITE_STATIC), "bind");
	must(w, sqlite3_step(statement), "step");
	must(w, sqlite3_reset(statement), "reset");
}

static void *join(void *argument, unsigned worker)
{
	struct writer *w = argument;

	(void)worker;
	must(w, sqlite3_open(sample_arena_path("sqlite"), &w->db), "sqlite3_open");
	execute(w, "PRAGMA journal_mode = WAL");
	execute(w, "PRAGMA synchronous = OFF");
	execute(w, "CREATE TABLE message (record INTEGER, key TEXT, value TEXT, "
		   "PRIMARY KEY (record, key)) WITHOUT ROWID");
	w->insert = prepare(w, "INSERT INTO message (record, value, key) VALUES (1, ?, ?)");
	w->update = prepare(w, "UPDATE message SET value = ? WHERE record = 1 AND key = ?");
	w->select = prepare(w, "SELECT value FROM message WHERE record = 1 AND key = ?");
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		step(w, w->insert, &sample_updates[i]);
	w->first_changes = sqlite3_total_changes(w->db);
	return w;
}

static void run(void *context, uint64_t count)
{
	struct writer *w = context;

	while (count--)
		step(w, w->update, sample_next(&w->next));
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct writer *w = context;

	if ((uint64_t)(sqlite3_total_changes(w->db) - w->first_changes) != ops[0])
		bench_fail("SQLite counts %d changes",
			   sqlite3_total_changes(w->db) - w->first_changes);
	for (unsigned i = 0; i < SAMPLE_KEYS; i++) {
		const char *value;

		must(w, sqlite3_bind_text(w->select, 1, sample_updates[i].key, -1, SQLITE_STATIC),
		     "bind");
		must(w, sqlite3_step(w->select), "step");
		value = (const char *)sqlite3_column_text(w->select, 0);
		peer_verify("sqlite", i, value ? value : "", value ? strlen(value) : 0, ops[0]);
		must(w, sqlite3_reset(w->select), "reset");
	}
}

bool peer_sqlite(struct bench_side *side)
{
	static struct writer writer;

	*side = (struct bench_side){
		.name = "SQLite", .argument = &writer, .join = join, .run = run, .check = check};
	return true;
}

#else

bool peer_sqlite(struct bench_side *side)
{
	(void)side;
	return peer_skip("sqlite", "built without libsqlite3-dev");
}

#endif
