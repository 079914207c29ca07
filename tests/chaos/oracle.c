/* SPDX-License-Identifier: BSD-3-Clause */
#include "oracle.h"

struct known *oracle_find(struct oracle *o, uint64_t token)
{
	uint64_t at = token * 0x9e3779b97f4a7c15u >> 47;

	while (o->known[at].token && o->known[at].token != token)
		at = (at + 1) % RECORDS_MOST;
	if (!o->known[at].token) {
		NEED(++o->count < RECORDS_MOST);
		o->known[at].token = token;
		o->known[at].arena = -1;
		o->live[o->live_count++] = &o->known[at];
	}
	return &o->known[at];
}

/* ---- what was told --------------------------------------------------------------------------- */

static void told_add(struct oracle *o, struct known *k, const struct event *e)
{
	unsigned c = e->counter;

	if (e->told == ADDING) {
		k->meant[c] += e->amount;
		return;
	}
	if (e->result) {
		k->meant[c] -= e->amount;
		return;
	}
	o->adds++;
	k->done[c] += e->amount;
	if (!k->ends_meant)
		k->certain[c] += e->amount;
}

static void told_end(struct oracle *o, struct known *k, const struct event *e)
{
	if (e->told == ENDING) {
		k->ends_meant++;
		k->changes_meant++;
		return;
	}
	if (!e->status) { /* the result of a refused removal is unknown */
		k->removed += !e->result;
		return;
	}
	if (e->result) {
		k->changes_meant--;
		return;
	}
	o->ends++;
	k->changes_done++;
	if (k->ended)
		FAIL("record %016llx was ended twice", (unsigned long long)k->token);
	k->ended = e->status;
}

static void oracle_hear(struct oracle *o, const struct event *e)
{
	struct known *k = e->token ? oracle_find(o, e->token) : NULL;

	o->events++;
	switch (e->told) {
	case STARTING:
		k->detached = e->flags & IS_DETACHED;
		break;
	case STARTED:
		k->id_told = !e->result;
		k->gone = e->result != 0;
		if (k->id_seen && memcmp(&k->id, &e->id, sizeof e->id) != 0)
			FAIL("record %016llx has another id than was given out",
			     (unsigned long long)k->token);
		if (!e->result)
			k->id = e->id;
		break;
	case ADDING:
	case ADDED:
		told_add(o, k, e);
		break;
	case CHANGING:
		k->changes_meant++;
		break;
	case CHANGED:
		o->changes += !e->result;
		k->changes_done += !e->result;
		k->changes_meant -= e->result != 0;
		break;
	case ENDING:
	case ENDED:
		told_end(o, k, e);
		break;
	default:
		o->found++;
	}
}

void oracle_drain(struct oracle *o)
{
	struct event e[64];
	ssize_t got;

	while ((got = read(o->pipe, e, sizeof e)) > 0)
		for (size_t i = 0; i < (size_t)got / sizeof *e; i++)
			oracle_hear(o, &e[i]);
}

/* ---- what is seen ---------------------------------------------------------------------------- */

static uint64_t sight_hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash * 0x100000001b3u + 1;
}

static int oracle_see(const struct headway_snapshot *s, void *argument)
{
	struct oracle *o = argument;
	struct observation *sight = &o->sight[o->seen];
	const char *fault = snapshot_fault(s);
	uint64_t hash = sight_hash(0, s->results ? s->results : "-");

	if (fault)
		FAIL("a walk finds that %s (%.40s)", fault, s->name);
	hash = sight_hash(hash, s->url);
	for (size_t i = 0; i < s->message_count; i++)
		hash = sight_hash(sight_hash(hash, s->messages[i].key), s->messages[i].value);
	*sight = (struct observation){s->id,
				      snapshot_token(s),
				      s->version,
				      hash,
				      {strcmp(s->unit, "set") ? s->done : 0, s->counters[0]},
				      s->status,
				      s->lost};
	o->sights++;
	return ++o->seen == SEEN_MOST;
}

static void judge_terminal(const struct known *k, const struct observation *s)
{
	unsigned long long token = k->token;

	if (k->gone)
		FAIL("record %016llx is back after it was gone", token);
	if (s->version < k->version || s->status < k->status)
		FAIL("record %016llx went back from version %llu, status %d to %llu, %d", token,
		     (unsigned long long)k->version, k->status, (unsigned long long)s->version,
		     s->status);
	if (k->status > HEADWAY_RUNNING && (s->version != k->version || s->status != k->status ||
					    s->content != k->content || s->lost != k->lost))
		FAIL("record %016llx changed after its end: version %llu, status %d, lost %d to "
		     "%llu, "
		     "%d, %d; text %s",
		     token, (unsigned long long)k->version, k->status, k->lost,
		     (unsigned long long)s->version, s->status, s->lost,
		     k->content == s->content ? "equal" : "differs");
	if (s->status > HEADWAY_RUNNING && !s->lost && !k->ends_meant)
		FAIL("record %016llx is over and nobody ended it", token);
	if (s->lost && (k->detached || k->low_ended))
		FAIL("record %016llx is lost, and is %s", token,
		     k->detached ? "detached" : "ended by a call");
	if (k->low_ended && s->status != k->low_ended)
		FAIL("record %016llx has status %d after an end with %d", token, s->status,
		     k->low_ended);
}

static void judge_sight(struct oracle *o, const struct observation *s, int arena)
{
	struct known *k = oracle_find(o, s->token);
	unsigned long long token = s->token;
	uint64_t revision = s->version - (uint64_t)s->lost - 1;

	if (k->id_told && memcmp(&k->id, &s->id, sizeof s->id) != 0)
		FAIL("record %016llx answers to another id", token);
	if (k->arena >= 0 && k->arena != arena)
		FAIL("record %016llx is in two arenas", token);
	for (int c = 0; c < 2; c++)
		if (s->counter[c] < k->low[c] || s->counter[c] > k->meant[c])
			FAIL("record %016llx: counter %d is %llu, at least %llu and at most "
			     "%llu "
			     "were added",
			     token, c, (unsigned long long)s->counter[c],
			     (unsigned long long)k->low[c], (unsigned long long)k->meant[c]);
	if (revision < k->low_changes || revision > k->changes_meant)
		FAIL("record %016llx was changed %llu times, at least %llu and at most %llu "
		     "were meant",
		     token, (unsigned long long)revision, (unsigned long long)k->low_changes,
		     (unsigned long long)k->changes_meant);
	judge_terminal(k, s);
	k->id = s->id;
	k->id_seen = true;
	k->arena = arena;
	k->status = s->status;
	k->lost = s->lost;
	k->version = s->version;
	k->content = s->content;
}

void judge_absent(struct oracle *o, struct headway_arena *arena, int number, bool whole)
{
	struct headway_snapshot *s = NULL;
	unsigned long long token;

	for (uint64_t i = 0; i < o->live_count; i++) {
		struct known *k = o->live[i];
		int error;

		if (k->arena != number)
			continue;
		error = headway_read(arena, &k->id, &s);
		token = k->token;
		if (!error || error == -EAGAIN)
			continue;
		if (error != -ESTALE)
			FAIL("record %016llx: a read says %s", token, headway_strerror(error));
		oracle_drain(o);
		if (k->detached && !k->ends_meant)
			FAIL("record %016llx is gone, and nobody ended it", token);
		k->gone = true;
		o->live[i--] = o->live[--o->live_count];
	}
	for (uint64_t i = 0; whole && i < o->live_count; i++)
		if (o->live[i]->removed && o->live[i]->arena == number)
			FAIL("record %016llx is there after it was removed",
			     (unsigned long long)o->live[i]->token);
	headway_snapshot_free(s);
}

void oracle_look(struct oracle *o, struct headway_arena *arena, int number)
{
	int count;

	oracle_drain(o);
	for (uint64_t i = 0; i < o->live_count; i++) {
		struct known *k = o->live[i];

		memcpy(k->low, k->certain, sizeof k->low);
		k->low_changes = k->changes_done;
		k->low_ended = k->ended;
	}
	o->seen = 0;
	count = headway_each(arena, oracle_see, o);
	if (count < 0)
		FAIL("headway_each says %s", headway_strerror(count));
	oracle_drain(o);
	for (unsigned i = 0; i < o->seen; i++)
		judge_sight(o, &o->sight[i], number);
}
