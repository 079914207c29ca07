/* SPDX-License-Identifier: BSD-3-Clause */
/* headway._headway.Arena.  Its subclass in Python gives the arguments names and defaults. */
#include "extension.h"

#include <math.h>
#include <stdlib.h>

enum { WAIT_STEP_MS = 100, COUNTERS_MAX = 6 };

PyTypeObject *py_arena_type;

/* ---- open, close --------------------------------------------------------------------------------- */

struct headway_arena *py_arena_enter(struct py_arena *self)
{
	if (!self->arena || self->closing) {
		(void)py_error(-ESTALE);
		return NULL;
	}
	self->users++;
	return self->arena;
}

void py_arena_leave(struct py_arena *self)
{
	struct headway_arena *arena = self->arena;

	if (--self->users || !self->closing)
		return;
	self->arena = NULL;
	headway_close(arena);
}

static PyObject *arena_close(PyObject *object, PyObject *unused)
{
	struct py_arena *self = (struct py_arena *)object;

	(void)unused;
	if (!self->arena || self->closing)
		Py_RETURN_NONE;
	self->closing = true;
	self->users++;
	py_arena_leave(self);
	Py_RETURN_NONE;
}

/* Arena(name, flags, slots, bytes, members, mode, group, base_path, ttl, error_ttl) */
static PyObject *arena_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	struct headway_options options = {.size = sizeof options};
	PyObject *name, *slots, *bytes, *members, *mode, *group, *base_path, *ttl, *error_ttl;
	PyObject *keep_name = NULL, *keep_group = NULL, *keep_path = NULL;
	struct py_arena *self = NULL;
	struct headway_arena *arena = NULL;
	const char *path;
	int code;

	if (kwargs && PyDict_Size(kwargs)) {
		PyErr_SetString(PyExc_TypeError, "no arguments by name");
		return NULL;
	}
	if (!PyArg_ParseTuple(args, "OIOOOOOOOO", &name, &options.flags, &slots, &bytes, &members,
			      &mode, &group, &base_path, &ttl, &error_ttl) ||
	    !py_u32(slots, &options.slots) || !py_u64(bytes, &options.bytes) ||
	    !py_u32(members, &options.members) || !py_u32(mode, &options.mode) ||
	    !py_u32(ttl, &options.ttl_seconds) || !py_u32(error_ttl, &options.error_ttl_seconds))
		return NULL;
	if (py_c_text(name, &path, &keep_name) && py_c_text(group, &options.group, &keep_group) &&
	    py_c_text(base_path, &options.base_path, &keep_path)) {
		Py_BEGIN_ALLOW_THREADS
		code = headway_open(path, &options, &arena);
		Py_END_ALLOW_THREADS
		if (code)
			(void)py_error(code);
		else
			self = (struct py_arena *)alloc(type, 0);
		if (self)
			self->arena = arena;
		else
			headway_close(arena);
	}
	Py_XDECREF(keep_name);
	Py_XDECREF(keep_group);
	Py_XDECREF(keep_path);
	return (PyObject *)self;
}

static void arena_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	headway_close(((struct py_arena *)object)->arena);
	release(object);
	Py_DECREF(type);
}

/* ---- records ------------------------------------------------------------------------------------- */

/* Fills counters[] with the names; keep[] gets the objects that hold them. */
static bool counters_take(PyObject *names, const char *counters[COUNTERS_MAX + 1],
			  PyObject *keep[COUNTERS_MAX])
{
	Py_ssize_t count = PyTuple_Size(names);

	if (count < 0)
		return false;
	if (count > COUNTERS_MAX) {
		PyErr_SetString(PyExc_ValueError, "at most six counters");
		return false;
	}
	for (Py_ssize_t i = 0; i < count; i++)
		if (!py_c_text(PyTuple_GetItem(names, i), &counters[i], &keep[i]))
			return false;
	return true;
}

/* _start(class, name, unit, total, parent, flags, counters, ttl, owner_pid, history) */
static PyObject *arena_start(PyObject *object, PyObject *args)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_spec spec = {.size = sizeof spec};
	const char *counters[COUNTERS_MAX + 1] = {NULL};
	PyObject *keep[COUNTERS_MAX] = {NULL}, *keep_name = NULL, *keep_unit = NULL;
	PyObject *keep_history = NULL, *history;
	PyObject *class, *name, *unit, *total, *parent, *names, *ttl, *pid, *result = NULL;
	struct headway_record *record;
	struct headway_id parent_id;
	int code;

	if (!PyArg_ParseTuple(args, "OOOOOIOOOO", &class, &name, &unit, &total, &parent,
			      &spec.flags, &names, &ttl, &pid, &history) ||
	    !py_u64(total, &spec.total) || !py_u32(ttl, &spec.ttl_seconds) ||
	    !py_u32(pid, &spec.owner_pid) || (parent != Py_None && !py_id(parent, &parent_id)))
		return NULL;
	spec.parent = parent == Py_None ? NULL : &parent_id;
	spec.counters = counters;
	if (py_c_text(name, &spec.name, &keep_name) && py_c_text(unit, &spec.unit, &keep_unit) &&
	    py_c_text(history, &spec.history, &keep_history) &&
	    counters_take(names, counters, keep)) {
		code = self->closing ? -ESTALE : headway_start(self->arena, &spec, &record);
		result = code ? py_error(code)
			      : py_record_make(class, self, record,
					       !(spec.flags & HEADWAY_DETACHED) && !spec.owner_pid,
					       names);
		if (result)
			((struct py_record *)result)->has_history = *spec.history != '\0';
	}
	Py_XDECREF(keep_name);
	Py_XDECREF(keep_unit);
	Py_XDECREF(keep_history);
	for (int i = 0; i < COUNTERS_MAX; i++)
		Py_XDECREF(keep[i]);
	return result;
}

/* _resume(class, id, counters) */
static PyObject *arena_resume(PyObject *object, PyObject *args)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_record *record;
	PyObject *class, *id, *names;
	struct headway_id which;
	int code;

	if (!PyArg_ParseTuple(args, "OOO", &class, &id, &names) || !py_id(id, &which))
		return NULL;
	code = self->closing ? -ESTALE : headway_resume(self->arena, &which, &record);
	return code ? py_error(code) : py_record_make(class, self, record, false, names);
}

/* ---- reading ------------------------------------------------------------------------------------- */

static PyObject *snapshot_make(PyObject *class, struct headway_snapshot *s)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot((PyTypeObject *)class, Py_tp_alloc);
	struct py_snapshot *made = (struct py_snapshot *)alloc((PyTypeObject *)class, 0);

	if (made)
		made->snapshot = s;
	else
		headway_snapshot_free(s);
	return (PyObject *)made;
}

/* _read(class, id) */
static PyObject *arena_read(PyObject *object, PyObject *args)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_snapshot *s = NULL;
	struct headway_arena *arena;
	PyObject *class, *id;
	struct headway_id which;
	int code;

	if (!PyArg_ParseTuple(args, "OO", &class, &id) || !py_id(id, &which))
		return NULL;
	arena = py_arena_enter(self);
	if (!arena)
		return NULL;
	code = headway_read(arena, &which, &s);
	py_arena_leave(self);
	return code ? py_error(code) : snapshot_make(class, s);
}

struct walk {
	struct headway_id *ids;
	size_t count, room;
};

static int walk_step(const struct headway_snapshot *s, void *argument)
{
	struct walk *w = argument;

	if (w->count == w->room) {
		size_t room = w->room ? w->room * 2 : 256;
		struct headway_id *ids = realloc(w->ids, room * sizeof *ids);

		if (!ids)
			return -ENOMEM;
		w->ids = ids;
		w->room = room;
	}
	w->ids[w->count++] = s->id;
	return 0;
}

/* Appends a snapshot of each record that is still there. */
static int walk_read(struct headway_arena *arena, const struct walk *w, PyObject *class,
		     PyObject *list)
{
	for (size_t i = 0; i < w->count; i++) {
		struct headway_snapshot *s = NULL;
		PyObject *made;
		int code = headway_read(arena, &w->ids[i], &s), failed;

		if (code == -ENOMEM)
			return (int)(intptr_t)py_error(code) - 1;
		if (code)
			continue; /* gone, or changing too fast: skipped, as in headway_each() */
		made = snapshot_make(class, s);
		if (!made)
			return -1;
		failed = PyList_Append(list, made);
		Py_DECREF(made);
		if (failed || (i % 1024 == 0 && PyErr_CheckSignals()))
			return -1;
	}
	return 0;
}

/* Appends the text of each id. */
static int walk_ids(const struct walk *w, PyObject *list)
{
	for (size_t i = 0; i < w->count; i++) {
		PyObject *id = py_from_id(&w->ids[i]);
		int failed = id ? PyList_Append(list, id) : -1;

		Py_XDECREF(id);
		if (failed)
			return -1;
	}
	return 0;
}

/* _records(class): a list of snapshots; class is None: of ids. */
static PyObject *arena_records(PyObject *object, PyObject *class)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_arena *arena = py_arena_enter(self);
	struct walk w = {NULL, 0, 0};
	PyObject *list = NULL;
	int code;

	if (!arena)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	code = headway_each(arena, walk_step, &w);
	Py_END_ALLOW_THREADS
	if (code < 0)
		(void)py_error(code);
	else
		list = PyList_New(0);
	if (list && (class == Py_None ? walk_ids(&w, list) : walk_read(arena, &w, class, list)) < 0)
		Py_CLEAR(list);
	free(w.ids);
	py_arena_leave(self);
	return list;
}

/* Waits in steps of a tenth of a second; in between, handles signals and a close().  0: a signal's handler
 * raised an exception. */
static int wait_until(struct py_arena *self, struct headway_arena *arena,
		      const struct headway_id *id, double timeout)
{
	double left = ceil(timeout * 1000);
	int code, step;

	do {
		step = left < WAIT_STEP_MS ? (int)left : WAIT_STEP_MS;
		Py_BEGIN_ALLOW_THREADS
		code = headway_wait(arena, id, step);
		Py_END_ALLOW_THREADS
		left -= step;
		if (code != -ETIMEDOUT)
			return code;
		if (PyErr_CheckSignals())
			return 0;
		if (self->closing)
			return -ESTALE;
	} while (left > 0);
	return -ETIMEDOUT;
}

/* _wait(id, seconds): seconds may be infinite. */
static PyObject *arena_wait(PyObject *object, PyObject *args)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_arena *arena;
	struct headway_id which;
	PyObject *id;
	double timeout;
	int code;

	if (!PyArg_ParseTuple(args, "Od", &id, &timeout) || !py_id(id, &which))
		return NULL;
	arena = py_arena_enter(self);
	if (!arena)
		return NULL;
	code = wait_until(self, arena, &which, timeout > 0 ? timeout : 0);
	py_arena_leave(self);
	if (!code)
		return NULL; /* a signal's exception */
	return code < 0 ? py_error(code) : PyLong_FromLong(code);
}

/* ---- maintenance --------------------------------------------------------------------------------- */

/* _reap(ttl, error_ttl, flags) */
static PyObject *arena_reap(PyObject *object, PyObject *args)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_reap_policy policy = {.size = sizeof policy};
	struct headway_reap_report report = {.size = sizeof report};
	struct headway_arena *arena;
	PyObject *ttl, *error_ttl;
	int code;

	if (!PyArg_ParseTuple(args, "OOI", &ttl, &error_ttl, &policy.flags) ||
	    !py_u32(ttl, &policy.ttl_seconds) || !py_u32(error_ttl, &policy.error_ttl_seconds))
		return NULL;
	arena = py_arena_enter(self);
	if (!arena)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	code = headway_reap(arena, &policy, &report);
	Py_END_ALLOW_THREADS
	py_arena_leave(self);
	if (code)
		return py_error(code);
	return Py_BuildValue("(KKKKKK)", report.live, report.lost, report.expired, report.evicted,
			     report.members_swept, report.blocks_freed);
}

static PyObject *arena_remove(PyObject *object, PyObject *id)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_arena *arena;
	struct headway_id which;
	int code;

	if (!py_id(id, &which))
		return NULL;
	arena = py_arena_enter(self);
	if (!arena)
		return NULL;
	code = headway_remove(arena, &which);
	py_arena_leave(self);
	return py_done(code);
}

/* _cancel(id, reason) */
static PyObject *arena_cancel(PyObject *object, PyObject *args)
{
	struct py_arena *self = (struct py_arena *)object;
	PyObject *id, *reason, *keep, *result = NULL;
	struct headway_arena *arena;
	struct headway_id which;
	const char *text;

	if (!PyArg_ParseTuple(args, "OO", &id, &reason) || !py_id(id, &which) ||
	    !py_c_text(reason, &text, &keep))
		return NULL;
	arena = py_arena_enter(self);
	if (arena) {
		result = py_done(headway_cancel(arena, &which, text));
		py_arena_leave(self);
	}
	Py_XDECREF(keep);
	return result;
}

static PyObject *arena_fsck(PyObject *object, PyObject *unused)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_arena *arena = py_arena_enter(self);
	int code;

	(void)unused;
	if (!arena)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	code = headway_fsck(arena, &report);
	Py_END_ALLOW_THREADS
	py_arena_leave(self);
	if (code)
		return py_error(code);
	return Py_BuildValue("{sKsKsKsKsKss}", "slots", report.slots, "blocks", report.blocks,
			     "in_transit", report.in_transit, "leaked", report.leaked, "damaged",
			     report.damaged, "first", report.first);
}

static PyObject *arena_info(PyObject *object, PyObject *unused)
{
	struct py_arena *self = (struct py_arena *)object;
	struct headway_info i = {.size = sizeof i};
	struct headway_arena *arena = py_arena_enter(self);
	int code;

	(void)unused;
	if (!arena)
		return NULL;
	code = headway_info(arena, &i);
	py_arena_leave(self);
	if (code)
		return py_error(code);
	return Py_BuildValue("{sNsIsIsIsIsIsIsIsKsIsIsNsO}", "path",
			     py_from_text(i.path, strlen(i.path)), "slots", i.slots, "slots_used",
			     i.slots_used, "slots_running", i.slots_running, "members", i.members,
			     "members_alive", i.members_alive, "ttl_seconds", i.ttl_seconds,
			     "error_ttl_seconds", i.error_ttl_seconds, "bytes", i.bytes, "blocks",
			     i.blocks, "blocks_free", i.blocks_free, "uuid", py_from_id(&i.uuid),
			     "unlinked", i.unlinked ? Py_True : Py_False);
}

static PyObject *arena_is_closed(PyObject *object, void *unused)
{
	struct py_arena *self = (struct py_arena *)object;

	(void)unused;
	return PyBool_FromLong(!self->arena || self->closing);
}

static PyGetSetDef arena_attributes[] = {
	{"closed", arena_is_closed, NULL, "whether it was closed", NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef arena_methods[] = {
	{"close", arena_close, METH_NOARGS,
	 "close($self, /)\n--\n\nClose the arena; Running records that were started with it become "
	 "Error."},
	{"_start", arena_start, METH_VARARGS, NULL},
	{"_resume", arena_resume, METH_VARARGS, NULL},
	{"_read", arena_read, METH_VARARGS, NULL},
	{"_records", arena_records, METH_O, NULL},
	{"_wait", arena_wait, METH_VARARGS, NULL},
	{"_reap", arena_reap, METH_VARARGS, NULL},
	{"_cancel", arena_cancel, METH_VARARGS, NULL},
	{"remove", arena_remove, METH_O,
	 "remove($self, id, /)\n--\n\nEnd and free an abandoned record."},
	{"fsck", arena_fsck, METH_NOARGS, "fsck($self, /)\n--\n\nAudit every invariant."},
	{"info", arena_info, METH_NOARGS, "info($self, /)\n--\n\nGeometry and use."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot arena_slots[] = {
	{Py_tp_new, (void *)arena_new},
	{Py_tp_dealloc, (void *)arena_dealloc},
	{Py_tp_methods, arena_methods},
	{Py_tp_getset, arena_attributes},
	{0, NULL},
};

static PyType_Spec arena_spec = {
	.name = "headway._headway.Arena",
	.basicsize = sizeof(struct py_arena),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = arena_slots,
};

int py_arena_init(PyObject *module)
{
	py_arena_type = py_type_add(module, &arena_spec);
	return py_arena_type ? 0 : -1;
}
