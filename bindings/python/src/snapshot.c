/* SPDX-License-Identifier: BSD-3-Clause */
/* headway._headway.Snapshot: one read of a record; members become Python objects when they are used. */
#include "extension.h"

PyTypeObject *py_snapshot_type;

static void snapshot_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	headway_snapshot_free(((struct py_snapshot *)object)->snapshot);
	release(object);
	Py_DECREF(type);
}

static PyObject *none(void)
{
	Py_RETURN_NONE;
}

static PyObject *text_of(const char *text)
{
	return text ? py_from_text(text, strlen(text)) : none();
}

static PyObject *dict_put(PyObject *dict, PyObject *key, PyObject *value)
{
	if (!dict || !key || !value || PyDict_SetItem(dict, key, value) < 0)
		Py_CLEAR(dict);
	Py_XDECREF(key);
	Py_XDECREF(value);
	return dict;
}

static PyObject *messages_of(const struct headway_snapshot *s)
{
	PyObject *dict = PyDict_New();

	for (size_t i = 0; dict && i < s->message_count; i++)
		dict = dict_put(dict, text_of(s->messages[i].key), text_of(s->messages[i].value));
	return dict;
}

static PyObject *counters_of(const struct headway_snapshot *s)
{
	PyObject *dict = PyDict_New();

	for (size_t i = 0; dict && i < s->counter_count; i++)
		dict = dict_put(dict, text_of(s->counter_names[i]),
				PyLong_FromUnsignedLongLong(s->counters[i]));
	return dict;
}

/* How a member becomes an object. */
enum kind { ID, PARENT, TEXT, RESULTS, MESSAGES, COUNTERS, ALIVE, INT, FLAG, U32, U64, I64, SIZE };

struct member {
	enum kind kind;
	size_t offset;
};

static PyObject *number_of(enum kind kind, const void *at)
{
	switch (kind) {
	case U32:
		return PyLong_FromUnsignedLong(*(const uint32_t *)at);
	case U64:
		return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
	case I64:
		return PyLong_FromLongLong(*(const int64_t *)at);
	case SIZE:
		return PyLong_FromSize_t(*(const size_t *)at);
	case FLAG:
		return PyBool_FromLong(*(const int *)at);
	default:
		return PyLong_FromLong(*(const int *)at);
	}
}

static PyObject *get(PyObject *object, void *closure)
{
	const struct headway_snapshot *s = ((struct py_snapshot *)object)->snapshot;
	const struct member *m = closure;
	const void *at = (const char *)s + m->offset;

	switch (m->kind) {
	case ID:
		return py_from_id(&s->id);
	case PARENT:
		return s->parent ? py_from_id(s->parent) : none();
	case TEXT:
		return text_of(*(const char *const *)at);
	case RESULTS:
		return s->results ? py_from_text(s->results, s->results_length) : none();
	case MESSAGES:
		return messages_of(s);
	case COUNTERS:
		return counters_of(s);
	case ALIVE:
		return s->owner_alive < 0 ? none() : PyBool_FromLong(s->owner_alive);
	default:
		return number_of(m->kind, at);
	}
}

#define MEMBER(name, kind, doc)                                                                    \
	{                                                                                          \
#name, get, NULL, doc, &(struct member)                                            \
		{                                                                                  \
			kind, offsetof(struct headway_snapshot, name)                              \
		}                                                                                  \
	}

static PyGetSetDef snapshot_attributes[] = {
	MEMBER(id, ID, "36 characters"),
	{"_status", get, NULL, NULL,
	 &(struct member){INT, offsetof(struct headway_snapshot, status)}},
	MEMBER(lost, FLAG, "whether it ended because its owner died"),
	MEMBER(stale, FLAG, "whether this is an older version: the record was changing too fast"),
	MEMBER(owner_alive, ALIVE, "None: unknown, or no owner"),
	MEMBER(version, U64, "rises with every change but those of counters"),
	MEMBER(name, TEXT, NULL),
	MEMBER(unit, TEXT, "what done and total count"),
	MEMBER(url, TEXT, NULL),
	MEMBER(parent, PARENT, "the id of the record this one is part of, or None"),
	MEMBER(messages, MESSAGES, "a dict, in the order in which they were first set"),
	MEMBER(message_count, SIZE, NULL),
	{"results_json", get, NULL, "the results as JSON, or None", &(struct member){RESULTS, 0}},
	MEMBER(results_length, SIZE, "bytes of results_json"),
	MEMBER(done, U64, NULL),
	MEMBER(total, U64, "0: unknown"),
	MEMBER(counters, COUNTERS, "a dict of the named ones"),
	MEMBER(owner_pid, U32, "0 when detached"),
	MEMBER(owner_command, TEXT, NULL),
	MEMBER(started_ns, I64, "wall clock, nanoseconds since 1970"),
	MEMBER(updated_ns, I64, "the last change but those of counters"),
	MEMBER(finished_ns, I64, "0: not yet"),
	MEMBER(ttl_seconds, U32, "how long it stays when it is over; 0: as the arena says"),
	MEMBER(detached, FLAG, "whether it has no owner"),
	MEMBER(cancel_requested_ns, I64, "when it was asked to stop; 0: never"),
	MEMBER(cancel_reason, TEXT, "why, \"\" when that was not said; None: never asked"),
	MEMBER(read_ns, I64, "when this was read, on the clock of started_ns"),
	{NULL, NULL, NULL, NULL, NULL},
};

static PyObject *view(PyObject *object,
		      int (*write)(const struct headway_snapshot *, char *, size_t))
{
	const struct headway_snapshot *s = ((struct py_snapshot *)object)->snapshot;
	int length = write(s, NULL, 0);
	PyObject *text = NULL;
	char *buffer;

	if (length < 0)
		return py_error(length);
	buffer = PyMem_Malloc((size_t)length + 1);
	if (!buffer)
		return PyErr_NoMemory();
	(void)write(s, buffer, (size_t)length + 1);
	text = py_from_text(buffer, (size_t)length);
	PyMem_Free(buffer);
	return text;
}

static PyObject *snapshot_json(PyObject *object, PyObject *unused)
{
	(void)unused;
	return view(object, headway_json_full);
}

static PyObject *snapshot_status_json(PyObject *object, PyObject *unused)
{
	(void)unused;
	return view(object, headway_json);
}

static PyMethodDef snapshot_methods[] = {
	{"json", snapshot_json, METH_NOARGS,
	 "json($self, /)\n--\n\nThe full view as JSON, with a closing newline."},
	{"status_json", snapshot_status_json, METH_NOARGS,
	 "status_json($self, /)\n--\n\nThe status view as JSON, with a closing newline."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot snapshot_slots[] = {
	{Py_tp_new, (void *)py_no_new},
	{Py_tp_dealloc, (void *)snapshot_dealloc},
	{Py_tp_methods, snapshot_methods},
	{Py_tp_getset, snapshot_attributes},
	{0, NULL},
};

static PyType_Spec snapshot_spec = {
	.name = "headway._headway.Snapshot",
	.basicsize = sizeof(struct py_snapshot),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = snapshot_slots,
};

int py_snapshot_init(PyObject *module)
{
	py_snapshot_type = py_type_add(module, &snapshot_spec);
	return py_snapshot_type ? 0 : -1;
}
