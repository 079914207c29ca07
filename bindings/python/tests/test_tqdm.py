#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""headway.tqdm beside tqdm: the same calls at the same times on a clock of their own, the same text, byte for byte."""

import asyncio
import contextlib
import io
import itertools
import logging
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
import warnings

from common import ArenaTest

try:
    import tqdm as theirs
except ImportError:
    print("no tqdm here")
    sys.exit(77)

import headway
import headway.tqdm as ours
from headway.tqdm import auto, contrib, utils
from headway.tqdm.contrib.concurrent import process_map, thread_map
from headway.tqdm.contrib.itertools import product
from headway.tqdm.contrib.logging import logging_redirect_tqdm, tqdm_logging_redirect

theirs.tqdm.monitor_interval = ours.tqdm.monitor_interval = 0
PAIR = (ours, theirs.std)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Clock:
    """Bars that are made by it see its time."""

    def __init__(self, module, file):
        self.module, self.file, self.now = module, file, 1000.0

    def __call__(self):
        return self.now

    def bar(self, *args, **how):
        bar = self.module.tqdm(*args, **{"file": self.file, **how})
        bar._time = self
        bar.start_t = bar.last_print_t = self.now
        return bar


def on_a_terminal(text):
    """The lines that are seen in the end."""
    lines, row, column = {}, 0, 0
    for part in re.findall(r"\x1b\[A|\x1b\[[;\d]*m|[^\x1b]", text):
        if part == "\x1b[A":
            row -= 1
        elif part == "\n":
            row, column = row + 1, 0
        elif part == "\r":
            column = 0
        elif len(part) == 1:
            line = lines.setdefault(row, {})
            line[column] = part
            column += 1
    rows = range(min(lines, default=0), max(lines, default=0) + 1)
    text = ["".join(lines.get(r, {}).get(c, " ") for c in range(max(lines.get(r, [0]), default=0) + 1)) for r in rows]
    return [line.rstrip() for line in text]


class SideBySide(ArenaTest):
    def same(self, scenario, *args, seen=str, **how):
        """scenario(clock, …) gives the same value, exception, warnings and text with both; seen(text) is
        what is compared of that."""
        found = []
        for module in PAIR:
            file = Terminal()
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                try:
                    result = scenario(Clock(module, file), *args, **how)
                except Exception as error:
                    result = [each.__name__ for each in type(error).__mro__ if each.__module__ == "builtins"]
            texts = [str(each.message) for each in said]
            # tqdm doubles the colon of a description where there is no total.
            text = "" if file.closed else file.getvalue().replace(": : ", ": ")
            found.append((result, texts, seen(text)))
            module.tqdm._instances.clear()
        self.assertEqual(found[0], found[1], (args, how))

    def test_formats(self):
        numbers = [0, 1, 9, 9.994, 9.995, 9.996, 59, 60, 99.94, 99.95, 100, 999, 999.4, 999.5, 1000, 1337, 3599, 3600]
        numbers += [0.1, 0.00001234, -0.1234, -5, -1e9, 123456, 1239876, int(1e6), 1e12, 12345.678, 2**40, 1e27, 359999]
        random.seed(7)
        numbers += [random.uniform(-1, 1) * 10 ** random.randint(-6, 30) for _ in range(300)]
        for n in numbers:
            for call in (
                lambda m: m.tqdm.format_sizeof(n),
                lambda m: m.tqdm.format_sizeof(n, "B", 1024),
                lambda m: m.tqdm.format_num(n if not -1 < n < 0 else -n),  # -.123 in tqdm before 4.67
                lambda m: m.tqdm.format_interval(n),
            ):
                self.assertEqual(call(ours), call(theirs), n)

    def test_meters(self):
        random.seed(11)
        choices = {
            "total": [None, 0, 1, 10, 1000, 12345678, 7.5],
            "elapsed": [0, 0.001, 0.7, 13, 392, 7200, 400000],
            "ncols": [None, 0, 1, 10, 20, 40, 68, 100],
            "prefix": ["", "desc", "desc: ", "ｆｕｌｌ: ", "\x1b[1mbold\x1b[0m", "a" * 60],
            "ascii": [False, True, " .oO0", " #"],
            "unit": ["it", "B", " rows"],
            "unit_scale": [False, True, 1, 3, 0.5],
            "rate": [None, 0, 0.3, 7.33, 123456.7],
            "bar_format": [None] * 3
            + [
                "{l_bar}{bar}{r_bar}",
                "{bar}",
                "{l_bar}{bar}|{n_fmt}/{total_fmt}",
                "{desc}: {percentage:5.1f}% {bar:20} {remaining}",
                "{desc}{bar:-10b}{rate_inv_fmt} {rate_noinv_fmt} {elapsed_s} {remaining_s}",
                "**{bar:10}$$$$$$$$$$ {n}/{total} {unit} {postfix}",
                "no bar {rate_fmt} {elapsed} {ncols}",
            ],
            "postfix": [None, "", "x=1", "loss=0.5, k=v"],
            "unit_divisor": [1000, 1024],
            "initial": [0, 0, 5],
            "colour": [None, None, "green", "#00ff7f"],
        }
        for _ in range(4000):
            how = {name: random.choice(values) for name, values in choices.items()}
            n = random.choice([0, 1, 5, 7.5, 10, 231, 999, 1000, 10000, 12345678])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results = []
                for module in PAIR:
                    try:
                        results.append(module.tqdm.format_meter(n, **how).replace(": : ", ": "))
                    except Exception as error:
                        results.append(type(error))
            self.assertEqual(results[0], results[1], (n, how))

    def test_loops(self):
        def loop(clock, count, pause, how, stop=None):
            items = range(count) if count >= 0 else (x for x in range(-count))
            bar = clock.bar(items, **how)
            for x in bar:
                clock.now += pause * (1 + x % 3)
                if x == stop:
                    break
            else:
                return bar.n, getattr(bar, "miniters", 0)
            del bar
            return None

        hows = [
            {},
            {"desc": "d", "unit": "rows", "ascii": True},
            {"mininterval": 0},
            {"mininterval": 0, "miniters": 2},
            {"mininterval": 0.5, "maxinterval": 2},
            {"miniters": 3, "mininterval": 0.2, "smoothing": 0},
            {"smoothing": 1, "mininterval": 0},
            {"smoothing": None, "mininterval": None},
            {"leave": False},
            {"total": 5},
            {"total": float("inf")},
            {"unit_scale": True, "initial": 10, "total": 40, "mininterval": 0},
            {"delay": 0.5},
            {"ncols": 30, "colour": "green"},
            {"bar_format": "{desc}{n}/{total} {remaining}", "mininterval": 0},
            {"disable": True},
            {"position": 2, "mininterval": 0},
            {"nrows": 2, "position": 1},
        ]
        for how, count, pause in itertools.product(hows, (0, 1, 9, -9, 60), (0.0, 0.013, 0.11, 3.0)):
            self.same(loop, count, pause, how)
        self.same(loop, 9, 0.2, {}, stop=4)
        self.same(loop, 9, 0.2, {"leave": False}, stop=4)

    def test_updates(self):
        def updates(clock, how, steps):
            drawn = []
            with clock.bar(**how) as bar:
                for n, pause in steps:
                    clock.now += pause
                    drawn.append(bar.update(n))
                kept = bar.n, bar.last_print_n, bar.miniters, bar.last_print_t, str(bar)
            return drawn, kept, bar.n

        random.seed(13)
        hows = [
            {"total": 100},
            {"total": 100, "mininterval": 0, "smoothing": 1},
            {"total": 100, "mininterval": 1, "smoothing": 0.5, "maxinterval": 0},
            {"total": 100, "mininterval": 1e-3, "smoothing": 1, "maxinterval": 1e-2},
            {"total": 100, "miniters": 4, "leave": None},
            {"total": 9.6, "smoothing": 0, "mininterval": 0},
            {"unit": "B", "unit_scale": True, "unit_divisor": 1024},
            {"total": 30, "delay": 2, "leave": False},
            {"total": 3, "postfix": {"a": 1}},
        ]
        for how in hows:
            for _ in range(20):
                steps = [
                    (random.choice([1, 1, 1, 3, 10, 0, -1, 2.5]), random.choice([0, 0.001, 0.05, 0.2, 3]))
                    for _ in range(25)
                ]
                self.same(updates, how, steps)

    def test_methods(self):
        def scenario(clock):
            bar = clock.bar(total=10, desc="Hello", mininterval=0)
            kept = [bar.desc]
            bar.set_description_str("World")
            kept.append(bar.desc)
            bar.set_description()
            bar.set_description("Bye")
            kept.append(bar.desc)
            bar.set_description("quiet", refresh=False)
            bar.set_postfix({"b": 1, "a": 0.321034}, z=[2], y="  text ", x=10**7)
            bar.set_postfix_str("given")
            clock.now += 2
            bar.update(4)
            clock.now += 100
            bar.unpause()
            clock.now += 1
            bar.update(2)
            bar.clear()
            bar.refresh()
            kept.append(bar.reset())
            clock.now += 1
            bar.update(3)
            bar.reset(total=12)
            bar.update(12)
            kept += [str(bar), len(bar), bool(bar), sorted(bar.format_dict)[:5]]
            bar.display("a text")
            bar.display("", 3)
            bar.moveto(2)
            bar.close()
            bar.close()
            bar.update(5)
            return kept + [bar.n]

        self.same(scenario)

    def test_many_bars(self):
        def scenario(clock, how):
            bars = [clock.bar(total=4, desc=f"bar {n}", mininterval=0, **how) for n in range(4)]
            order = [bars[0] < bars[1], bars[2] >= bars[0], bars[1] == bars[1], bars[0] != bars[3], bars[3] > bars[2]]
            for n in (2, 0, 1, 3, 3):
                clock.now += 1
                bars[n].update()
            bars[1].close()
            again = clock.bar(total=2, desc="again", mininterval=0, **how)
            again.update()
            clock.module.tqdm.write("said", file=clock.file)
            bars[0].close()
            bars[3].update()
            for bar in (again, bars[3], bars[2]):
                bar.close()
            return order, [bar.pos for bar in bars]

        for how in ({}, {"leave": False}, {"leave": None}, {"nrows": 2}, {"nrows": 3, "leave": False}):
            self.same(scenario, how, seen=on_a_terminal)  # write() clears bars in no order that is promised

        def nested(clock):
            for _ in clock.bar(range(2), desc="outer", mininterval=0, bar_format="{l_bar}"):
                for _ in clock.bar(range(3), desc="inner", mininterval=0, bar_format="{l_bar}"):
                    clock.now += 1

        self.same(nested)

    def test_files(self):
        def closed(clock):
            for x in clock.bar(range(9), mininterval=0):
                if x == 4:
                    clock.file.close()

        self.same(closed)

        def counted(clock, method, how):
            how = dict(how, file=io.StringIO(), mininterval=0, bar_format="{desc}{n_fmt}{unit}/{total_fmt}")
            stream = io.StringIO("one\ntwo\nthree\n")
            with clock.module.tqdm.wrapattr(stream, method, **how) as wrapped:
                got = [wrapped.write("a text")] if method == "write" else [wrapped.read(5), wrapped.read(100)]
            # The first line is in the unit already, where tqdm's is not.
            return got, stream.tell(), how["file"].getvalue().rstrip().split("\r")[2:]

        for method, how in itertools.product(("read", "write"), ({}, {"bytes": False}, {"total": 14}, {"desc": "d"})):
            self.same(counted, method, how)

        def written(clock, **how):
            file = io.BytesIO()
            for _ in clock.module.tqdm(range(3), file=file, write_bytes=True, mininterval=0, bar_format="{n} é {bar}"):
                pass
            return file.getvalue()

        self.same(written)

        def no_encoding(clock):
            file = io.StringIO()
            with clock.module.tqdm(total=3, file=file, bar_format="{bar}", ncols=8, mininterval=0) as bar:
                bar.update(1)
                return bar.ascii, file.getvalue()

        self.same(no_encoding)

        def disabled(clock):
            with clock.module.tqdm(total=10, file=io.StringIO(), disable=None) as bar:
                return bar.fp.getvalue() if hasattr(bar, "fp") else "", bar.disable

        self.assertEqual(disabled(Clock(ours, None)), ("", True))

    def test_as_an_iterable(self):
        def scenario(clock, items, total=None):
            bar = clock.bar(items, total=total)
            found = []
            for question in (len, bool, lambda b: 3 in b, lambda b: b.total):
                try:
                    found.append(question(bar))
                except Exception as error:
                    found.append(type(error).__name__)
            bar.close()
            return found

        for items in ([1, 2, 3], [], (1, 2), range(5), {3: 1}, "abc"):
            self.same(scenario, items)
        self.same(scenario, None, 7)
        self.same(scenario, None, 0)
        # tqdm's, as a generator, has forgotten what was to be reversed when it begins.
        self.assertEqual(list(reversed(ours.tqdm([1, 2], file=io.StringIO()))), [2, 1])
        for items in (iter([1, 3]), iter([])):
            for module in PAIR:
                self.assertIsNone(module.tqdm(items, file=io.StringIO()).total)

    def test_refusals(self):
        def make(clock, **how):
            clock.bar(total=1, **how)

        self.same(make, colour="charm")
        for module in PAIR:
            with self.assertRaises(module.TqdmKeyError):
                module.tqdm(total=1, file=io.StringIO(), no_such=1)
            file = io.StringIO()
            with self.assertRaises(module.TqdmDeprecationWarning):
                module.tqdm(total=1, file=file, nested=True)
            self.assertIn("Use `position` instead", file.getvalue())
            file = io.StringIO()
            for move in (lambda bar: bar.update(), list):
                with self.assertRaises(module.TqdmDeprecationWarning):
                    move(module.tqdm(range(3), file=file, gui=True, mininterval=0, miniters=1))
            self.assertEqual(file.getvalue().count("instead of `tqdm(..., gui=True)`"), 2)
            module.tqdm._instances.clear()
            with self.assertRaises(TypeError):
                for _ in module.tqdm(file=io.StringIO()):
                    pass

    def test_averages(self):
        for smoothing in (0.01, 0.3, 1):
            pair = [module.EMA(smoothing) for module in PAIR]
            for x in (10, 1, None, 1, 0, 5.5):
                self.assertEqual(pair[0](x) if x is not None else pair[0](), pair[1](x) if x is not None else pair[1]())


class AfterTqdm(ArenaTest):
    """What newer versions of tqdm have, or tqdm does in another way."""

    def text(self, program, **environment):
        """What a program of its own writes to standard error."""
        how = dict(env={**os.environ, **environment}, stderr=subprocess.PIPE, check=True)
        return subprocess.run([sys.executable, "-c", "from headway.tqdm import *\n" + program], **how).stderr.decode()

    def test_that_turns_slow(self):
        """The bar of fast updates that become slow moves again, without a thread that looks after it."""
        for how in ({}, {"miniters": 5000}, {"mininterval": 0.01}):
            for make in (self.by_update, self.by_loop):
                file = io.StringIO()
                with unittest.mock.patch.object(ours.tqdm, "monitor_interval", 10):
                    make(Clock(ours, file), how)
                seen = [int(n) for n in re.findall(r"(\d+)/20000", file.getvalue())]
                self.assertTrue([n for n in seen if 10000 < n < 10140], (how, make))
                self.assertTrue({10190, 10191, 10192} <= set(seen) or how == {"miniters": 5000}, (how, make))

    def by_update(self, clock, how):
        with clock.bar(total=20000, **how) as bar:
            for n in range(10200):
                clock.now += 1e-5 if n < 10000 else 1
                bar.update()

    def by_loop(self, clock, how):
        for n in clock.bar(range(20000), **how):
            clock.now += 1e-5 if n < 10000 else 1
            if n == 10200:
                break

    def test_a_loop_that_turns_slow(self):
        """Its steps are not planned from those before."""
        drawn = []
        steps = (time.sleep(0.06) if n >= 50000 else None for n in range(50010))
        for _ in headway._headway.Track(steps, None, lambda count, is_over: drawn.append(count)):
            pass
        self.assertTrue([count for count in drawn if 50000 <= count < 50009], drawn)

    def test_environment(self):
        loop = "for _ in tqdm(range(3), mininterval=0): pass"
        self.assertIn("| 3/3 ", self.text(loop))
        self.assertEqual(self.text(loop, TQDM_DISABLE="1"), "")
        self.assertIn("| 3/3 ", self.text(loop, TQDM_DISABLE="0"))
        said = self.text(loop, TQDM_NCOLS="40", TQDM_ASCII=" .", TQDM_DESC="d", TQDM_UNIT="rows", TQDM_UNIT_SCALE="2")
        self.assertIn("d: 100%|.", said)
        self.assertIn("6.00/6.00" if "6.00" in said else "6/6", said)
        self.assertIn("rows/s", said)
        self.assertEqual({len(line) for line in said.strip().split("\r")}, {40})
        self.assertIn("| 3/3 ", self.text(loop, TQDM_FILE="x", TQDM_ITERABLE="x", TQDM__ARENA="x"))
        said = self.text(loop, TQDM_NCOLS="wide")
        self.assertIn("TQDM_NCOLS: 'wide' is no value of it", said)
        self.assertIn("| 3/3 ", said)
        self.assertIn("given:", self.text("tqdm(range(3), desc='given')", TQDM_DESC="other"))

    def test_defaults_from_the_environment(self):
        names = dict(X_COUNT="7", X_RATE="0.5", X_On="yes", X_Text="t", X_NONE="1", X_TYPED="3", X_LIST="[1, 2]")
        with unittest.mock.patch.dict(os.environ, names):

            @utils.envwrap("X_")
            def call(first, count=1, rate=1.0, on=False, text="", none=None, typed: int = None, *, only=5):
                return first, count, rate, on, text, none, typed, only

            self.assertEqual(call(0), (0, 7, 0.5, True, "t", None, 3, 5))
            self.assertEqual(call(0, 2, on=False), (0, 2, 0.5, False, "t", None, 3, 5))

            @utils.envwrap("X_", literal_eval=True, case_sensitive=True)
            def exact(LIST=(), count=1):
                return LIST, count

            self.assertEqual(exact(), ([1, 2], 1))

    def test_streams_with_a_callback(self):
        counts = []
        stream = utils.CallbackIOWrapper(counts.append, io.BytesIO(b"abcdef"))
        self.assertEqual((stream.read(4), stream.read(), counts, stream.tell()), (b"abcd", b"ef", [4, 2], 6))
        stream = utils.CallbackIOWrapper(counts.append, io.BytesIO(), "write")
        stream.write(b"xyz")
        self.assertEqual((stream.getvalue(), counts), (b"xyz", [4, 2, 3]))
        with self.assertRaises(KeyError):
            utils.CallbackIOWrapper(counts.append, io.BytesIO(), "seek")

    def test_wrappers(self):
        how = {"file": io.StringIO(), "desc": "w", "mininterval": 0}
        self.assertEqual(list(contrib.tenumerate("abc", 5, **how)), [(5, "a"), (6, "b"), (7, "c")])
        self.assertEqual(list(contrib.tzip("ab", [1, 2], **how)), [("a", 1), ("b", 2)])
        self.assertEqual(list(contrib.tmap(pow, [2, 3], [3, 2], **how)), [8, 9])
        self.assertEqual(len(list(product("abc", range(4), **how))), 12)
        self.assertEqual(len(list(product("ab", repeat=3, **how))), 8)
        self.assertEqual(len(list(product(iter("ab"), "cd", **how))), 4)
        totals = [s.total for s in self.arena.records()]
        self.assertEqual(sorted(totals), [0, 2, 2, 3, 8, 12])
        self.assertEqual({(str(s.status), s.name) for s in self.arena.records()}, {("Finished", "w")})
        early = contrib.tzip("ab", [1, 2], **how)
        next(early)
        early.close()
        self.assertEqual({str(s.status) for s in self.arena.records()}, {"Finished"})

    def test_lines_above_the_bar(self):
        file = Terminal()
        with ours.tqdm(total=2, file=file, bar_format="{n}/{total}") as bar:
            with contextlib.redirect_stdout(contrib.DummyTqdmFile(file)):
                print("one", "line")
                print("begun ", end="")
                bar.update()
                print("and ended")
                print("not ended", end="")
        del bar
        self.assertEqual(on_a_terminal(file.getvalue())[:4], ["one line", "begun and ended", "not ended", "1/2"])

    def test_log_lines(self):
        file, logger = Terminal(), logging.Logger("test")
        console = logging.StreamHandler(sys.stderr)
        console.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        console.setLevel(logging.WARNING)
        kept = logging.NullHandler()
        logger.handlers = before = [console, kept]
        with contextlib.redirect_stderr(file):
            console.stream = file
            with tqdm_logging_redirect(total=2, file=file, bar_format="{n}/{total}", loggers=[logger]) as bar:
                self.assertIs(logger.handlers[0], kept)
                logger.warning("look")
                logger.info("below the console's level")
                bar.update()
        self.assertIs(logger.handlers, before)
        self.assertEqual(on_a_terminal(file.getvalue())[:2], ["WARNING look", "1/2"])
        with self.assertRaises(ValueError), logging_redirect_tqdm([logger]):
            raise ValueError
        self.assertIs(logger.handlers, before)

    def test_asynchronous(self):
        async def numbers():
            for n in range(3):
                yield n

        async def double(n):
            await asyncio.sleep(0)
            if n == 77:
                raise ValueError("no")
            return 2 * n

        async def run(how):
            self.assertEqual([n async for n in auto.tqdm(numbers(), **how)], [0, 1, 2])
            self.assertEqual([n async for n in auto.tqdm([4, 5], **how)], [4, 5])
            self.assertEqual([n async for n in auto.trange(2, **how)], [0, 1])
            self.assertEqual(await auto.tqdm.gather(*map(double, range(20)), **how), list(range(0, 40, 2)))
            done = [await each for each in auto.tqdm.as_completed([double(1), double(2)], **how)]
            self.assertEqual(sorted(done), [2, 4])
            found = await auto.tqdm.gather(double(1), double(77), return_exceptions=True, **how)
            self.assertEqual([str(each) for each in found], ["2", "no"])
            self.assertEqual({str(s.status) for s in self.arena.records()}, {"Finished"})
            with self.assertRaises(ValueError):
                await auto.tqdm.gather(double(77), file=io.StringIO(), desc="gathered")
            with self.assertRaises(asyncio.TimeoutError):
                await auto.tqdm.gather(asyncio.sleep(60), timeout=0.01, file=io.StringIO(), desc="late")
            with self.assertRaises(ValueError):
                async for n in auto.tqdm(map(int, ["1", "x"]), file=io.StringIO(), desc="iterated"):
                    pass

        file = io.StringIO()
        asyncio.run(run({"file": file, "desc": "a"}))
        self.assertEqual(re.findall(r"a: +\d+%\|[^|]*\| (\d+/\d+)[^\r]*\n", file.getvalue()), ["2/2", "2/2", "20/20", "2/2", "2/2"])
        self.assertIn("a: 3it", file.getvalue())
        self.check(self.of("gathered"), "Error", Error="no")
        self.assertEqual(str(self.of("late").status), "Error")
        self.assertEqual(str(self.of("iterated").status), "Error")

    def test_maps(self):
        how = {"file": io.StringIO(), "max_workers": 2}
        self.assertEqual(thread_map(pow, [2, 3, 4], [2, 2], desc="threads", **how), [4, 9])
        self.assertEqual((self.of("threads").done, self.of("threads").total), (2, 2))
        self.assertEqual(process_map(abs, [-1, -2], desc="processes", lock_name="mp_lock", **how), [1, 2])
        with self.assertRaises(ValueError):
            thread_map(abs, [1], max_workers=0, file=io.StringIO())
        with self.assertWarns(ours.TqdmWarning):
            process_map(abs, range(1001), **how)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ours.TqdmWarning)
            process_map(abs, range(1001), chunksize=500, **how)
            process_map(pow, range(1001), [1], **how)
            thread_map(abs, range(1001), **how)


class Notebook(ArenaTest):
    def run_cells(self, *cells):
        """What the cells have put out in the end, from a kernel of Jupyter: {kind: text} or a stream's text."""
        try:
            import nbclient
            import nbformat
        except ImportError:
            self.skipTest("no python3-nbclient here")
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        with contextlib.suppress(nbclient.exceptions.CellExecutionError), tempfile.TemporaryDirectory() as home:
            with unittest.mock.patch.dict(os.environ, HOME=home, PYDEVD_DISABLE_FILE_VALIDATION="1"):
                try:
                    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
                except KeyError as error:  # jupyter_client's, where there is no such kernel
                    self.skipTest(f"no python3-ipykernel here: {error}")
        return [[out.get("data", out.get("text", out.get("evalue"))) for out in cell.outputs] for cell in book.cells]

    def test_cells(self):
        loop, removed, line, given, thrown = self.run_cells(
            "from headway.tqdm.auto import tqdm\nfor x in tqdm(range(3), desc='a<b', mininterval=0): pass",
            "for x in tqdm(range(2), leave=False): tqdm.write('said')",
            "with tqdm(unit='B') as bar: bar.update(5)",
            "import io\nfile = io.StringIO()\nfor x in tqdm(range(2), file=file): pass\nprint('2/2' in file.getvalue())",
            "for x in tqdm(range(2), desc='thrown', colour='red'): raise ValueError('why')",
        )
        self.assertEqual(len(loop), 1)
        self.assertRegex(loop[0]["text/html"], r'>a&lt;b: 100% <progress value="3" max="3"></progress> +3/3 \[.*</div>')
        self.assertRegex(loop[0]["text/plain"], r"a<b: 100%\|█+\| 3/3 ")
        self.assertEqual(removed[0], {"text/html": "", "text/plain": ""})
        self.assertEqual("".join(removed[1:]), "said\nsaid\n")
        self.assertIn("5B [", line[0]["text/html"])
        self.assertEqual(given, ["True\n"])
        self.assertIn('value="0" max="2" style="accent-color: red"', thrown[0]["text/html"])
        self.assertEqual(thrown[1], "why")
        self.check(self.of("thrown"), "Error", Error="why")
        self.assertEqual(str(self.of("a<b").status), "Finished")

    def test_elsewhere(self):
        from headway.tqdm import notebook

        file = io.StringIO()
        for _ in notebook.tqdm(range(2), file=file):
            pass
        self.assertIn("| 2/2 ", file.getvalue())
        self.assertEqual(list(notebook.tnrange(2, file=file)), [0, 1])


class Records(ArenaTest):
    """What tqdm has not: the records."""

    def bar(self, *args, **how):
        return ours.tqdm(*args, **{"file": io.StringIO(), **how})

    def test_loop_and_update(self):
        for _ in self.bar(range(5), desc="loop", unit="rows"):
            pass
        s = self.of("loop")
        self.assertEqual((str(s.status), s.done, s.total, s.unit), ("Finished", 5, 5, "rows"))
        with self.bar(total=10, desc="block") as bar:
            bar.update()
            bar.update(3)
            bar.set_postfix(loss=0.5)
            bar.set_description("other")
            self.assertEqual(self.of("block").done, 4)
            bar.update(-1)
            bar.update(2.5)
            self.assertEqual(self.of("block").done, 5)
            bar.reset(total=20)
        s = self.of("block")
        self.assertEqual((str(s.status), s.done, s.total), ("Finished", 0, 20))
        self.assertEqual(s.messages, {"Postfix": "loss=0.5", "Description": "other"})

    def test_ends(self):
        with contextlib.suppress(ValueError):
            with self.bar(total=1, desc="thrown"):
                raise ValueError("why")
        self.check(self.of("thrown"), "Error", Error="why")
        with contextlib.suppress(KeyError):
            for _ in self.bar([1], desc="in a loop"):
                raise KeyError("k")
        self.check(self.of("in a loop"), "Error", Error="'k'")
        for _ in self.bar([1, 2], desc="left"):
            break
        self.assertEqual(str(self.of("left").status), "Finished")
        bar = self.bar(total=1, desc="dropped")
        del bar
        self.assertEqual(str(self.of("dropped").status), "Finished")
        self.bar(total=1, desc="disabled", disable=True).update()
        self.assertEqual([s for s in self.arena.records() if s.name == "disabled"], [])
        with self.bar(total=3, desc="no terminal", disable=None) as bar:
            bar.update(2)
            self.assertEqual(bar.fp.getvalue(), "")
        self.assertEqual(self.of("no terminal").done, 2)

    def test_ended_by_another(self):
        bar = self.bar(total=5, desc="ended")
        self.arena.resume(bar.record).error("enough")
        bar.update(3)
        bar.close()
        self.assertEqual(bar.n, 3)
        self.check(self.of("ended"), "Error", Error="enough")

    def test_no_arena(self):
        os.environ["HEADWAY_ARENA"] = "/no/such/folder"
        file = io.StringIO()
        for _ in ours.tqdm(range(3), file=file):
            pass
        self.assertIn("3/3", file.getvalue())

    def test_shown(self):
        with self.bar(total=4, desc="in a notebook") as bar:
            bar.update(1)
            self.assertIn('<progress value="1" max="4">', bar._repr_html_())


if __name__ == "__main__":
    unittest.main()
