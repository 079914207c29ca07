# SPDX-License-Identifier: BSD-3-Clause
"""Builds the extension, which pyproject.toml cannot describe.

The C library, from this tree or from its copy in a source distribution, is compiled into the extension, so that a
wheel needs no library at run time.  With HEADWAY_SHARED=1 the extension is linked with the library that pkg-config
finds instead.
"""

import glob
import os
import shlex
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = HERE if os.path.exists(os.path.join(HERE, "lib")) else os.path.dirname(os.path.dirname(HERE))
LIBRARY = os.path.join(TREE, "lib")


def version():
    with open(os.path.join(TREE, "VERSION")) as file:
        return file.read().strip()


def pkg_config(*what):
    try:
        return shlex.split(subprocess.check_output(("pkg-config", *what, "headway"), text=True))
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"headway: HEADWAY_SHARED is set, and pkg-config does not find the library: {error}")


class Build(build_ext):
    """Compiles the library first."""

    def build_extension(self, ext):
        if not os.environ.get("HEADWAY_SHARED"):
            ext.extra_objects = self.compiler.compile(
                sorted(glob.glob(os.path.join(LIBRARY, "*", "*.c"))),
                output_dir=self.build_temp,
                include_dirs=[LIBRARY],
                macros=[("_GNU_SOURCE", None), ("HW__INTERNAL", None), ("HEADWAY_VERSION_TEXT", f'"{version()}"')],
                extra_postargs=["-std=gnu11", "-fvisibility=hidden"],
            )
        super().build_extension(ext)


class Source(sdist):
    """Adds the library's source."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        for file in glob.glob(os.path.join(LIBRARY, "**", "*.[ch]"), recursive=True):
            into = os.path.join(base_dir, "lib", os.path.dirname(os.path.relpath(file, LIBRARY)))
            os.makedirs(into, exist_ok=True)
            shutil.copy(file, into)
        for name in ("VERSION", "LICENSE"):
            shutil.copy(os.path.join(TREE, name), base_dir)


if os.environ.get("HEADWAY_SHARED"):
    how = {"extra_compile_args": pkg_config("--cflags"), "extra_link_args": pkg_config("--libs")}
else:
    how = {"include_dirs": [LIBRARY], "extra_compile_args": [], "extra_link_args": ["-pthread"]}
how["extra_compile_args"] += ["-std=gnu11", "-fvisibility=hidden"]
how["extra_link_args"] += ["-Wl,--version-script,src/extension.map"]

setup(
    version=version(),
    cmdclass={"build_ext": Build, "sdist": Source},
    ext_modules=[
        Extension(
            "headway._headway",
            sorted(glob.glob("src/*.c")),
            depends=glob.glob("src/*.h") + ["src/extension.map"],
            define_macros=[("Py_LIMITED_API", "0x03090000")],
            py_limited_api=True,
            **how,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
