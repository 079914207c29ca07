#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tqdm's own tests with headway.tqdm in tqdm's place.

    BIN=build/release bindings/python/tests/tqdm_own.py [--theirs] FOLDER [TEST…]

FOLDER is a checkout of tqdm, the source package (`apt-get source tqdm`, where deb-src is on), or the folder with
its tests_*.py.  They are copied, and tqdm becomes headway.tqdm in the copies' imports and in the names of modules
that they patch; nothing else changes.  pytest is needed, and pytest-asyncio, or else the tests of asyncio are
skipped.

Tests that are expected to fail are listed in tqdm_own.txt, each with a reason.  The exit status is 0 when these fail and
all others pass, 1 otherwise.  --theirs runs the tests as they are with the tqdm that is installed, and lists what
fails: its version may differ from that of the tests.  TEST: only those, as pytest's -k takes them.
"""

import argparse
import ast
import collections
import os
import re
import shutil
import sys
import tempfile

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tqdm_own.txt")
CHANGES = [
    (r"(?m)^(\s*from )tqdm(?=[. ])", r"\1headway.tqdm"),
    (r"(?m)^(\s*)import tqdm$", r"\1import headway.tqdm as tqdm"),
    (r"(?m)^(\s*import )tqdm(?=\.)", r"\1headway.tqdm"),
    (r"""(?<=patch\(['"])tqdm(?=\.)""", "headway.tqdm"),
]
# What tqdm's own configuration has of it.
OPTIONS = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:headway", "-c", "/dev/null", "--rootdir=."]
OPTIONS += ["-o", "python_files=tests_*.py", "-o", "log_level=INFO", "-o", "markers=slow", "-o", "asyncio_mode=strict"]


def expected():
    """{test or file: reason}, and the set of those that may also pass"""
    found, maybe, reason = {}, set(), None
    with open(LIST) as file:
        for line in map(str.strip, file):
            if line.startswith("= "):
                reason = line[2:]
            elif line and not line.startswith("#"):
                test = line[2:] if line.startswith("? ") else line
                found[test] = reason
                if test != line:
                    maybe.add(test)
    return found, maybe


def copy_tests(folder, into, changes):
    os.mkdir(into)
    names = [name for name in sorted(os.listdir(folder)) if name.endswith(".py")]
    if not any(name.startswith("tests_") for name in names):
        sys.exit(f"{folder}: no tests_*.py there")
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        for pattern, new in changes:
            text = re.sub(pattern, new, text)
        with open(os.path.join(into, name), "w", encoding="utf-8") as file:
            file.write(text)
    return [name for name in names if name.startswith("tests_")]


def functions(name):
    """The number of test functions in a file that could not be imported."""
    with open(os.path.join("tests", name), encoding="utf-8") as file:
        nodes = ast.walk(ast.parse(file.read()))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return sum(isinstance(node, kinds) and node.name.startswith("test_") for node in nodes)


class Outcomes:
    """A plugin of pytest: {test: "passed", "skipped" or "failed"}"""

    order = ("passed", "skipped", "failed")

    def __init__(self):
        self.of = {}

    def pytest_runtest_logreport(self, report):
        test = report.nodeid.rpartition("tests/")[2]
        self.of[test] = max(self.of.get(test, "passed"), report.outcome, key=self.order.index)

    def pytest_collectreport(self, report):
        if report.failed:
            self.pytest_runtest_logreport(report)


def show(title, tests):
    if tests:
        print(f"{title}: {len(tests)}")
    for test in sorted(tests):
        print(f"    {test}")


def compare(outcomes, reasons, maybe):
    """Says what differs from what is expected; the exit status."""

    def reason(test):
        return reasons.get(test) or reasons.get(test.partition("::")[0] + "::*")

    failed = {test: functions(test) if "::" not in test else 1 for test, how in outcomes.items() if how == "failed"}
    count = collections.Counter(outcomes.values())
    bad, others = sum(failed.values()), count["passed"] + count["skipped"]
    print(f"{count['passed']} of {others + bad} tests pass, {bad} fail, {count['skipped']} are skipped")
    sums = collections.Counter()
    for test, number in failed.items():
        sums[reason(test)] += number
    for why in dict.fromkeys(reasons.values()):
        if sums[why]:
            print(f"    expected to fail: {sums[why]}: {why}")
    wrong = [test for test in failed if not reason(test)]
    better = [test for test in reasons if outcomes.get(test) == "passed" and test not in maybe]
    show("not expected to fail", wrong)
    show("expected to fail, but passed", better)
    return 1 if wrong or better or not count["passed"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--theirs", action="store_true")
    parser.add_argument("folder")
    parser.add_argument("tests", nargs="*", metavar="TEST")
    how = parser.parse_args()
    folder = os.path.abspath(how.folder)
    inner = os.path.join(folder, "tests")
    folder = inner if os.path.isdir(inner) else folder
    if not how.theirs:
        import common  # noqa: F401  finds the package

        import headway

        os.environ["HEADWAY_ARENA"] = f"/headway-tqdm-own-{os.getpid()}"
    import pytest

    place, outcomes = tempfile.mkdtemp(), Outcomes()
    try:
        os.chdir(place)
        files = copy_tests(folder, "tests", [] if how.theirs else CHANGES)
        chosen = ["-k", " or ".join(how.tests)] if how.tests else []
        run = [os.path.join("tests", name) for name in files]
        pytest.main([*OPTIONS, "--continue-on-collection-errors", *chosen, *run], plugins=[outcomes])
        return compare(outcomes.of, *(({}, set()) if how.theirs else expected()))
    finally:
        os.chdir("/")
        shutil.rmtree(place)
        if not how.theirs and os.path.exists("/dev/shm" + os.environ["HEADWAY_ARENA"]):
            headway.unlink(os.environ["HEADWAY_ARENA"])


if __name__ == "__main__":
    sys.exit(main())
