/* SPDX-License-Identifier: BSD-3-Clause */
/* LMDB in /dev/shm: one transaction with one put per update, without any sync, which is its fastest
 * mode. */
#include "peers.h"

#if __has_include(<lmdb.h>)

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	MDB_env *env;
	MDB_dbi dbi;
	size_t first_transaction;
	unsigned next;
	char keys[SAMPLE_UPDATES][32];
};

static void must(int error, const char *what)
{
	if (error)
		bench_fail("%s: %s", what, mdb_strerror(error));
}

static void put(struct writer *w, unsigned at)
{
	const char *text = sample_updates[at].value;
	MDB_val key = {strlen(w->keys[at]), w->keys[at]};
	MDB_val value = {strlen(text), (void *)(uintptr_t)text};
	MDB_txn *txn;

	must(mdb_txn_begin(w->env, NULL, 0, &txn), "mdb_txn_begin");
	must(mdb_put(txn, w->dbi, &key, &value, 0), "mdb_put");
	must(mdb_txn_commit(txn), "mdb_txn_commit");
}

static size_t last_transaction(const struct writer *w)
{
	MDB_envinfo info;

	must(mdb_env_info(w->env, &info), "mdb_env_info");
	return info.me_last_txnid;
}

static void *join(void *argument, unsigned worker)
{
	struct writer *w = argument;
	MDB_txn *txn;

	(void)worker;
	must(mdb_env_create(&w->env), "mdb_env_create");
	must(mdb_env_set_mapsize(w->env, 64 << 20), "mdb_env_set_mapsize");
	must(mdb_env_open(w->env, sample_arena_path("lmdb"),
			  MDB_NOSUBDIR | MDB_WRITEMAP | MDB_NOSYNC | MDB_NOTLS, 0600),
	     "mdb_env_open");
	must(mdb_txn_begin(w->env, NULL, 0, &txn), "mdb_txn_begin");
	must(mdb_dbi_open(txn, NULL, 0, &w->dbi), "mdb_dbi_open");
	must(mdb_txn_commit(txn), "mdb_txn_commit");
	for (unsigned i = 0; i < SAMPLE_UPDATES; i++)
		snprintf(w->keys[i], sizeof w->keys[i], "1/%s", sample_updates[i].key);
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		put(w, i);
	w->first_transaction = last_transaction(w);
	return w;
}

static void run(void *context, uint64_t count)
{
	struct writer *w = context;

	while (count--) {
		put(w, w->next);
		w->next = (w->next + 1) % SAMPLE_UPDATES;
	}
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct writer *w = context;
	MDB_txn *txn;

	if (last_transaction(w) - w->first_transaction != ops[0])
		bench_fail("LMDB counts %zu transactions",
			   last_transaction(w) - w->first_transaction);
	must(mdb_txn_begin(w->env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
	for (unsigned i = 0; i < SAMPLE_KEYS; i++) {
		MDB_val key = {strlen(w->keys[i]), w->keys[i]}, value;

		must(mdb_get(txn, w->dbi, &key, &value), "mdb_get");
		peer_verify("lmdb", i, value.mv_data, value.mv_size, ops[0]);
	}
	mdb_txn_abort(txn);
}

bool peer_lmdb(struct bench_side *side)
{
	static struct writer writer;

	*side = (struct bench_side){
		.name = "LMDB", .argument = &writer, .join = join, .run = run, .check = check};
	return true;
}

#else

bool peer_lmdb(struct bench_side *side)
{
	(void)side;
	return peer_skip("lmdb", "built without liblmdb-dev");
}

#endif
