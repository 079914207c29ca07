/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The extension headway._headway: what its files share.
 *
 * Everything here runs with the interpreter's lock held, but for calls that may take long (wait, walks,
 * reaping): these count themselves in the arena's users first, so that nobody closes it meanwhile.  A
 * record's handle is used with the lock held only, so that it cannot be released during a call.
 *
 * Limited API of 3.9: one build for every later Python.  Two things of 3.10's are used that 3.9 has under
 * the same names and with the same meaning, only not yet in its list: METH_FASTCALL (since 3.7) and
 * PyUnicode_AsUTF8AndSize (since 3.3).
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

/* arena, users  with the lock held
 * closing       close() was called while users were there: the last of them closes */
struct py_arena {
	PyObject ob_base;
	struct headway_arena *arena;
	unsigned users;
	bool closing;
};

/* handle    NULL: released
 * arena     referenced, as a closed arena ends its records
 * ends_in   the process in which the object's end is the record's; 0: none
 * counters  tuple of the names of counters */
struct py_record {
	PyObject ob_base;
	struct headway_record *handle;
	struct py_arena *arena;
	pid_t ends_in;
	PyObject *counters;
	struct headway_id id;
};

struct py_snapshot {
	PyObject ob_base;
	struct headway_snapshot *snapshot;
};

extern PyTypeObject *py_arena_type, *py_record_type, *py_snapshot_type, *py_track_type;

/* Makes a type from its spec and adds it to the module.  NULL with an exception. */
PyTypeObject *py_type_add(PyObject *module, PyType_Spec *spec);
/* The tp_new of what only the extension makes. */
PyObject *py_no_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int py_arena_init(PyObject *module);
int py_record_init(PyObject *module);
int py_snapshot_init(PyObject *module);
int py_track_init(PyObject *module);

/* ---- errors -------------------------------------------------------------------------------------- */

/* Sets the exception for a negative errno: headway.Error or its subclass.  Always NULL. */
PyObject *py_error(int code);
/* None, or NULL with the exception. */
PyObject *py_done(int code);

/* ---- conversions --------------------------------------------------------------------------------- */

/* A text's bytes: UTF-8, with surrogates that stand for other bytes (os.fsdecode) turned back.
 * *keep is what they live in, to be released.  NULL with an exception. */
const char *py_text(PyObject *text, Py_ssize_t *length, PyObject **keep);
/* The same with a NUL behind and none within (ValueError), None: NULL and true. */
bool py_c_text(PyObject *text, const char **out, PyObject **keep);
/* The other way. */
PyObject *py_from_text(const char *text, size_t length);
/* 0 to 2**64 - 1; exceptions for the rest. */
bool py_u64(PyObject *number, uint64_t *out);
bool py_u32(PyObject *number, uint32_t *out);
/* An id as text, or an object that has one as .id. */
bool py_id(PyObject *id, struct headway_id *out);
PyObject *py_from_id(const struct headway_id *id);

/* ---- arenas -------------------------------------------------------------------------------------- */

/* For calls without the lock: NULL with an exception when it is closed. */
struct headway_arena *py_arena_enter(struct py_arena *self);
void py_arena_leave(struct py_arena *self);

/* ---- records ------------------------------------------------------------------------------------- */

/* The handle ends, and the record with it when it is still Running and this object's to end: as Error,
 * with that text; NULL: as Finished. */
void py_record_end(struct py_record *self, const char *text);

/* An object of that class for a handle, which it owns from here on, also on failure. */
PyObject *py_record_make(PyObject *class, struct py_arena *arena, struct headway_record *handle,
			 bool is_ours, PyObject *counters);

#endif
