#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Children of every kind are parts of their parent's record; killed ones hang nobody."""

import asyncio
import concurrent.futures
import contextlib
import multiprocessing
import os
import pickle
import select
import signal
import subprocess
import sys
import unittest
from concurrent.futures.process import BrokenProcessPool

from common import ArenaTest

import headway
from headway.concurrent import process_map, thread_map


def child(name):
    with headway.start(name) as record:
        record.add(1)


def child_in_loop(name):
    for _ in headway.track(range(3), name, bar=False):
        pass


def adds(record, n):
    record.add(n)
    record[f"by {os.getpid()}"] = "here"


def one(x):
    headway.start(f"one {x}").finish()
    return x * x


def part(record, x):
    """one() in the block of a record that was handed over."""
    with record:
        return one(x)


def dies(x):
    record = headway.start(f"dies {x}")
    record["Held"] = str(x)
    os.kill(os.getpid(), signal.SIGKILL)


class Processes(ArenaTest):
    def parent_of(self, name):
        return self.of(name).parent

    def test_multiprocessing(self):
        for method in ("fork", "spawn", "forkserver"):
            context = multiprocessing.get_context(method)
            with headway.start(f"parent {method}") as record:
                for target in (child, child_in_loop):
                    process = context.Process(target=target, args=(f"{method} {target.__name__}",))
                    process.start()
                    process.join(60)
                    self.assertEqual(process.exitcode, 0)
                    self.assertEqual(self.parent_of(f"{method} {target.__name__}"), record.id)
        # The fork server was started in another record's block, with that one's environment.
        context = multiprocessing.get_context("forkserver")
        with headway.start("another") as another:
            process = context.Process(target=child, args=("later",))
            process.start()
            process.join(60)
            self.assertEqual(self.parent_of("later"), another.id)
        process = context.Process(target=child, args=("alone",))
        process.start()
        process.join(60)
        self.assertNotEqual(self.parent_of("alone"), another.id)

    def test_pools(self):
        with headway.start("pool") as record:
            with concurrent.futures.ProcessPoolExecutor(2) as pool:
                self.assertEqual(sorted(pool.map(one, range(4))), [0, 1, 4, 9])
        for x in range(4):
            self.assertEqual(self.parent_of(f"one {x}"), record.id)

    def test_maps(self):
        quiet = open(os.devnull, "w")
        self.addCleanup(quiet.close)
        self.assertEqual(process_map(one, range(5), max_workers=2, file=quiet, desc="map"), [0, 1, 4, 9, 16])
        map_record = self.of("map")
        self.assertEqual((str(map_record.status), map_record.done, map_record.total), ("Finished", 5, 5))
        self.assertEqual(self.parent_of("one 3"), map_record.id)
        self.assertEqual(thread_map(one, [7, 8], file=quiet, desc="threads"), [49, 64])
        self.assertEqual(self.parent_of("one 7"), self.of("threads").id)

    def test_subprocess(self):
        script = "import headway\nwith headway.start('program'): pass\n"
        with headway.start("runs it") as record:
            subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
            self.assertEqual(self.parent_of("program"), record.id)

    def test_pickle(self):
        for method in ("fork", "spawn"):
            with headway.start(f"shared {method}") as record:
                process = multiprocessing.get_context(method).Process(target=adds, args=(record, 5))
                process.start()
                process.join(60)
                self.assertEqual(process.exitcode, 0)
                self.assertEqual(record.status, headway.RUNNING)
                self.assertEqual(record.done, 5)
                self.assertEqual(record[f"by {process.pid}"], "here")
            self.assertEqual(self.arena.read(record).status, headway.FINISHED)
        record = headway.start("twice")
        same = pickle.loads(pickle.dumps(record))
        self.assertEqual(same.id, record.id)
        del same
        self.assertEqual(record.status, headway.RUNNING)
        self.assertEqual(pickle.loads(pickle.dumps(self.arena)).path, self.arena.path)

    def test_fork_leaves_the_block(self):
        """A child that leaves the parent's block, and drops its objects, ends nothing."""
        with headway.start("kept") as record:
            loop = headway.track(range(3), "loop", bar=False)
            next(loop)
            pid = os.fork()
            if pid == 0:
                try:
                    record.__exit__(ValueError, ValueError("in the child"), None)
                    del record, loop
                finally:
                    os._exit(0)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)
            self.check(record, "Running")
            self.assertEqual(str(self.of("loop").status), "Running")

    def test_killed_workers(self):
        with self.assertRaises(BrokenProcessPool):
            quiet = open(os.devnull, "w")
            self.addCleanup(quiet.close)
            process_map(dies, range(4), max_workers=2, file=quiet, desc="killed")
        self.assertEqual(str(self.of("killed").status), "Error")
        self.arena.reap()
        lost = [s for s in self.arena.records() if s.name.startswith("dies")]
        self.assertTrue(lost)
        for s in lost:
            self.assertTrue(s.lost)
            self.assertEqual(s.messages["Held"], s.name.split()[1])
            self.assertIn("owner died (pid", s.messages["Error"])
        headway.start("goes on").finish()

    def bars_after_a_kill(self, module):
        """Whether a bar can be drawn after a worker was killed as it drew one."""
        script = (
            "import io, multiprocessing, os, signal\n"
            f"from {module} import tqdm\n"
            "tqdm.get_lock()\n"
            "def dies():\n"
            "    tqdm.get_lock().acquire()\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "child = multiprocessing.get_context('fork').Process(target=dies)\n"
            "child.start()\n"
            "child.join()\n"
            "print('draws', flush=True)\n"
            "with tqdm(total=1, file=io.StringIO()) as bar: bar.update()\n"
            "print('drew', flush=True)\n"
        )
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            try:
                self.assertEqual(process.stdout.readline(), "draws\n")
                return bool(select.select([process.stdout], [], [], 60 if module == "headway.tqdm" else 1)[0])
            finally:
                process.kill()

    def test_killed_while_it_draws(self):
        self.assertTrue(self.bars_after_a_kill("headway.tqdm"))
        with contextlib.suppress(ImportError):
            import tqdm  # noqa: F401

            print("NOTE bars after a worker was killed that drew one: headway.tqdm's go on;", end=" ")
            print("tqdm's", "go on" if self.bars_after_a_kill("tqdm") else "wait for its lock for ever")

    def test_joblib(self):
        try:
            import joblib
        except ImportError:
            self.skipTest("no joblib here")
        with headway.start("joblib") as record:
            found = joblib.Parallel(n_jobs=2)(joblib.delayed(one)(x) for x in range(4))
        self.assertEqual(found, [0, 1, 4, 9])
        for x in range(4):
            self.assertEqual(self.parent_of(f"one {x}"), record.id)
        with headway.start("with the workers that it kept") as record:
            joblib.Parallel(n_jobs=2)(joblib.delayed(part)(record, x) for x in range(4, 8))
        for x in range(4, 8):
            self.assertEqual(self.parent_of(f"one {x}"), record.id)

    def test_workers_that_are_kept(self):
        """They have the environment of the record that they were started in; a record that they are given counts more."""
        with concurrent.futures.ProcessPoolExecutor(1) as pool:
            with headway.start("first"):
                pool.submit(one, 1).result(60)
            with headway.start("second") as second:
                pool.submit(one, 2).result(60)
                pool.submit(part, second, 3).result(60)
                self.assertEqual(second.status, headway.RUNNING)
        self.assertEqual(self.parent_of("one 1"), self.of("first").id)
        self.assertEqual(self.parent_of("one 2"), self.of("first").id)
        self.assertEqual(self.parent_of("one 3"), second.id)
        self.assertEqual(self.of("second").status, headway.FINISHED)

    def test_asyncio(self):
        async def task(name):
            with headway.start(name):
                await asyncio.sleep(0.01)
                with headway.start(name + " inner"):
                    await asyncio.sleep(0.01)

        async def tasks():
            with headway.start("tasks"):
                await asyncio.gather(task("a"), task("b"))

        asyncio.run(tasks())
        for name in "ab":
            self.assertEqual(self.parent_of(name), self.of("tasks").id)
            self.assertEqual(self.parent_of(name + " inner"), self.of(name).id)


if __name__ == "__main__":
    unittest.main()
