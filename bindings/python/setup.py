# SPDX-License-Identifier: BSD-3-Clause
"""The extension, which pyproject.toml cannot describe.

In Headway's own tree it is linked with the static library that `make` left in build/release, so that a wheel
needs nothing at run time; elsewhere, or with HEADWAY_SHARED=1, with the one that pkg-config finds.
"""

import glob
import os
import shlex
import subprocess

from setuptools import Extension, setup

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.join(HERE, "..", "..")
BUILT = os.environ.get("HEADWAY_BUILD", os.path.join(TREE, "build", "release"))


def pkg_config(*what):
    try:
        return subprocess.check_output(("pkg-config", *what, "headway"), text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        raise SystemExit(
            "headway: the C library is not here: run `make` in its tree, or install it "
            "so that `pkg-config headway` finds it"
        )


def version():
    try:
        with open(os.path.join(TREE, "VERSION")) as file:
            return file.read().strip()
    except OSError:
        pass
    try:
        with open(os.path.join(HERE, "PKG-INFO")) as file:  # of a source distribution
            return next(line.split()[1] for line in file if line.startswith("Version:"))
    except OSError:
        return pkg_config("--modversion")


archive = os.path.join(BUILT, "libheadway.a")
if os.path.exists(archive) and not os.environ.get("HEADWAY_SHARED"):
    how = {"include_dirs": [os.path.join(TREE, "lib")], "extra_objects": [archive], "libraries": ["pthread"]}
else:
    how = {
        "extra_compile_args": shlex.split(pkg_config("--cflags")),
        "extra_link_args": shlex.split(pkg_config("--libs")),
    }
how.setdefault("extra_compile_args", []).append("-fvisibility=hidden")

setup(
    version=version(),
    ext_modules=[
        Extension(
            "headway._headway",
            sorted(glob.glob("src/*.c")),
            depends=glob.glob("src/*.h"),
            define_macros=[("Py_LIMITED_API", "0x03090000")],
            py_limited_api=True,
            **how,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
