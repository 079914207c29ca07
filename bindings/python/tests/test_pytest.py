#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The pytest plugin: a record for a session and one for each worker, also of one that was killed."""

import os
import subprocess
import sys
import tempfile
import unittest

from common import ArenaTest

try:
    import pytest  # noqa: F401
except ImportError:
    print("no pytest here")
    sys.exit(77)
try:
    import xdist
except ImportError:
    xdist = None

import headway

TESTS = """
import os, signal, pytest

@pytest.mark.parametrize("n", range(6))
def test_passes(n):
    pass

def test_fails():
    assert 1 == 2

@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert 0

@pytest.fixture
def broken():
    raise OSError("no disk")

def test_broken(broken):
    pass
"""

KILLS = """
import os, signal

def test_first():
    pass

def test_killed():
    import headway
    record = headway.start("within")
    os.kill(os.getpid(), signal.SIGKILL)

def test_last():
    pass
"""


class Plugin(ArenaTest):
    how = {"slots": 256, "members": 32}

    def run_pytest(self, text, *arguments, **environment):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "test_it.py"), "w") as file:
                file.write(text)
            self.done = subprocess.run(
                [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "headway.pytest_plugin"]
                + [*arguments, folder],
                capture_output=True,
                text=True,
                timeout=250,
                cwd=folder,
                env={
                    **os.environ,
                    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                    "PYTEST_DEBUG_TEMPROOT": folder,
                    "PYTHONDONTWRITEBYTECODE": "1",  # in the workers of xdist, too
                    **environment,
                },
            )
        return self.done.returncode

    def test_session(self):
        self.assertEqual(self.run_pytest(TESTS, "--headway"), 1, self.done.stdout)
        s = self.of("pytest")
        self.assertEqual((str(s.status), s.done, s.total, s.unit), ("Error", 10, 10, "tests"))
        self.assertEqual(s.counters, {"failed": 2, "skipped": 1})
        self.assertEqual(s.results, {"failed": 2, "skipped": 1})
        self.assertEqual(s.messages["Test"], "test_it.py::test_broken")
        self.assertEqual(s.messages["Failed"], "test_it.py::test_broken")
        self.assertEqual(s.messages["Error"], "2 failed, exit status 1")

    def test_passed(self):
        self.assertEqual(self.run_pytest("def test_it(): pass", "--headway"), 0, self.done.stdout)
        s = self.of("pytest")
        self.assertEqual((str(s.status), s.done), ("Finished", 1))

    def test_only_when_asked(self):
        self.assertEqual(self.run_pytest("def test_it(): pass"), 0)
        self.assertEqual(self.arena.records(), [])
        with headway.start("ci") as record:
            self.assertEqual(self.run_pytest("def test_it(): pass"), 0)
        self.assertEqual(self.of("pytest").parent, record.id)

    def test_no_arena(self):
        self.assertEqual(self.run_pytest("def test_it(): pass", "--headway", HEADWAY_ARENA="/no/such/folder"), 0)
        self.assertIn("UserWarning: headway:", self.done.stdout)
        self.assertIn("1 passed", self.done.stdout)

    @unittest.skipUnless(xdist, "no xdist here")
    def test_workers(self):
        self.assertEqual(self.run_pytest(TESTS, "--headway", "-p", "xdist", "-n", "2"), 1, self.done.stdout)
        session = self.of("pytest")
        self.assertEqual((str(session.status), session.done, session.total), ("Error", 10, 10))
        workers = [self.of("pytest gw0"), self.of("pytest gw1")]
        for s in workers:
            self.assertEqual((str(s.status), s.parent), ("Finished", session.id))
        self.assertEqual(sum(s.done for s in workers), 10)
        self.assertEqual(sum(s.counters["failed"] for s in workers), 2)

    @unittest.skipUnless(xdist, "no xdist here")
    def test_killed_worker(self):
        self.assertEqual(self.run_pytest(KILLS, "--headway", "-p", "xdist", "-n", "1"), 1, self.done.stdout)
        self.arena.reap()
        session = self.of("pytest")
        self.assertEqual(str(session.status), "Error")
        killed = self.of("pytest gw0")
        self.assertTrue(killed.lost)
        self.assertEqual(killed.messages["Test"], "test_it.py::test_killed")
        self.assertEqual(killed.parent, session.id)
        self.assertEqual((self.of("within").parent, self.of("within").lost), (killed.id, True))
        self.assertEqual(str(self.of("pytest gw1").status), "Finished")  # which took its place


if __name__ == "__main__":
    unittest.main()
