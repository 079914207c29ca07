#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The calls: what they do, and what they say when they cannot."""

import errno
import gc
import glob
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

from common import ArenaTest

import headway


class Records(ArenaTest):
    def test_from_start_to_end(self):
        with headway.start("import", total=1000, unit="rows") as record:
            record["Table"] = "users"
            record["Rows"] = 5
            record["Table"] = "orders"
            record.add()
            record.add(41)
            record.results = {"rows": [1, None, "ü"]}
            self.assertEqual(record.status, headway.RUNNING)
            self.assertEqual(record.results, {"rows": [1, None, "ü"]})
            self.assertEqual((record.done, record.total), (42, 1000))
            record.done = 7
            record.total = 8
            record.url = "/elsewhere"
        s = self.arena.read(record.id)
        self.assertEqual(s.status, headway.FINISHED)
        self.assertEqual(list(s.messages.items()), [("Table", "orders"), ("Rows", "5")])
        self.assertEqual((s.name, s.unit, s.done, s.total, s.url), ("import", "rows", 7, 8, "/elsewhere"))
        self.assertEqual(s.results_json, '{"rows":[1,null,"ü"]}')
        self.assertEqual((s.owner_pid, s.owner_alive, s.lost, s.detached), (os.getpid(), True, False, False))
        self.assertEqual((s.parent, s.counters, s.message_count), (None, {}, 2))
        self.assertLess(abs(s.started_ns / 1e9 - time.time()), 60)
        self.assertEqual(
            s.status_json(),
            '{"status":"Finished","messages":[{"key":"Table","value":"orders"},{"key":"Rows",'
            '"value":"5"}],"results":{"rows":[1,null,"ü"]},"url":"/elsewhere"}\n',
        )
        full = json.loads(s.json())
        self.assertEqual((full["id"], full["done"], full["lost"]), (record.id, 7, False))

    def test_counters_and_update(self):
        record = self.arena.start("counted", counters=["bytes", "errors"], ttl=90)
        record.counter_add("errors", 3)
        record.counter_add(0, 5)
        record.update({"a": "1", "b": 2, "a\udcff": "\udcfe"})
        s = record.snapshot()
        self.assertEqual(s.counters, {"bytes": 5, "errors": 3})
        self.assertEqual(s.counter_names, ["bytes", "errors"])
        self.assertEqual(s.messages, {"a": "1", "b": "2", "a\udcff": "\udcfe"})
        self.assertEqual(s.ttl_seconds, 90)
        again = self.arena.resume(record.id)
        again.counter_add("errors")
        self.assertEqual(self.arena.read(record).counters["errors"], 4)
        with self.assertRaises(KeyError):
            record.counter_add("none")
        with self.assertRaises(headway.Invalid):
            record.counter_add(2)
        record.finish([1])
        self.assertEqual(record.results, [1])

    def test_ends(self):
        with self.assertRaises(ZeroDivisionError):
            with headway.start("thrown") as record:
                1 / 0
        self.check(record, "Error", Error="division by zero")
        with self.assertRaises(KeyboardInterrupt):
            with headway.start() as record:
                raise KeyboardInterrupt
        self.check(record, "Error", Error="KeyboardInterrupt")
        for code, status in ((0, "Finished"), (None, "Finished"), (3, "Error")):
            with self.assertRaises(SystemExit):
                with headway.start() as record:
                    sys.exit(code)
            self.assertEqual(str(self.arena.read(record).status), status)
        with headway.start() as record:
            record.error("mine")
        self.check(record, "Error", Error="mine")
        with headway.start() as record:
            record.detach()
            record.finish({"n": 1})
        self.check(record, "Finished")
        with self.assertRaises(ValueError):
            with headway.start() as record:
                raise ValueError("a\0b")
        self.check(record, "Error", Error="a\ufffdb")

    def test_collected(self):
        record = headway.start()
        id = record.id
        del record
        gc.collect()
        self.check(id, "Error", Error="abandoned: its object was collected")
        record = headway.start()
        record.detach()
        id = record.id
        del record
        self.check(id, "Running")
        record = self.arena.resume(id)
        del record
        self.check(id, "Running")
        record = self.arena.start(detached=True)
        id = record.id
        record.release()
        self.check(id, "Running")
        with self.assertRaises(ValueError):
            record.add()
        self.assertIn("released", repr(record))
        record = headway.start()
        record.cycle = record
        id = record.id
        del record
        gc.collect()
        self.check(id, "Error", Error="abandoned: its object was collected")

    def test_nesting(self):
        with headway.start("outer") as outer:
            self.assertEqual(os.environ["HEADWAY_PARENT"], outer.id)
            self.assertEqual(os.environ["HEADWAY_ARENA"], self.arena.path)
            with headway.start("inner") as inner:
                self.assertEqual(inner.snapshot().parent, outer.id)
            sibling = headway.start("sibling")
            root = headway.start("root", root=True)
            given = headway.start("given", parent=inner)
            self.assertEqual(sibling.snapshot().parent, outer.id)
            self.assertIsNone(root.snapshot().parent)
            self.assertEqual(given.snapshot().parent, inner.id)
            found = []
            thread = threading.Thread(target=lambda: found.append(headway.start().snapshot().parent))
            thread.start()
            thread.join()
            self.assertEqual(found, [outer.id])
        self.assertNotIn("HEADWAY_PARENT", os.environ)
        self.assertEqual(os.environ["HEADWAY_ARENA"], self.name)
        self.assertIsNone(headway.start().snapshot().parent)

    def test_threads_nest_by_themselves(self):
        parents, both = {}, threading.Barrier(2)

        def work(name):
            with headway.start(name) as record:
                both.wait()
                with headway.start(name + " inner") as inner:
                    both.wait()
                    parents[name] = (inner.snapshot().parent, record.id)

        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        for found, expected in parents.values():
            self.assertEqual(found, expected)
        self.assertNotIn("HEADWAY_PARENT", os.environ)

    def test_threads(self):
        record = headway.start()

        def work(k):
            for n in range(2000):
                record.add()
                record[f"thread {k}"] = str(n)

        threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        s = record.snapshot()
        self.assertEqual(s.done, 12000)
        self.assertEqual(set(s.messages.values()), {"1999"})

    def test_cancelled(self):
        with headway.start("long") as record:
            self.assertIs(record.cancelled, False)
            s = record.snapshot()
            self.assertEqual((s.cancel_requested_ns, s.cancel_reason), (0, None))
            self.arena.cancel(record.id, "no more disk")
            self.assertIs(record.cancelled, True)
            self.arena.cancel(record)
            s = record.snapshot()
            self.assertEqual((s.cancel_reason, s.status), ("no more disk", headway.RUNNING))
            self.assertLess(abs(s.cancel_requested_ns / 1e9 - time.time()), 60)
        with self.assertRaises(headway.Over):
            self.arena.cancel(record)
        record.release()
        with self.assertRaises(headway.Invalid):
            record.cancelled

    def test_shown(self):
        record = headway.start("a <b>", total=4)
        record["K"] = "<v>"
        record.add()
        self.assertIn("'a <b>' Running 1/4", repr(record))
        html = record._repr_html_()
        self.assertIn('<progress value="1" max="4">', html)
        self.assertIn("a &lt;b&gt;", html)
        self.assertIn("K: &lt;v&gt;", html)
        self.assertIn(self.arena.path, repr(self.arena))


class Errors(ArenaTest):
    def refused(self, number, kind, function, *args, **kwargs):
        with self.assertRaises(headway.Error) as caught:
            function(*args, **kwargs)
        self.assertEqual(caught.exception.errno, number)
        self.assertIsInstance(caught.exception, kind)
        self.assertIsInstance(caught.exception, OSError)
        self.assertTrue(caught.exception.strerror)

    def test_codes(self):
        record = headway.start()
        self.refused(errno.EINVAL, ValueError, record.message, "", "v")
        self.refused(errno.EINVAL, headway.Invalid, record.message, "a\0b", "v")
        self.refused(errno.EINVAL, ValueError, record.message, "k", "a\0b")
        self.refused(errno.E2BIG, headway.Error, record.message, "k" * 70000, "v")
        record.finish()
        for call in (record.add, record.finish, lambda: record.error("late"), lambda: record.add(0)):
            self.refused(errno.EALREADY, headway.Over, call)
        for name, value in (("done", 1), ("total", 1), ("results", 1), ("url", "u")):
            self.refused(errno.EALREADY, headway.Over, setattr, record, name, value)
        self.refused(errno.EALREADY, headway.Over, record.__setitem__, "k", "v")
        self.refused(errno.EALREADY, headway.Over, record.update, {"k": "v"})
        none = "00000000-0000-8000-8000-000000000000"
        self.refused(errno.ENOENT, FileNotFoundError, self.arena.read, none)
        self.refused(errno.ENOENT, headway.NotFound, self.arena.resume, none)
        running = headway.start()
        self.refused(errno.ETIMEDOUT, TimeoutError, self.arena.wait, running, 0)
        self.refused(errno.EBUSY, headway.Error, self.arena.remove, running.id)
        id = record.id
        record.release()
        self.arena.remove(id)
        self.refused(errno.ESTALE, headway.Gone, self.arena.read, id)
        self.refused(errno.ENOENT, FileNotFoundError, headway.open, "/headway-no-such", create=False)
        with self.assertRaisesRegex(headway.NotFound, "'/headway-no-such'"):
            headway.open("/headway-no-such", create=False)
        self.refused(errno.EEXIST, FileExistsError, headway.open, self.name, exclusive=True)
        self.refused(errno.EINVAL, ValueError, headway.open, "")
        self.refused(errno.ENOENT, FileNotFoundError, headway.unlink, "/headway-no-such")
        only = headway.open(self.name, read_only=True)
        self.refused(errno.EACCES, PermissionError, only.start)

    def test_arguments(self):
        record = headway.start()
        for bad in (1.5, "1", None):
            self.assertRaises(TypeError, record.add, bad)
        for bad in (-1, 1 << 64):
            self.assertRaises(OverflowError, record.add, bad)
        self.assertRaises(TypeError, record.add, 1, 2)
        self.assertRaises(TypeError, record.message, "k")
        self.assertRaises(TypeError, record.message, b"k", "v")
        self.assertRaises(TypeError, record.__delitem__, "k")
        self.assertRaises((TypeError, AttributeError), record.update, 5)
        self.assertRaises(TypeError, setattr, record, "done", "x")
        self.assertRaises(TypeError, setattr, record, "results", object())
        self.assertRaises(ValueError, setattr, record, "results", float("nan"))
        self.assertRaises(ValueError, self.arena.read, "rubbish")
        self.assertRaises((TypeError, AttributeError), self.arena.read, 5)
        self.assertRaises(ValueError, self.arena.start, "a\0b")
        self.assertRaises(ValueError, self.arena.start, counters="abcdefg")
        self.assertRaises(TypeError, headway.Record)
        self.assertRaises(TypeError, headway.Snapshot)
        self.assertRaises(TypeError, object.__new__, headway.Snapshot)
        self.assertRaises(AttributeError, setattr, record.snapshot(), "done", 1)
        self.assertEqual(record.done, 0)
        record.results = "\udcff"
        self.assertEqual(record.results, "\udcff")

    def test_a_closed_arena(self):
        record = headway.start()
        held = record.snapshot()
        self.arena.close()
        self.arena.close()
        self.assertTrue(self.arena.closed)
        for call in (self.arena.records, self.arena.info, self.arena.reap, lambda: self.arena.read(record)):
            self.refused(errno.ESTALE, headway.Gone, call)
        self.refused(errno.ESTALE, headway.Gone, record.message, "k", "v")
        self.refused(errno.ESTALE, headway.Gone, record.add)
        self.assertEqual(held.status, headway.RUNNING)
        with headway.start("later") as later:
            self.assertIsNot(later.arena, self.arena)
        with headway.open(self.name) as again:
            self.assertEqual(again.read(record.id).messages["Error"][:10], "owner died")
        self.assertTrue(again.closed)

    def test_full(self):
        name = self.name + "-full"
        arena = headway.open(name, slots=8, members=2)
        try:
            records = [arena.start() for _ in range(8)]
            self.refused(errno.ENOSPC, headway.Error, arena.start)
            records[0]["k"] = "kept"
            with self.assertRaises(headway.Error):
                for record in records:
                    record["k"] = "x" * (arena.info()["bytes"] // 6)
            records[7].finish()
            records.pop().release()
            arena.start("has room again").finish()
            self.assertEqual(arena.fsck()["damaged"], 0)
        finally:
            headway.unlink(name)


class Arenas(ArenaTest):
    def test_replaced_and_removed(self):
        record = headway.start("before")
        headway.unlink(self.name)
        record["k"] = "still there"
        self.assertEqual(record["k"], "still there")
        other = headway.open(self.name)
        with other.start("after") as after:
            pass
        self.assertEqual([s.name for s in other.records()], ["after"])
        record.finish()
        with self.assertRaises(headway.Error):
            other.read(record.id)
        self.assertEqual(other.read(after).status, headway.FINISHED)
        # The name is looked at about once a second.
        end = time.monotonic() + 60
        while "anew" not in [s.name for s in other.records()] and time.monotonic() < end:
            headway.start("anew").finish()
            time.sleep(0.05)
        self.assertIn("anew", [s.name for s in other.records()])

    def test_each(self):
        for n in range(4):
            headway.start(f"record {n}").finish()
        each = self.arena.each()
        first = next(each)
        self.arena.remove(self.of("record 2").id)
        self.assertEqual([first.name] + [s.name for s in each], ["record 0", "record 1", "record 3"])
        each = self.arena.each()
        self.arena.close()
        self.assertRaises(headway.Gone, next, each)

    def test_waiting_lets_others_run(self):
        record = headway.start()
        thread = threading.Thread(target=record.finish)
        steps = []
        waiter = threading.Thread(target=lambda: steps.append(self.arena.wait(record, timeout=60)))
        waiter.start()
        thread.start()
        waiter.join(60)
        self.assertEqual(steps, [headway.FINISHED])
        self.assertEqual(self.arena.wait(record.id), headway.FINISHED)

    def test_close_ends_waiting(self):
        record, said = headway.start(), []

        def wait():
            try:
                self.arena.wait(record)
            except headway.Error as error:
                said.append(type(error))
            except BaseException as error:
                said.append(error)

        waiter = threading.Thread(target=wait)
        waiter.start()
        while not said and waiter.is_alive():
            self.arena.close()
            waiter.join(0.05)
        waiter.join()
        self.assertEqual(said, [headway.Gone])

    def test_signals_end_waiting(self):
        script = (
            "import headway, os, signal, threading\n"
            "record = headway.start('waits')\n"
            "signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyError('alarm')))\n"
            "signal.setitimer(signal.ITIMER_REAL, 0.2)\n"
            "try: headway.default().wait(record)\n"
            "except KeyError: print('heard')\n"
        )
        out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual((out.stdout, out.stderr), ("heard\n", ""))

    def test_reap(self):
        headway.start("over").finish()
        self.assertEqual(self.arena.reap(dry_run=True).live, 0)
        self.assertEqual(len(self.arena.records()), 1)
        self.assertIsInstance(self.arena.reap(ttl=1).expired, int)

    def test_interpreter_exit(self):
        """A record left Running when the interpreter ends is lost or abandoned; nothing crashes."""
        for last in ("", "record.me = record", "del arena", "import os; os._exit(0)", "sys.exit(0)", "1/0"):
            script = (
                "import sys, headway, threading\n"
                "arena = headway.default()\n"
                "record = headway.start('left')\n"
                "held = arena.records()\n"
                "loop = iter(headway.track(range(5), 'loop', bar=False)); next(loop)\n" + last
            )
            out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
            self.assertEqual(out.returncode, last == "1/0", out.stderr)
            self.arena.reap()
            self.assertEqual([s for s in self.arena.records() if s.status == headway.RUNNING], [])


class Many(ArenaTest):
    how = {"slots": 100_000, "members": 4}

    def test_a_hundred_thousand(self):
        records = [self.arena.start("one of many") for _ in range(100_000)]
        for record in records:
            record.add(1)
        self.assertEqual(len(self.arena.records()), 100_000)
        self.assertEqual(sum(s.done for s in self.arena.each()), 100_000)
        with self.assertRaises(headway.Error) as caught:
            self.arena.start()
        self.assertEqual(caught.exception.errno, errno.ENOSPC)
        del records, record
        self.assertEqual({str(s.status) for s in self.arena.each()}, {"Error"})


class Loops(ArenaTest):
    def test_a_loop(self):
        seen = []
        for x in headway.track([1, 2, 3], "loop", bar=False):
            seen.append((x, self.of("loop").done))
        self.assertEqual(seen, [(1, 0), (2, 1), (3, 2)])
        s = self.of("loop")
        self.assertEqual((str(s.status), s.done, s.total), ("Finished", 3, 3))
        for x in headway.track(iter([1, 2]), "hinted", unit="rows", bar=False):
            pass
        self.assertEqual((self.of("hinted").total, self.of("hinted").unit), (2, "rows"))
        for x in headway.track((x for x in "ab"), "unknown", bar=False):
            pass
        self.assertEqual((self.of("unknown").total, self.of("unknown").done), (0, 2))
        for x in headway.track([], "empty", bar=False):
            self.fail()
        self.assertEqual(str(self.of("empty").status), "Finished")

    def test_history(self):
        """A loop samples its record, as add() does: that most of the time went to the first step is remembered."""
        items = (time.sleep(0.6) if n == 0 else None for n in range(1000))
        with tempfile.TemporaryDirectory() as folder:
            with unittest.mock.patch.dict(os.environ, XDG_STATE_HOME=folder):
                for _ in headway.track(items, "loop", total=1000, bar=False, history="h"):
                    pass
            (path,) = glob.glob(folder + "/headway/*")
            with open(path, "rb") as file:
                shares = struct.unpack_from("<32H", file.read(), 304)  # of 65535, at times from the begin to the end
        self.assertEqual((shares[-1], sorted(shares)), (65535, list(shares)))
        self.assertLess(shares[3], 65535 / 100, shares)

    def test_left_early(self):
        for x in headway.track(range(9), "broken", bar=False):
            if x == 2:
                break
        self.assertEqual((str(self.of("broken").status), self.of("broken").done), ("Finished", 2))

        def returns():
            for x in headway.track(range(9), "returned", bar=False):
                return x

        returns()
        self.assertEqual(str(self.of("returned").status), "Finished")

    def test_exceptions(self):
        with self.assertRaises(ValueError):
            for x in headway.track(range(9), "thrown", bar=False):
                if x == 2:
                    raise ValueError("two")
        self.check(self.of("thrown"), "Error", Error="two")

        def deep():
            for x in headway.track(range(9), "deep", bar=False):
                try:
                    raise KeyError
                except KeyError:
                    pass
                {}["missing"]

        self.assertRaises(KeyError, deep)
        self.check(self.of("deep"), "Error", Error="'missing'")

        def broken_items():
            yield 1
            raise OSError(5, "unplugged")

        with self.assertRaises(OSError):
            for x in headway.track(broken_items(), "items", bar=False):
                pass
        self.check(self.of("items"), "Error", Error="[Errno 5] unplugged")

        def generator():
            for x in headway.track(range(9), "generator", bar=False):
                yield x

        g = generator()
        next(g)
        g.close()
        del g  # Python 3.12 keeps the frame of a closed generator, and its loop with it, as long as the generator
        self.assertEqual(str(self.of("generator").status), "Finished")

    def test_ended_by_others(self):
        loop = headway.track(range(5), "ended", bar=False)
        for x in loop:
            if x == 2:
                loop.record.error("enough")
        self.assertEqual(x, 4)
        self.check(self.of("ended"), "Error", Error="enough")
        self.assertIsNone(loop.record)
        self.assertRaises(StopIteration, next, loop)

    def test_many_steps(self):
        total = 0
        for x in headway.track(range(300_000), "many", bar=False):
            total += x
        self.assertEqual(total, 300_000 * 299_999 // 2)
        self.assertEqual(self.of("many").done, 300_000)


if __name__ == "__main__":
    unittest.main()
