# SPDX-License-Identifier: BSD-3-Clause
"""The live page in a browser.  Run by test_http_page.sh, which makes the records: page.py FOLDER URL CHILD."""
import os
import re
import subprocess
import sys

from webdriver import ESCAPE, Browser

FOLDER, ORIGIN, CHILD = sys.argv[1:]
ROWS = "[...document.querySelectorAll('.row:not([hidden])')]"
ROW = ROWS + ".find((r) => r.textContent.includes(arguments[0]))"
# What goes wrong after loading, for browsers whose driver does not tell.
WATCH = """window.trouble = [];
	addEventListener('error', (e) => trouble.push(e.message));
	addEventListener('unhandledrejection', (e) => trouble.push(String(e.reason)));
	addEventListener('securitypolicyviolation', (e) => trouble.push(e.violatedDirective));"""
CROWDED = "return " + ROWS + """.flatMap((r) => [...r.children].filter((c) => c.textContent &&
	c.getBoundingClientRect().bottom > r.getBoundingClientRect().bottom - 2).map((c) => c.className + ': ' + c.textContent))"""
MODEL = """const done = arguments[0];
	import('/model.js').then(({ Model }) => {
		const model = new Model();
		const iso = new Date().toISOString();
		for (let i = 0; i < 5000; i++)
			model.put({ id: `id-${i}`, name: `n ${i}`, status: 'Running', messages: [], started_at: iso, done: i,
				total: 9999, parent: i % 10 ? `id-${i - (i % 10)}` : null });
		const began = performance.now();
		const rows = model.rows({ text: 'n 4' });
		done({ ms: performance.now() - began, rows: rows.length });
	}).catch((e) => done(String(e)));"""

browser = Browser(FOLDER)


def headway(*arguments):
    subprocess.run([os.environ["HEADWAY"], *arguments], check=True, stdout=subprocess.DEVNULL)


def equal(what, got, expected):
    assert got == expected, f"{what}: got {got!r}, expected {expected!r}"


def names():
    return browser.run("return " + ROWS + ".map((r) => r.querySelector('.name').textContent)")


def row(name):
    return browser.until(f"a row with {name}", lambda: browser.run("return " + ROW, name))


def part(name, of_row):
    return browser.run("return " + ROW + "?.querySelector(arguments[1])?.textContent ?? ''", name, of_row)


def detail():
    return browser.run("const d = document.querySelector('#detail'); return d.getClientRects().length ? d.textContent : ''")


def detail_says(text):
    browser.until(f"the detail says {text}", lambda: text in detail())


def order_and_status():
    order = browser.run("return " + ROWS + """.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
		.map((r) => r.querySelector('.name').textContent)""")
    equal("errors are first", order[0], "broken")
    equal("a child is below its parent", order[order.index("parent") + 1], "child")
    equal("what is finished is last", order[-1], "good")
    assert "Error" in part("broken", ".status"), "text, not colour alone, tells the status"
    assert "25 %" in part("child", ".amount"), part("child", ".amount")


def live():
    headway("add", CHILD, "50")
    browser.until("it is live", lambda: part("child", ".amount").startswith("75 %"))


def details():
    browser.keys("e")
    detail_says("disk full")
    browser.keys(ESCAPE)
    browser.click(row("onerror"))
    detail_says("<script>alert(2)</script>")
    detail_says("aU+202EbU+001Bc")
    browser.click(row("good"))
    detail_says('"answer": 42')
    browser.keys(ESCAPE)
    browser.until("the detail is closed", lambda: detail() == "")


def filters():
    browser.keys("/")
    browser.keys("child")
    browser.until("a match and what it belongs to", lambda: sorted(names()) == ["child", "parent"])
    browser.keys(ESCAPE)
    chip = browser.run("return document.querySelector('.chip.finished')")
    browser.click(chip)
    browser.until("only what is finished", lambda: names() == ["good"])
    browser.click(chip)
    browser.click(browser.until("a fold", lambda: browser.run("return " + ROW + "?.querySelector('.fold')", "parent")))
    browser.until("what is folded is hidden", lambda: "child" not in names())


def thousands():
    """Few elements, and the page still answers."""
    with open(FOLDER + "/more", "w", encoding="utf-8"):
        pass
    browser.until("thousands are counted", lambda: int(browser.run(
        "return document.querySelector('.chip.running b').textContent")) >= 3000)
    drawn = browser.run("return document.querySelectorAll('.row').length")
    assert drawn < 60, f"only what is in sight is drawn, not {drawn} rows"
    answer = browser.run_async(MODEL)
    assert isinstance(answer, dict) and answer["rows"] > 1000 and answer["ms"] < 20000, answer


def narrow():
    browser.resize(360, 640)
    browser.until("the screen is narrow", lambda: browser.run("return innerWidth") <= 400)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), "it does not scroll sideways"
    browser.click(browser.run("return document.querySelector('#filter')"))
    browser.keys("child")
    browser.click(browser.until("a fold", lambda: browser.run("return " + ROW + "?.querySelector('.fold')", "parent")))
    row("child")
    rate = part("child", ".rate")
    assert re.search(r"/(s|min|h)$", rate), f"a rate, not {rate!r}"
    equal("what is in a row has room in it", browser.run(CROWDED), [])


try:
    browser.resize(1200, 700)
    browser.go(ORIGIN + "/")
    browser.run(WATCH)
    row("broken")
    order_and_status()
    live()
    details()
    filters()
    thousands()
    narrow()
    equal("trouble", browser.trouble(ORIGIN) + browser.run("return trouble"), [])
finally:
    browser.quit()
