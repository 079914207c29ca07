/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extension headway._headway: what its files share.
 *
 * Calls that may take long (open, wait, walks, reap, fsck) release the interpreter's lock.  Before that, calls
 * of an arena count themselves in its users, so that it is not closed meanwhile.  All other code holds the lock;
 * in particular a record's handle is used only with the lock, so that it is not released during a call.
 *
 * Limited API of 3.9: one build for every later Python.  METH_FASTCALL and PyUnicode_AsUTF8AndSize came into
 * the limited API with 3.10, but Python 3.9 has both with the same meaning.
 */
#ifndef HEADWAY_EXTENSION_H
#define HEADWAY_EXTENSION_H

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x03090000
#endif
#include <Python.h>
#include <headway.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#ifndef METH_FASTCALL
#define METH_FASTCALL 0x0080
#endif
#if Py_LIMITED_API + 0 < 0x030a0000
PyAPI_FUNC(const char *) PyUnicode_AsUTF8AndSize(PyObject *unicode, Py_ssize_t *size);
#endif

/* arena    NULL: closed.  This and users are used only with the interpreter's lock
 * users    calls that use the arena without the lock
 * closing  close() was called: the last user closes the arena */
struct py_arena {
	PyObject ob_base;
	struct headway_arena *arena;
	unsigned users;
	bool closing;
};

/* handle    NULL: released
 * arena     a reference, since closing an arena ends its records
 * ends_in   the process in which the record ends with this object; 0: none
 * counters  a tuple of the counters' names
 * has_history   it was started with one here, for which headway_sample() keeps samples */
struct py_record {
	PyObject ob_base;
	struct headway_record *handle;
	struct py_arena *arena;
	pid_t ends_in;
	PyObject *counters;
	struct headway_id id;
	bool has_history;
};

struct py_snapshot {
	PyObject ob_base;
	struct headway_snapshot *snapshot;
};

extern PyTypeObject *py_arena_type, *py_record_type, *py_snapshot_type, *py_track_type;

/* Makes a type from its spec and adds it to the module.  NULL with an exception. */
PyTypeObject *py_type_add(PyObject *module, PyType_Spec *spec);
/* The tp_new of types whose objects only the extension makes: TypeError. */
PyObject *py_no_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int py_arena_init(PyObject *module);
int py_record_init(PyObject *module);
int py_snapshot_init(PyObject *module);
int py_track_init(PyObject *module);

/* ---- errors -------------------------------------------------------------------------------------- */

/* Sets the exception for a negative errno: headway.Error or its subclass.  Always NULL. */
PyObject *py_error(int code);
/* None for 0 or more; for a negative errno NULL with the exception. */
PyObject *py_done(int code);

/* ---- conversions --------------------------------------------------------------------------------- */

/* The bytes of a str: UTF-8, and surrogates of os.fsdecode() as the bytes that they stand for.  They are
 * valid until text and *keep are released; the caller releases *keep.  NULL with an exception. */
const char *py_text(PyObject *text, Py_ssize_t *length, PyObject **keep);
/* The same as a C string; ValueError if it contains a NUL.  None becomes NULL, and true. */
bool py_c_text(PyObject *text, const char **out, PyObject **keep);
/* A str of such bytes. */
PyObject *py_from_text(const char *text, size_t length);
/* 0 to 2**64 - 1; false with an exception for anything else. */
bool py_u64(PyObject *number, uint64_t *out);
bool py_u32(PyObject *number, uint32_t *out);
/* An id as text, or an object that has one as .id. */
bool py_id(PyObject *id, struct headway_id *out);
PyObject *py_from_id(const struct headway_id *id);

/* ---- arenas -------------------------------------------------------------------------------------- */

/* Around the use of an arena without the lock.  NULL with an exception when it is closed. */
struct headway_arena *py_arena_enter(struct py_arena *self);
void py_arena_leave(struct py_arena *self);

/* ---- records ------------------------------------------------------------------------------------- */

/* Releases the handle.  If the record is Running, and ends with this object, it becomes Error with that
 * text, or Finished when text is NULL. */
void py_record_end(struct py_record *self, const char *text);

/* An object of that class for a handle, which is released with it, and on failure. */
PyObject *py_record_make(PyObject *class, struct py_arena *arena, struct headway_record *handle,
			 bool is_ours, PyObject *counters);

#endif
