/* SPDX-License-Identifier: BSD-3-Clause */
/* headway._headway.Record: a record that is open for writing.  Calls that need not be fast are in Python. */
#include "extension.h"

PyTypeObject *py_record_type;

PyObject *py_record_make(PyObject *class, struct py_arena *arena, struct headway_record *handle,
			 bool is_ours, PyObject *counters)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot((PyTypeObject *)class, Py_tp_alloc);
	struct py_record *self = (struct py_record *)alloc((PyTypeObject *)class, 0);

	if (!self) {
		headway_release(handle);
		return NULL;
	}
	self->handle = handle;
	self->arena = arena;
	Py_INCREF(arena);
	self->ends_in = is_ours ? getpid() : 0;
	self->counters = counters;
	Py_XINCREF(counters);
	(void)headway_get_id(handle, &self->id);
	return (PyObject *)self;
}

void py_record_end(struct py_record *self, const char *text)
{
	struct headway_record *handle = self->handle;

	self->handle = NULL;
	if (!handle)
		return;
	if (self->ends_in && headway_status(handle) == HEADWAY_RUNNING && self->ends_in == getpid())
		(void)(text ? headway_error(handle, text) : headway_finish(handle));
	headway_release(handle);
}

static void record_dealloc(PyObject *object)
{
	struct py_record *self = (struct py_record *)object;
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	py_record_end(self, "abandoned: its object was collected");
	Py_CLEAR(self->arena);
	Py_CLEAR(self->counters);
	release(object);
	Py_DECREF(type);
}

/* ---- counters ------------------------------------------------------------------------------------ */

static PyObject *record_add(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
	struct py_record *self = (struct py_record *)object;
	uint64_t n = 1;
	int code;

	if (count > 1) {
		PyErr_SetString(PyExc_TypeError, "add() takes at most one argument");
		return NULL;
	}
	if (count && !py_u64(args[0], &n))
		return NULL;
	code = headway_add(self->handle, n);
	if (code)
		return py_error(code);
	(void)headway_sample(self->handle); /* does nothing without a history */
	Py_RETURN_NONE;
}

/* The index of a counter, from its name or its number. */
static bool counter_index(struct py_record *self, PyObject *which, uint32_t *index)
{
	Py_ssize_t found;

	if (!PyUnicode_Check(which))
		return py_u32(which, index);
	found = self->counters ? PySequence_Index(self->counters, which) : -1;
	if (found < 0) {
		PyErr_SetObject(PyExc_KeyError, which);
		return false;
	}
	*index = (uint32_t)found;
	return true;
}

static PyObject *record_counter_add(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
	struct py_record *self = (struct py_record *)object;
	uint32_t index;
	uint64_t n = 1;

	if (count < 1 || count > 2) {
		PyErr_SetString(PyExc_TypeError, "counter_add(counter, n=1)");
		return NULL;
	}
	if (!counter_index(self, args[0], &index) || (count > 1 && !py_u64(args[1], &n)))
		return NULL;
	return py_done(headway_counter_add(self->handle, index, n));
}

/* ---- messages ------------------------------------------------------------------------------------ */

static int message_set(struct py_record *self, PyObject *key, PyObject *value)
{
	PyObject *keep_key, *keep_value = NULL, *made = NULL;
	Py_ssize_t key_length, value_length = 0;
	const char *k = py_text(key, &key_length, &keep_key), *v = NULL;
	int code = -1;

	if (k && !PyUnicode_Check(value))
		value = made = PyObject_Str(value); /* record["Rows"] = 5 */
	if (k && value)
		v = py_text(value, &value_length, &keep_value);
	if (v) {
		code = headway_message_n(self->handle, k, (size_t)key_length, v,
					 (size_t)value_length);
		if (code)
			(void)py_error(code);
	}
	Py_XDECREF(keep_key);
	Py_XDECREF(keep_value);
	Py_XDECREF(made);
	return code ? -1 : 0;
}

static int record_set_item(PyObject *object, PyObject *key, PyObject *value)
{
	if (!value) {
		PyErr_SetString(PyExc_TypeError, "a message cannot be deleted: set another value");
		return -1;
	}
	return message_set((struct py_record *)object, key, value);
}

static PyObject *record_message(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
	if (count != 2) {
		PyErr_SetString(PyExc_TypeError, "message(key, value)");
		return NULL;
	}
	if (message_set((struct py_record *)object, args[0], args[1]) < 0)
		return NULL;
	Py_RETURN_NONE;
}

/* Fills in a message from a (key, value) pair; the objects that hold its texts are added to keep. */
static bool pair_take(PyObject *pair, struct headway_message *message, PyObject *keep)
{
	PyObject *key = PySequence_GetItem(pair, 0), *value = NULL, *text = NULL;
	PyObject *keep_key = NULL, *keep_value = NULL;
	bool ok = false;

	if (key)
		value = PySequence_GetItem(pair, 1);
	if (value)
		text = PyObject_Str(value);
	if (text && py_c_text(key, &message->key, &keep_key) &&
	    py_c_text(text, &message->value, &keep_value))
		ok = PyList_Append(keep, key) == 0 && PyList_Append(keep, text) == 0 &&
		     (!keep_key || PyList_Append(keep, keep_key) == 0) &&
		     (!keep_value || PyList_Append(keep, keep_value) == 0);
	Py_XDECREF(key);
	Py_XDECREF(value);
	Py_XDECREF(text);
	Py_XDECREF(keep_key);
	Py_XDECREF(keep_value);
	return ok;
}

/* update(mapping): all in one step. */
static PyObject *record_update(PyObject *object, PyObject *mapping)
{
	struct py_record *self = (struct py_record *)object;
	PyObject *items = PyMapping_Items(mapping), *keep = PyList_New(0), *result = NULL;
	Py_ssize_t count = items ? PyList_Size(items) : 0, taken = 0;
	struct headway_message *messages = PyMem_Calloc((size_t)count + 1,
							sizeof(struct headway_message));

	if (!messages)
		(void)PyErr_NoMemory();
	if (items && keep && messages) {
		while (taken < count &&
		       pair_take(PyList_GetItem(items, taken), &messages[taken], keep))
			taken++;
		if (taken == count)
			result = py_done(headway_update(self->handle, messages, (size_t)count));
	}
	PyMem_Free(messages);
	Py_XDECREF(items);
	Py_XDECREF(keep);
	return result;
}

/* ---- the end ------------------------------------------------------------------------------------- */

static PyObject *record_set_json(PyObject *object, PyObject *json)
{
	PyObject *keep;
	Py_ssize_t length;
	const char *text = py_text(json, &length, &keep);
	PyObject *result = NULL;

	if (text)
		result = py_done(headway_results(((struct py_record *)object)->handle, text,
						 (size_t)length));
	Py_XDECREF(keep);
	return result;
}

/* _finish(json): None: without results. */
static PyObject *record_finish(PyObject *object, PyObject *json)
{
	struct headway_record *handle = ((struct py_record *)object)->handle;
	PyObject *keep, *result = NULL;
	Py_ssize_t length;
	const char *text;

	if (json == Py_None)
		return py_done(headway_finish(handle));
	text = py_text(json, &length, &keep);
	if (text)
		result = py_done(headway_finish_with_results(handle, text, (size_t)length));
	Py_XDECREF(keep);
	return result;
}

static PyObject *record_error(PyObject *object, PyObject *message)
{
	PyObject *keep, *result = NULL;
	const char *text;

	if (py_c_text(message, &text, &keep)) {
		result = py_done(headway_error(((struct py_record *)object)->handle, text));
		Py_XDECREF(keep);
	}
	return result;
}

static PyObject *record_detach(PyObject *object, PyObject *unused)
{
	(void)unused;
	((struct py_record *)object)->ends_in = 0;
	Py_RETURN_NONE;
}

static PyObject *record_release(PyObject *object, PyObject *unused)
{
	(void)unused;
	py_record_end((struct py_record *)object, "abandoned: it was released");
	Py_RETURN_NONE;
}

/* ---- attributes ---------------------------------------------------------------------------------- */

static PyObject *record_id(PyObject *object, void *unused)
{
	(void)unused;
	return py_from_id(&((struct py_record *)object)->id);
}

static PyObject *record_status(PyObject *object, void *unused)
{
	int status = headway_status(((struct py_record *)object)->handle);

	(void)unused;
	return status < 0 ? py_error(status) : PyLong_FromLong(status);
}

static PyObject *record_is_cancelled(PyObject *object, void *unused)
{
	int cancelled = headway_is_cancelled(((struct py_record *)object)->handle);

	(void)unused;
	return cancelled < 0 ? py_error(cancelled) : PyBool_FromLong(cancelled);
}

static int cannot_delete(void)
{
	PyErr_SetString(PyExc_AttributeError, "it cannot be deleted");
	return -1;
}

static int set_done(PyObject *object, PyObject *value, void *unused)
{
	uint64_t n;
	int code;

	(void)unused;
	if (!value)
		return cannot_delete();
	if (!py_u64(value, &n))
		return -1;
	code = headway_set(((struct py_record *)object)->handle, n);
	return code ? (py_error(code), -1) : 0;
}

static int set_total(PyObject *object, PyObject *value, void *unused)
{
	uint64_t n = 0;
	int code;

	(void)unused;
	if (!value)
		return cannot_delete();
	if (value != Py_None && !py_u64(value, &n))
		return -1;
	code = headway_set_total(((struct py_record *)object)->handle, n);
	return code ? (py_error(code), -1) : 0;
}

static int set_url(PyObject *object, PyObject *value, void *unused)
{
	PyObject *keep;
	const char *text;
	int code;

	(void)unused;
	if (!value)
		return cannot_delete();
	if (!py_c_text(value, &text, &keep))
		return -1;
	code = headway_url(((struct py_record *)object)->handle, text ? text : "");
	Py_XDECREF(keep);
	return code ? (py_error(code), -1) : 0;
}

/* Reads done, total or url from the arena. */
static PyObject *get_one(PyObject *object, void *which)
{
	struct py_record *self = (struct py_record *)object;
	struct headway_snapshot *s = NULL;
	struct headway_arena *arena = py_arena_enter(self->arena);
	PyObject *value = NULL;
	int code;

	if (!arena)
		return NULL;
	code = headway_read(arena, &self->id, &s);
	py_arena_leave(self->arena);
	if (code)
		(void)py_error(code);
	else if (*(const char *)which == 'd')
		value = PyLong_FromUnsignedLongLong(s->done);
	else if (*(const char *)which == 't')
		value = PyLong_FromUnsignedLongLong(s->total);
	else
		value = py_from_text(s->url, strlen(s->url));
	headway_snapshot_free(s);
	return value;
}

static PyObject *record_arena(PyObject *object, void *unused)
{
	PyObject *arena = (PyObject *)((struct py_record *)object)->arena;

	(void)unused;
	Py_INCREF(arena);
	return arena;
}

static PyObject *record_is_owner(PyObject *object, void *unused)
{
	struct py_record *self = (struct py_record *)object;

	(void)unused;
	return PyBool_FromLong(self->ends_in && self->ends_in == getpid());
}

static PyObject *record_released(PyObject *object, void *unused)
{
	(void)unused;
	return PyBool_FromLong(!((struct py_record *)object)->handle);
}

static PyGetSetDef record_attributes[] = {
	{"id", record_id, NULL, "its id: 36 characters", NULL},
	{"_status", record_status, NULL, NULL, NULL},
	{"cancelled", record_is_cancelled, NULL, "whether somebody asked its owner to stop", NULL},
	{"done", get_one, set_done, "how much is done", (void *)"done"},
	{"total", get_one, set_total, "the value that done is expected to reach; 0: unknown",
	 (void *)"total"},
	{"url", get_one, set_url, NULL, (void *)"url"},
	{"arena", record_arena, NULL, "the arena it is in", NULL},
	{"_ends_here", record_is_owner, NULL, NULL, NULL},
	{"_released", record_released, NULL, NULL, NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef record_methods[] = {
	{"add", FAST(record_add), METH_FASTCALL,
	 "add($self, n=1, /)\n--\n\nAdd n to what is done."},
	{"counter_add", FAST(record_counter_add), METH_FASTCALL,
	 "counter_add($self, counter, n=1, /)\n--\n\nAdd n to a named counter."},
	{"message", FAST(record_message), METH_FASTCALL,
	 "message($self, key, value, /)\n--\n\nSet a message, as record[key] = value does."},
	{"update", record_update, METH_O,
	 "update($self, messages, /)\n--\n\nSet several messages in one step."},
	{"_set_results", record_set_json, METH_O, NULL},
	{"_finish", record_finish, METH_O, NULL},
	{"error", record_error, METH_O,
	 "error($self, message, /)\n--\n\nEnd the record as Error; the message may be None."},
	{"detach", record_detach, METH_NOARGS,
	 "detach($self, /)\n--\n\nLeave the record Running when this object is collected."},
	{"release", record_release, METH_NOARGS,
	 "release($self, /)\n--\n\nRelease the record now, as when this object is collected."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot record_slots[] = {
	{Py_tp_new, (void *)py_no_new},
	{Py_tp_dealloc, (void *)record_dealloc},
	{Py_tp_methods, record_methods},
	{Py_tp_getset, record_attributes},
	{Py_mp_ass_subscript, (void *)record_set_item},
	{0, NULL},
};

static PyType_Spec record_spec = {
	.name = "headway._headway.Record",
	.basicsize = sizeof(struct py_record),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = record_slots,
};

int py_record_init(PyObject *module)
{
	py_record_type = py_type_add(module, &record_spec);
	return py_record_type ? 0 : -1;
}
