/* SPDX-License-Identifier: BSD-3-Clause */
/* A record started without a parent becomes a child of the record in HEADWAY_PARENT, if that is in
 * the same arena. */
#include "kit/arenas.h"
#include "kit/processes.h"

static struct headway_arena *arena, *other;
static const char *name; /* of arena */
static struct headway_id parent, stranger;

/* Gets the parent of a newly started record; false: it has none. */
static int parent_of_new(const struct headway_spec *spec, struct headway_id *found)
{
	struct headway_record *record = NULL;
	struct headway_snapshot *snapshot;
	struct headway_id id;
	int has_one;

	NEED_INT(headway_start(arena, spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	snapshot = read_record(arena, &id);
	has_one = snapshot->parent != NULL;
	if (has_one)
		*found = *snapshot->parent;
	headway_snapshot_free(snapshot);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	return has_one;
}

static int inherits(const char *text)
{
	struct headway_id found;

	NEED_INT(setenv("HEADWAY_PARENT", text, 1), 0);
	if (!parent_of_new(NULL, &found))
		return 0;
	CHECK(!memcmp(&found, &parent, sizeof(found)));
	return 1;
}

static int inherits_id(const struct headway_id *id)
{
	char text[HEADWAY_ID_TEXT];

	NEED_INT(headway_format_id(id, text), 0);
	return inherits(text);
}

static void the_environment_s_is_taken(void)
{
	char text[HEADWAY_ID_TEXT];
	struct headway_id found;

	NEED_INT(unsetenv("HEADWAY_PARENT"), 0);
	CHECK(!parent_of_new(NULL, &found));
	CHECK(inherits_id(&parent));
	NEED_INT(headway_format_id(&parent, text), 0);
	for (char *c = text; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
	CHECK(inherits(text));
}

static void a_parent_that_is_given_goes_before(void)
{
	struct headway_spec spec = {.size = sizeof(spec), .parent = &stranger};
	struct headway_id found;

	CHECK(inherits_id(&parent));
	NEED(parent_of_new(&spec, &found));
	CHECK(!memcmp(&found, &stranger, sizeof(found)));
}

static void a_root_has_none(void)
{
	struct headway_spec spec = {.size = sizeof(spec), .flags = HEADWAY_ROOT};
	struct headway_record *record = (struct headway_record *)&spec;
	struct headway_id found;

	CHECK(inherits_id(&parent));
	CHECK(!parent_of_new(&spec, &found));
	spec.flags |= HEADWAY_DETACHED;
	CHECK(!parent_of_new(&spec, &found));
	spec.parent = &parent;
	CHECK_INT(headway_start(arena, &spec, &record), -EINVAL);
	CHECK(!record);
}

static void what_is_no_id_is_none(void)
{
	char text[64];

	CHECK(!inherits(""));
	CHECK(!inherits("rubbish"));
	NEED_INT(headway_format_id(&parent, text), 0);
	(void)strcat(text, "0");
	CHECK(!inherits(text));
	text[35] = '\0';
	CHECK(!inherits(text));
}

/* Eight bits of an id are a check of its arena. Among many ids of another arena some match by
 * chance. */
static void one_of_another_arena_is_none(void)
{
	CHECK(!inherits_id(&stranger));
	for (int i = 0; i < 2000; i++) {
		struct headway_id id = parent;

		id.bytes[9 + i % 7] = (unsigned char)(id.bytes[9 + i % 7] + 1 + i / 7 % 255);
		CHECK(!inherits_id(&id));
	}
}

static void one_that_is_gone_is_none(void)
{
	struct headway_record *record = start_record(arena, "short", &parent);

	CHECK(inherits_id(&parent));
	CHECK_INT(headway_finish(record), 0);
	CHECK(inherits_id(&parent)); /* ended, but still in the arena */
	headway_release(record);
	CHECK_INT(headway_remove(arena, &parent), 0);
	CHECK(!inherits_id(&parent));
}

/* A program with more rights than its caller ignores the caller's environment. */
static void a_set_user_id_program_ignores_the_environment(void)
{
	char copy[] = "/tmp/headway-check-XXXXXX", command[4200], self[4096];
	char text[HEADWAY_ID_TEXT];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd;

	if (geteuid() != 0)
		return;
	NEED(length > 0);
	self[length] = '\0';
	fd = mkstemp(copy);
	NEED(fd >= 0);
	(void)close(fd);
	(void)snprintf(command, sizeof(command), "cp '%s' %s && chmod 4755 %s", self, copy, copy);
	NEED_INT(system(command), 0);
	NEED_INT(headway_format_id(&parent, text), 0);
	NEED_INT(setenv("HEADWAY_PARENT", text, 1), 0);
	for (int as_user = 0; as_user < 2; as_user++) {
		pid_t pid = fork_child();

		if (!pid) {
			if (as_user && setuid(65534))
				_exit(9);
			(void)execl(copy, copy, "parent?", name, (char *)NULL);
			_exit(CHECK_SKIP); /* /tmp is mounted noexec */
		}
		int code = wait_child(pid);

		if (code != CHECK_SKIP)
			CHECK_INT(code, as_user ? 0 : 1);
	}
	(void)unlink(copy);
}

/* The set-user-ID program: does a record that it starts have a parent? */
static int tell_parent(const char *of)
{
	struct headway_id found;

	if (geteuid() != 0)
		return CHECK_SKIP; /* the file system is mounted nosuid */
	arena = open_arena(of, NULL);
	return parent_of_new(NULL, &found);
}

int main(int argc, char **argv)
{
	struct headway_record *mine, *theirs;

	if (argc == 3)
		return tell_parent(argv[2]);
	check_begin(120);
	name = new_name();
	arena = open_small(name);
	other = open_small(new_name());
	mine = start_record(arena, "parent", &parent);
	theirs = start_record(other, "stranger", &stranger);
	RUN(the_environment_s_is_taken);
	RUN(a_parent_that_is_given_goes_before);
	RUN(a_root_has_none);
	RUN(what_is_no_id_is_none);
	RUN(one_of_another_arena_is_none);
	RUN(a_set_user_id_program_ignores_the_environment);
	RUN(one_that_is_gone_is_none);
	headway_release(mine);
	headway_release(theirs);
	headway_close(other);
	headway_close(arena);
	return check_end();
}
