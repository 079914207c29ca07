# SPDX-License-Identifier: BSD-3-Clause
"""An arena of its own for each test, gone at its end.

With BIN, the folder of what `make` built, that package is tested, and else the one that is installed.
"""

import gc
import os
import sys
import unittest

if "BIN" in os.environ:
    PACKAGE = os.path.join(os.path.abspath(os.environ["BIN"]), "bindings", "python")
    if not os.path.exists(os.path.join(PACKAGE, "headway", "_headway.abi3.so")):
        print("the Python package is not built: no python3-config here?")
        sys.exit(77)
    sys.path.insert(0, PACKAGE)
    os.environ["PYTHONPATH"] = os.pathsep.join(  # for children
        filter(None, (PACKAGE, os.path.dirname(os.path.abspath(__file__)), os.environ.get("PYTHONPATH")))
    )

import headway


class ArenaTest(unittest.TestCase):
    how = {"slots": 256, "members": 16}

    def setUp(self):
        self.name = f"/headway-python-{os.getpid()}-{self.id()[-40:]}"
        self.before = {key: os.environ.get(key) for key in ("HEADWAY_ARENA", "HEADWAY_PARENT")}
        os.environ["HEADWAY_ARENA"] = self.name
        os.environ.pop("HEADWAY_PARENT", None)
        self.arena = headway.open(self.name, **self.how)
        headway._arena._opened[self.name] = self.arena

    def tearDown(self):
        gc.collect()
        for key, value in self.before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        self.assertEqual(self.arena.closed or self.arena.fsck()["damaged"], self.arena.closed or 0)
        for key, arena in list(headway._arena._opened.items()):
            if arena is self.arena:
                del headway._arena._opened[key]
        if os.path.exists("/dev/shm" + self.name):
            headway.unlink(self.name)

    def of(self, name):
        """The record of that name."""
        found = [record for record in self.arena.records() if record.name == name]
        self.assertEqual(len(found), 1, f"{len(found)} records are named {name}")
        return found[0]

    def check(self, record, status, **messages):
        snapshot = self.arena.read(record)
        self.assertEqual(str(snapshot.status), status)
        self.assertEqual(snapshot.messages, messages)
