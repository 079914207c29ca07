/* SPDX-License-Identifier: BSD-3-Clause */
/* Conversions between Python's objects and C's types. */
#include "extension.h"

const char *py_text(PyObject *text, Py_ssize_t *length, PyObject **keep)
{
	const char *bytes;
	char *encoded;

	*keep = NULL;
	if (!PyUnicode_Check(text)) {
		PyErr_Format(PyExc_TypeError, "a text is a str, not %R", Py_TYPE(text));
		return NULL;
	}
	bytes = PyUnicode_AsUTF8AndSize(text, length); /* lives as long as text */
	if (bytes)
		return bytes;
	if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
		return NULL;
	PyErr_Clear();
	*keep = PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape");
	if (!*keep || PyBytes_AsStringAndSize(*keep, &encoded, length) < 0)
		return NULL;
	return encoded;
}

bool py_c_text(PyObject *text, const char **out, PyObject **keep)
{
	Py_ssize_t length;

	*out = NULL;
	*keep = NULL;
	if (!text || text == Py_None)
		return true;
	*out = py_text(text, &length, keep);
	if (*out && strlen(*out) == (size_t)length)
		return true;
	if (*out)
		PyErr_SetString(PyExc_ValueError, "a text must not contain a NUL");
	Py_CLEAR(*keep);
	return false;
}

PyObject *py_from_text(const char *text, size_t length)
{
	return PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, "surrogateescape");
}

bool py_u64(PyObject *number, uint64_t *out)
{
	PyObject *index;
	unsigned long long value;

	if (PyLong_Check(number)) {
		value = PyLong_AsUnsignedLongLong(number);
	} else {
		index = PyNumber_Index(number); /* numpy's integers, not floats */
		if (!index)
			return false;
		value = PyLong_AsUnsignedLongLong(index);
		Py_DECREF(index);
	}
	*out = value;
	return value != (unsigned long long)-1 || !PyErr_Occurred();
}

bool py_u32(PyObject *number, uint32_t *out)
{
	uint64_t wide;

	if (!py_u64(number, &wide))
		return false;
	if (wide > UINT32_MAX) {
		PyErr_SetString(PyExc_OverflowError, "more than 32 bits");
		return false;
	}
	*out = (uint32_t)wide;
	return true;
}

bool py_id(PyObject *id, struct headway_id *out)
{
	PyObject *text, *keep;
	const char *bytes;
	int code = -EINVAL;

	if (PyUnicode_Check(id)) {
		text = id;
		Py_INCREF(text);
	} else {
		text = PyObject_GetAttrString(id, "id");
		if (!text)
			return false;
	}
	if (py_c_text(text, &bytes, &keep) && bytes)
		code = headway_parse_id(bytes, out);
	Py_XDECREF(keep);
	if (code && !PyErr_Occurred())
		PyErr_Format(PyExc_ValueError, "%R is not an id", text);
	Py_DECREF(text);
	return code == 0;
}

PyObject *py_from_id(const struct headway_id *id)
{
	char text[HEADWAY_ID_TEXT];

	(void)headway_format_id(id, text);
	return py_from_text(text, sizeof text - 1);
}

/* ---- errors -------------------------------------------------------------------------------------- */

/* headway._errors.of() chooses the class. */
PyObject *py_error(int code)
{
	PyObject *module = PyImport_ImportModule("headway._errors");
	PyObject *error = NULL;

	if (module)
		error = PyObject_CallMethod(module, "of", "is", code, headway_strerror(code));
	Py_XDECREF(module);
	if (error)
		PyErr_SetObject((PyObject *)Py_TYPE(error), error);
	Py_XDECREF(error);
	return NULL;
}

PyObject *py_done(int code)
{
	if (code < 0)
		return py_error(code);
	Py_RETURN_NONE;
}
