/* SPDX-License-Identifier: BSD-3-Clause */
/* The module headway._headway. */
#include "extension.h"

PyTypeObject *py_type_add(PyObject *module, PyType_Spec *spec)
{
	PyObject *type = PyType_FromSpec(spec);
	const char *name = strrchr(spec->name, '.') + 1;

	if (!type)
		return NULL;
	Py_INCREF(type); /* for the module; the caller's reference is never dropped */
	if (PyModule_AddObject(module, name, type) < 0) {
		Py_DECREF(type);
		Py_DECREF(type);
		return NULL;
	}
	return (PyTypeObject *)type;
}

PyObject *py_no_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	(void)args;
	(void)kwargs;
	return PyErr_Format(PyExc_TypeError, "%R is made by an arena's calls only",
			    (PyObject *)type);
}

static PyObject *unlink_arena(PyObject *module, PyObject *name)
{
	PyObject *keep, *result = NULL;
	const char *text;

	(void)module;
	if (py_c_text(name, &text, &keep)) {
		result = py_done(headway_unlink(text));
		Py_XDECREF(keep);
	}
	return result;
}

static PyMethodDef module_functions[] = {
	{"unlink", unlink_arena, METH_O,
	 "unlink(name, /)\n--\n\nRemove an arena's name; processes that have it open can go on "
	 "using it."},
	{NULL, NULL, 0, NULL},
};

/* The types are global, so a subinterpreter with a lock of its own refuses to import the module. */
static struct PyModuleDef module_definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "headway._headway",
	.m_doc = "The calls of libheadway.  Use the package headway.",
	.m_size = -1,
	.m_methods = module_functions,
};

static const struct {
	const char *name;
	long value;
} constants[] = {
	{"RUNNING", HEADWAY_RUNNING},     {"FINISHED", HEADWAY_FINISHED},
	{"ERROR", HEADWAY_ERROR},         {"CREATE", HEADWAY_CREATE},
	{"EXCLUSIVE", HEADWAY_EXCLUSIVE}, {"READ_ONLY", HEADWAY_READ_ONLY},
	{"EXISTING", HEADWAY_EXISTING},   {"DETACHED", HEADWAY_DETACHED},
	{"STRIPED", HEADWAY_STRIPED},     {"ROOT", HEADWAY_ROOT},
	{"DRY_RUN", HEADWAY_DRY_RUN},
};

static int constants_add(PyObject *module)
{
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
			return -1;
	return PyModule_AddStringConstant(module, "version", headway_version());
}

PyMODINIT_FUNC PyInit__headway(void);
PyMODINIT_FUNC PyInit__headway(void)
{
	PyObject *module = PyModule_Create(&module_definition);

	if (module && (py_arena_init(module) < 0 || py_record_init(module) < 0 ||
		       py_snapshot_init(module) < 0 || py_track_init(module) < 0 ||
		       constants_add(module) < 0))
		Py_CLEAR(module);
	return module;
}
