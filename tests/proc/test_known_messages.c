/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many messages of a few records, by two members in bursts, mixed with the other updates: after each
 * call a reader must see the text that was set last for every key. The keys begin alike or end
 * alike, there are more of them than a thread remembers, and the texts change their lengths, so that
 * entries move and at times fill the block.
 *
 *     test_known_messages [SEED [CALLS]]
 */
#include "kit/arenas.h"
#include "kit/processes.h"

enum { RECORDS = 4, KEYS = 24, TEXT = 400 };

/* Each record uses some in a row. One is longer than any that is remembered. */
static const char *const keys[KEYS] = {
	"a",
	"ab",
	"seventeen bytes: 0",
	"aaaaaaaa",
	"aaaaaaaaa",
	"abc",
	"abcd",
	"bbc",
	"abcdefgh",
	"abcdefghi",
	"sixteen bytes: 0",
	"sixteen bytes: 1",
	"sixteen bytes: 0\020",
	"1ixteen bytes: 0",
	"abcde",
	/* these are remembered, but not all at once */
	"m",
	"n",
	"o",
	"p",
	"q",
	"r",
	"s",
	"t",
	"u",
};

static const struct {
	unsigned first, count, length; /* of its keys; of most texts, at most */
} uses[RECORDS] = {{0, 5, 40}, {6, 9, 20}, {0, 10, 12}, {14, 10, 12}};

struct subject {
	struct headway_id id;
	struct headway_record *by[2]; /* of either member */
	const struct headway_spec *spec;
	unsigned first, end; /* of its keys */
	unsigned length;
	struct headway_snapshot *snapshot;
	uint64_t version;
	bool set[KEYS];
	char text[KEYS][TEXT];
};

static struct headway_arena *arena[2], *reader;
static struct subject subjects[RECORDS];
static struct headway_snapshot *snapshot;
static uint64_t chance;

static unsigned below(unsigned most)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(chance >> 33) % most;
}

static void look_by(const struct subject *s, const struct headway_snapshot *seen)
{
	size_t count = 0;

	CHECK_INT((long long)seen->version, (long long)s->version);
	for (unsigned k = s->first; k < s->end; k++) {
		const char *value = value_of(seen, keys[k]);

		count += s->set[k];
		if (s->set[k])
			CHECK(value && strcmp(value, s->text[k]) == 0);
		else
			CHECK(!value);
	}
	CHECK_INT((long long)seen->message_count, (long long)count);
	CHECK(strcmp(seen->name, s->spec->name ? s->spec->name : "") == 0);
	CHECK_INT((long long)seen->counter_count, s->spec->counters ? 2 : 0);
	for (unsigned i = 0; i < seen->counter_count; i++)
		CHECK_INT((long long)(long long)seen->counters[i], 40 + i);
}

/* By a snapshot that held another record, and by one that held an earlier revision of this. */
static void look(struct subject *s)
{
	NEED_INT(headway_read(reader, &s->id, &snapshot), 0);
	look_by(s, snapshot);
	NEED_INT(headway_read(reader, &s->id, &s->snapshot), 0);
	look_by(s, s->snapshot);
}

/* A new text for key k, mostly a little shorter or longer than the last one. */
static const char *text_make(struct subject *s, unsigned k)
{
	size_t length = strlen(s->text[k]) + below(9);

	length = length > 4 ? length - 4 : 0;
	switch (below(40)) {
	case 0:
		length = below(TEXT - 1);
		break;
	case 1:
		length = below(3);
		break;
	default:
		length = length > s->length ? below(s->length) : length;
	}
	for (size_t i = 0; i < length; i++)
		s->text[k][i] = (char)('!' + below(90));
	s->text[k][length] = '\0';
	s->set[k] = true;
	s->version++;
	return s->text[k];
}

static void set_one(struct subject *s, unsigned who, unsigned k)
{
	const char *text = text_make(s, k);

	if (below(4))
		NEED_INT(headway_message(s->by[who], keys[k], text), 0);
	else
		NEED_INT(
			headway_message_n(s->by[who], keys[k], strlen(keys[k]), text, strlen(text)),
			0);
}

/* Some keys in a row, and sometimes the first of them twice, with another text before. */
static void set_some(struct subject *s, unsigned who)
{
	struct headway_message some[KEYS + 1] = {{NULL, "what another text follows"}};
	unsigned keys_all = s->end - s->first, first = below(keys_all), twice = below(4) == 0;
	unsigned count = 1 + below(below(3) ? 3 : keys_all);

	for (unsigned i = 0; i < count; i++) {
		unsigned k = s->first + (first + i) % keys_all;

		some[twice + i] = (struct headway_message){keys[k], text_make(s, k)};
	}
	some[0].key = some[twice].key;
	s->version -= count - 1; /* all are one update */
	NEED_INT(headway_update(s->by[who], some, count + twice), 0);
}

static void set_other(struct subject *s, unsigned who)
{
	NEED_INT(headway_url(s->by[who], below(2) ? "/a" : "/longer/than/that"), 0);
	s->version++;
}

static void burst(unsigned calls)
{
	unsigned who = below(4) == 0, pattern = below(3), some = below(3) == 0, k = below(KEYS);

	for (unsigned i = 0; i < calls; i++) {
		struct subject *s = &subjects[pattern == 2 ? i % RECORDS : chance % RECORDS];

		if (pattern == 0)
			k = below(KEYS);
		else if (pattern == 1)
			k++;
		if (below(60) == 0)
			set_other(s, who);
		else if (some)
			set_some(s, who);
		else
			set_one(s, who, s->first + k % (s->end - s->first));
		look(s);
	}
}

/* A name, and counters with names, that the block has room for; or a name that goes to extents. */
static const struct headway_spec plain = {.size = sizeof plain, .name = "plain"};
static char long_name[900];
static const char *const counters[] = {"errors", "retries", NULL};
static const struct headway_spec specs[] = {
	{.size = sizeof plain,
	 .name = "counted",
	 .unit = "files",
	 .total = 9,
	 .counters = counters},
	{.size = sizeof plain, .name = long_name, .counters = counters},
	{.size = sizeof plain},
};

static void subject_begin(struct subject *s, unsigned use, const struct headway_spec *spec)
{
	s->spec = spec;
	NEED_INT(headway_start(arena[0], spec, &s->by[0]), 0);
	NEED_INT(headway_get_id(s->by[0], &s->id), 0);
	if (spec->counters)
		for (unsigned i = 0; i < 2; i++)
			NEED_INT(headway_counter_add(s->by[0], i, 40 + i), 0);
	NEED_INT(headway_resume(arena[1], &s->id, &s->by[1]), 0);
	s->first = uses[use].first;
	s->end = s->first + uses[use].count;
	s->length = uses[use].length;
	s->version = 1;
}

/* Whatever fills the block, the end has room in it. */
static void subject_end(struct subject *s, unsigned who)
{
	CHECK_INT(headway_finish(s->by[who]), 0);
	s->version++;
	look(s);
	CHECK_INT(snapshot->status, HEADWAY_FINISHED);
	CHECK_INT(headway_message(s->by[0], "a", "late"), -EALREADY);
	headway_release(s->by[0]);
	headway_release(s->by[1]);
	headway_snapshot_free(s->snapshot);
}

static void begin(void)
{
	for (unsigned i = 0; i < RECORDS; i++)
		subject_begin(&subjects[i], i, &plain);
}

/* As many messages as a thread remembers, and then others: one by one, or two at once. */
static void more_than_are_remembered(unsigned at_once)
{
	struct subject s = {.version = 0};

	subject_begin(&s, RECORDS - 1, &plain);
	for (unsigned k = s.first; k < s.end - 2; k++)
		set_one(&s, 0, k);
	if (at_once) {
		struct headway_message two[] = {{keys[s.end - 2], text_make(&s, s.end - 2)},
						{keys[s.end - 1], text_make(&s, s.end - 1)}};

		s.version--;
		NEED_INT(headway_update(s.by[0], two, 2), 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		set_one(&s, 0, s.end - 1 - i % 3);
		look(&s);
	}
	subject_end(&s, 0);
	NEED_INT(headway_remove(arena[0], &s.id), 0);
}

static void child_run(struct headway_record *r, const char *key, char texts[2][TEXT],
		      const int to[2], const int from[2])
{
	char byte;

	NEED_INT(headway_message(r, key, texts[0]), 0);
	NEED(write(from[1], "", 1) == 1 && read(to[0], &byte, 1) == 1);
	NEED_INT(headway_message(r, key, texts[1]), 0);
	end_child();
}

/* A child knows the places that its parent knew, but it is another member, with blocks of its own. If
 * it took its parent's, this reader would hold a revision that the parent publishes once more. */
static void set_in_child(struct subject *s, unsigned k)
{
	char texts[2][TEXT], byte;
	int to[2], from[2];
	pid_t child;

	for (unsigned i = 0; i < 3; i++)
		set_one(s, 0, k);
	strcpy(texts[1], text_make(s, k));
	strcpy(texts[0], text_make(s, k)); /* what is expected first */
	s->version--;
	NEED(pipe(to) == 0 && pipe(from) == 0);
	child = fork_child();
	if (!child)
		child_run(s->by[0], keys[k], texts, to, from);
	NEED(child > 0 && read(from[0], &byte, 1) == 1);
	look(s);
	NEED(write(to[1], "", 1) == 1);
	CHECK_INT(wait_child(child), 0);
	strcpy(s->text[k], texts[1]);
	s->version++;
	for (unsigned i = 0; i < 12; i++) {
		set_one(s, 0, k);
		look(s);
	}
	for (unsigned i = 0; i < 2; i++) {
		close(to[i]);
		close(from[i]);
	}
}

static void finish(void)
{
	for (unsigned i = 0; i < RECORDS; i++)
		subject_end(&subjects[i], i % 2);
}

/* The first messages of a record, each of which goes behind the others or takes the place of its last
 * text, while the thread has other records, too. */
static void short_life(void)
{
	struct subject s = {.version = 0};
	unsigned calls = below(2 * KEYS);

	subject_begin(&s, below(RECORDS), &specs[below(3)]);
	for (unsigned i = 0; i < calls; i++) {
		unsigned k = s.first + (below(3) ? i : below(KEYS)) % (s.end - s.first);

		if (below(12) == 0)
			set_other(&s, 0);
		else if (below(6) == 0)
			set_some(&s, 0);
		else
			set_one(&s, below(30) == 0, k);
		look(&s);
	}
	subject_end(&s, 0);
	NEED_INT(headway_remove(arena[0], &s.id), 0);
}

int main(int argc, char **argv)
{
	unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
	unsigned calls = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 30000;
	const char *name;

	check_begin(100);
	check_running = "known_messages";
	memset(long_name, 'n', sizeof long_name - 1);
	chance = seed;
	name = new_name();
	arena[0] = open_small(name);
	arena[1] = open_small(name);
	reader = open_read_only(name);
	for (unsigned round = 0; round < 3; round++) {
		memset(subjects, 0, sizeof subjects);
		begin();
		for (unsigned done = 0; done < calls / 3;) {
			unsigned some = 1 + below(60);

			burst(some);
			short_life();
			done += some;
		}
		for (unsigned i = 0; i < RECORDS; i++)
			set_in_child(&subjects[i], subjects[i].first);
		finish();
		more_than_are_remembered(0);
		more_than_are_remembered(1);
		check_whole(reader, 0);
	}
	headway_snapshot_free(snapshot);
	headway_close(arena[0]);
	headway_close(arena[1]);
	check_whole(reader, 1);
	headway_close(reader);
	return check_end();
}
