# SPDX-License-Identifier: BSD-3-Clause
"""A record for a pytest session, and a child of it for each worker of pytest-xdist.

The option --headway turns it on, and so does HEADWAY_PARENT, as under `headway run -- pytest`.  Done counts
tests; the message "Test" is the test that runs, or that ran when a worker was killed.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Optional

import headway


def pytest_addoption(parser: Any) -> None:
    parser.getgroup("headway").addoption(
        "--headway",
        action="store_true",
        help="keep a record of the session, and of each worker, in $HEADWAY_ARENA or /headway",
    )


def pytest_configure(config: Any) -> None:
    is_worker = hasattr(config, "workerinput")
    if is_worker and "headway" in config.workerinput:
        how: Dict[str, Any] = {"parent": config.workerinput["headway"]}
        name = f"pytest {config.workerinput['workerid']}"
    elif not is_worker and (config.getoption("headway") or "HEADWAY_PARENT" in os.environ):
        how, name = {}, "pytest"
    else:
        return
    try:
        record = headway.start(name, unit="tests", counters=("failed", "skipped"), **how)
    except OSError as error:
        config.issue_config_time_warning(UserWarning(f"headway: {error}"), 2)
        return
    config.pluginmanager.register(Session(record, is_worker, config), "headway-session")


class Session:
    """Keeps a record up to date.  Errors of the record are ignored, so that the tests go on."""

    record: headway.Record
    is_worker: bool
    config: Any
    total: int
    counts: Dict[str, int]

    def __init__(self, record: headway.Record, is_worker: bool, config: Any) -> None:
        self.record, self.is_worker, self.config = record, is_worker, config
        self.total = 0
        self.counts = {"failed": 0, "skipped": 0}
        self.outcome: Optional[str] = None
        record.enter()

    def pytest_configure_node(self, node: Any) -> None:  # called by xdist in the session's process
        node.workerinput["headway"] = self.record.id

    pytest_configure_node.optionalhook = True  # type: ignore[attr-defined]

    def say(self, call: Any, *args: Any) -> None:
        try:
            call(*args)
        except OSError:
            pass

    def set_total(self, total: int) -> None:
        self.total = max(self.total, total)
        self.say(setattr, self.record, "total", self.total)

    def pytest_collection_finish(self, session: Any) -> None:
        if session.items and not self.is_worker:
            self.set_total(len(session.items))

    def pytest_xdist_node_collection_finished(self, node: Any, ids: Any) -> None:
        self.set_total(len(ids))

    pytest_xdist_node_collection_finished.optionalhook = True  # type: ignore[attr-defined]

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.say(self.record.message, "Test", nodeid.replace("\0", "\ufffd"))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome in self.counts and not hasattr(report, "wasxfail"):
            self.counts[report.outcome] += 1
            self.say(self.record.counter_add, report.outcome, 1)
            if report.failed and not self.is_worker:
                self.say(self.record.message, "Failed", report.nodeid.replace("\0", "\ufffd"))
        if report.when == "teardown":
            self.say(self.record.add)

    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        self.outcome = None if int(exitstatus) in (0, 5) else f"exit status {int(exitstatus)}"

    def pytest_unconfigure(self, config: Any) -> None:
        self.record.leave()
        if self.outcome is None or self.is_worker:
            self.say(self.record.finish, self.counts)
            return
        self.say(setattr, self.record, "results", self.counts)
        self.say(self.record.error, f"{self.counts['failed']} failed, {self.outcome}")
