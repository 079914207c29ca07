/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headway._headway.Track: an iterator that returns the items of another one and counts the steps in a record.
 *
 * A step is done when the next item is asked for.  To keep a step cheap, the drawer of a bar is not called at
 * each, but after as many steps as it asked for, or at the first look at the clock after 50 ms.  There is a look at
 * each step of a slow loop, and at every eighth of a fast one, so that one that turns slow is noticed.
 */
#include "extension.h"

#include <time.h>

enum { TICK_NS = 50000000, SLOW_NS = TICK_NS / 8, LOOK_STEPS = 8, MOST_STEPS = 1 << 24 };

PyTypeObject *py_track_type;

/* items      the other iterator; NULL: the loop is over
 * record     counts the steps; NULL: none does
 * drawer     called as drawer(count, is_over), also at the end; NULL: nothing is drawn.  Returns the steps until
 *            it is called again, or None: the clock decides
 * count      steps done
 * steps      steps until the next look at the clock, or until the drawer is called
 * by_clock   the clock decides when the drawer is called
 * looks      there is a drawer, or the record has a history, which keeps samples
 * pending    an item was returned, and its step is not counted yet
 * looked_ns  monotonic: the last look at the clock
 * due_ns     monotonic: when the drawer is called again */
struct py_track {
	PyObject ob_base;
	PyObject *items;
	struct py_record *record;
	PyObject *drawer;
	uint64_t count;
	uint32_t steps;
	bool by_clock, looks, pending;
	int64_t looked_ns, due_ns;
};

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Calls the drawer.  The steps until it is called again; 0: the clock decides; -1 with an exception. */
static int64_t draw(struct py_track *self, bool is_over)
{
	PyObject *result = PyObject_CallFunction(self->drawer, "Ki",
						 (unsigned long long)self->count, (int)is_over);
	int64_t steps = 0;

	if (!result)
		return -1;
	if (result != Py_None)
		steps = PyLong_AsLongLong(result);
	Py_DECREF(result);
	if (PyErr_Occurred())
		return -1;
	return steps < 0 ? 0 : steps > MOST_STEPS ? MOST_STEPS : steps;
}

/* Looks at the clock; when it is due, samples the record and calls the drawer. */
static __attribute__((cold, noinline)) int look(struct py_track *self)
{
	int64_t now = now_ns(), wanted = 0;

	if (self->by_clock) {
		self->steps = now - self->looked_ns < SLOW_NS ? LOOK_STEPS : 1;
		self->looked_ns = now;
		if (now < self->due_ns)
			return 0;
	}
	if (self->record)
		(void)headway_sample(self->record->handle); /* does nothing without a history */
	if (self->drawer)
		wanted = draw(self, false);
	if (wanted < 0)
		return -1;
	self->by_clock = !wanted;
	if (wanted)
		self->steps = (uint32_t)wanted;
	else
		self->due_ns = now + TICK_NS;
	return 0;
}

/* An exception's text, or its type's name when it has none. */
static PyObject *text_of_exception(PyObject *type, PyObject *value)
{
	PyObject *text = value ? PyObject_Str(value) : NULL;

	if (text && PyUnicode_GetLength(text) > 0)
		return text;
	Py_XDECREF(text);
	PyErr_Clear();
	return PyObject_GetAttrString(type, "__name__");
}

/* Ends the record by the exception that is set, which stays set. */
static void end_by_exception(struct py_record *record)
{
	PyObject *type, *value, *trace, *text, *keep = NULL;
	const char *bytes = NULL;

	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	if (PyErr_GivenExceptionMatches(type, PyExc_GeneratorExit)) {
		py_record_end(record, NULL); /* the generator that contains the loop was closed */
	} else {
		text = text_of_exception(type, value);
		if (text)
			(void)py_c_text(text, &bytes, &keep);
		py_record_end(record, bytes ? bytes : "an exception");
		Py_XDECREF(text);
		Py_XDECREF(keep);
	}
	PyErr_Clear();
	PyErr_Restore(type, value, trace);
}

/* Ends the record and the bar: the items are used up, an exception came, or the loop was left early. */
static void track_end(struct py_track *self)
{
	PyObject *type, *value, *trace, *drawer = self->drawer;

	if (self->record && PyErr_Occurred())
		end_by_exception(self->record);
	else if (self->record)
		py_record_end(self->record, NULL);
	self->drawer = NULL;
	if (drawer) {
		PyErr_Fetch(&type, &value, &trace);
		self->drawer = drawer;
		if (draw(self, true) < 0)
			PyErr_Clear();
		Py_CLEAR(self->drawer);
		PyErr_Restore(type, value, trace);
	}
	Py_CLEAR(self->record);
	Py_CLEAR(self->items);
}

static PyObject *track_next(PyObject *object)
{
	struct py_track *self = (struct py_track *)object;
	PyObject *item;

	if (!self->items)
		return NULL;
	if (self->pending) {
		self->pending = false;
		self->count++;
		/* An error, as when another program ended the record, does not stop the loop. */
		if (self->record)
			(void)headway_add(self->record->handle, 1);
		if (self->looks && --self->steps == 0 && look(self) < 0)
			return NULL;
	}
	item = PyIter_Next(self->items);
	if (!item) {
		track_end(self);
		return NULL;
	}
	self->pending = true;
	return item;
}

static PyObject *track_iter(PyObject *object)
{
	Py_INCREF(object);
	return object;
}

static int track_traverse(PyObject *object, visitproc visit, void *arg)
{
	struct py_track *self = (struct py_track *)object;

	Py_VISIT(self->items);
	Py_VISIT((PyObject *)self->record);
	Py_VISIT(self->drawer);
	Py_VISIT((PyObject *)Py_TYPE(object));
	return 0;
}

static int track_clear(PyObject *object)
{
	track_end((struct py_track *)object);
	return 0;
}

/* The loop was left by break, or by an exception, which is set then. */
static void track_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	PyObject_GC_UnTrack(object);
	track_end((struct py_track *)object);
	release(object);
	Py_DECREF(type);
}

/* Track(iterable, record, drawer): record and drawer may be None */
static PyObject *track_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	PyObject *items, *record, *drawer;
	struct py_track *self;

	(void)kwargs;
	if (!PyArg_ParseTuple(args, "OOO", &items, &record, &drawer))
		return NULL;
	if (record != Py_None && !PyObject_TypeCheck(record, py_record_type)) {
		PyErr_SetString(PyExc_TypeError, "no record");
		return NULL;
	}
	items = PyObject_GetIter(items);
	if (!items)
		return NULL;
	self = (struct py_track *)alloc(type, 0);
	if (!self) {
		Py_DECREF(items);
		return NULL;
	}
	self->items = items;
	if (record != Py_None) {
		Py_INCREF(record);
		self->record = (struct py_record *)record;
	}
	if (drawer != Py_None) {
		Py_INCREF(drawer);
		self->drawer = drawer;
	}
	self->looks = self->drawer || (self->record && self->record->has_history);
	self->by_clock = true;
	self->steps = 1;
	self->looked_ns = now_ns();
	return (PyObject *)self;
}

static PyObject *track_record(PyObject *object, void *unused)
{
	struct py_track *self = (struct py_track *)object;
	PyObject *record = self->record ? (PyObject *)self->record : Py_None;

	(void)unused;
	Py_INCREF(record);
	return record;
}

static PyObject *track_length_hint(PyObject *object, PyObject *unused)
{
	struct py_track *self = (struct py_track *)object;

	(void)unused;
	if (!self->items)
		return PyLong_FromLong(0);
	if (!PyObject_HasAttrString(self->items, "__length_hint__"))
		Py_RETURN_NOTIMPLEMENTED;
	return PyObject_CallMethod(self->items, "__length_hint__", NULL);
}

static PyObject *track_count(PyObject *object, void *unused)
{
	(void)unused;
	return PyLong_FromUnsignedLongLong(((struct py_track *)object)->count);
}

static PyGetSetDef track_attributes[] = {
	{"count", track_count, NULL, "steps done", NULL},
	{"record", track_record, NULL, "the loop's record; None when the loop is over", NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef track_methods[] = {
	{"__length_hint__", track_length_hint, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot track_slots[] = {
	{Py_tp_new, (void *)track_new},
	{Py_tp_dealloc, (void *)track_dealloc},
	{Py_tp_traverse, (void *)track_traverse},
	{Py_tp_clear, (void *)track_clear},
	{Py_tp_iter, (void *)track_iter},
	{Py_tp_iternext, (void *)track_next},
	{Py_tp_getset, track_attributes},
	{Py_tp_methods, track_methods},
	{0, NULL},
};

static PyType_Spec track_spec = {
	.name = "headway._headway.Track",
	.basicsize = sizeof(struct py_track),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.slots = track_slots,
};

int py_track_init(PyObject *module)
{
	py_track_type = py_type_add(module, &track_spec);
	return py_track_type ? 0 : -1;
}
