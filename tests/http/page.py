# SPDX-License-Identifier: BSD-3-Clause
"""The live page in a browser.  Run by test_http_page.sh, before there is an arena: page.py FOLDER URL."""
import os
import re
import subprocess
import sys

from page_scripts import ACCESSIBLE, AXE, CROWDED, MODEL, TIMES, WATCH
from webdriver import ESCAPE, Browser, equal, headway

FOLDER, ORIGIN = sys.argv[1:]
ROWS = "[...document.querySelectorAll('.space > .row:not([hidden])')]"
ROW = ROWS + ".find((r) => r.querySelector('.name').textContent.includes(arguments[0]))"

browser = Browser(FOLDER)


def names():
    return browser.run("return " + ROWS + """.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
		.map((r) => r.querySelector('.name').textContent)""")


def row(name):
    return browser.until(f"a row with {name}", lambda: browser.run("return " + ROW, name))


def part(name, of_row):
    return browser.run("return " + ROW + "?.querySelector(arguments[1])?.textContent ?? ''", name, of_row)


def seen(selector):
    """The text of an element that can be seen, or nothing."""
    return browser.run("const e = document.querySelector(arguments[0]); return e?.getClientRects().length ? e.textContent : ''", selector)


def click(selector):
    browser.click(browser.until(selector, lambda: browser.run("return document.querySelector(arguments[0])", selector)))


def press_fold(name):
    browser.click(browser.until("a fold", lambda: browser.run("return " + ROW + "?.querySelector('.fold')", name)))


def detail():
    return seen("#detail")


def detail_says(text):
    browser.until(f"the detail says {text}", lambda: text in detail())


def accessible(what):
    equal(f"{what}: names, roles, contrast", browser.run(ACCESSIBLE), [])
    if "AXE" in os.environ:  # the file axe.min.js
        with open(os.environ["AXE"], encoding="utf-8") as source:
            browser.run(source.read())
        equal(f"{what}: axe", browser.run(AXE), [])


def first_run():
    """How to start a record is said, and the first one is shown when it comes."""
    browser.until("it says how", lambda: "headway run" in seen("#empty"))
    assert "there is none yet" in seen("#problem"), seen("#problem")
    accessible("nothing there")
    headway("start", "--name", "the first")
    row("the first")
    equal("it is chosen", browser.run("return document.querySelector('.space .chosen .name').textContent"), "the first")
    equal("nothing else is said", seen("#empty"), "")


def populate():
    """Parents, children, what is over, texts that want to be more than text.  The id of the child."""
    parent = headway("start", "--name", "parent", "--total", "4")
    headway("message", parent, "Stage=own")
    child = headway("start", "--name", "child", "--parent", parent, "--total", "100", "--unit", "bytes")
    headway("add", child, "25")
    middle = headway("start", "--name", "middle", "--parent", parent)
    leaf = headway("start", "--name", "leaf", "--parent", middle)
    headway("finish", middle)
    headway("error", leaf, "deep down")
    headway("error", headway("start", "--name", "broken"), "disk full")
    headway("add", headway("start", "--name", "beyond", "--total", "100"), "134")
    evil = headway("start", "--name", "<img src=x onerror=alert(1)>")
    headway("message", evil, "<script>alert(2)</script>", "a\u202eb\x1bc")
    good = headway("start", "--name", "good")
    headway("results", good, '{"answer":42}')
    headway("finish", good)
    with subprocess.Popen([os.environ["HEADWAY"], "run", "--name", "doomed", "--", "cat"], stdin=subprocess.PIPE) as owner:
        row("doomed")
        owner.kill()
    return child


def order_and_status():
    order = browser.until("errors are first", lambda: "good" in names() and names()[0] == "doomed" and names())
    equal("a child is below its parent", order[order.index("parent") + 1], "child")
    equal("what is finished is last", order[-1], "good")
    assert "Error" in part("broken", ".status"), "text, not colour alone, tells the status"
    assert "Lost" in part("doomed", ".status"), "though nobody swept"
    assert "owner died" in part("doomed", ".note"), part("doomed", ".note")
    assert "25 %" in part("child", ".amount"), part("child", ".amount")
    assert part("beyond", ".amount").startswith("134 % of 100"), "more than all is said"
    assert re.match(r"failed (\d+\s[sm] ago|now)", part("broken", ".when")), part("broken", ".when")
    accessible("the list")


def failures_below():
    """A parent tells of what is below it, at any depth, folded or not, and keeps its own message."""
    for _ in range(2):
        browser.until("the tally", lambda: re.sub(r"\s", "", part("parent", ".tally")) == "1✕1▶1✓")
        equal("its own message", part("parent", ".note"), "Stage: own")
        press_fold("parent")
        browser.until("it is folded, or not any more", lambda: browser.run("return " + ROW + ".getAttribute('aria-expanded')", "parent"))
    colour = browser.run("const r = " + ROW + "; return ['.tally .Error', '.status.Running[role=gridcell]'].map((s) => getComputedStyle(r.querySelector(s)).color)", "parent")
    assert colour[0] != colour[1], "failures have a colour of their own"


def live():
    headway("add", CHILD, "50")
    browser.until("it is live", lambda: part("child", ".amount").startswith("75 %"))


def details():
    browser.keys("e")
    detail_says("owner died")
    equal("the focus is in it", browser.run("return document.activeElement.id"), "detail")
    browser.keys("e")
    detail_says("disk full")
    browser.keys(ESCAPE)
    equal("and back in the list", browser.run("return document.activeElement.id"), "list")
    browser.click(row("onerror"))
    detail_says("<script>alert(2)</script>")
    detail_says("aU+202EbU+001Bc")
    browser.click(row("parent"))
    detail_says("75 % of 100\u202fB")
    equal("each part has a bar", browser.run("return document.querySelectorAll('#detail .part .bar').length"), 2)
    accessible("the detail")
    browser.run("window.copied = ''; navigator.clipboard.writeText = async (t) => { copied = t; }")
    click("#detail .small")
    browser.until("the id is copied", lambda: browser.run("return copied") == browser.run("return location.hash.match(/record=([^&]*)/)[1]"))
    browser.click(row("good"))
    detail_says('"answer": 42')
    assert re.search(r"20\d\d-\d\d-\d\d [012]\d:\d\d:\d\d", detail()), "dates of 24 hours"
    browser.keys(ESCAPE)
    browser.until("the detail is closed", lambda: detail() == "")


def filters():
    browser.keys("/")
    browser.keys("child")
    browser.until("a match and what it belongs to", lambda: sorted(names()) == ["child", "parent"])
    browser.keys(ESCAPE)
    browser.keys("/")
    browser.keys("name:[bg]*d")
    browser.until("a pattern of names", lambda: names() == ["beyond", "good"])
    browser.keys(ESCAPE)
    for status, name in (("Finished", ["good", "middle", "parent"]), ("Lost", ["doomed"])):
        click(f".chip.{status}")
        browser.until(f"only {status}", lambda: sorted(names()) == name)
        click(f".chip.{status}")
    equal("how many are Lost", seen(".chip.Lost b"), "1")
    press_fold("parent")
    browser.until("what is folded is hidden", lambda: "child" not in names())
    press_fold("parent")


def sorting():
    click("[data-sort=name]")
    rising = browser.until("by name", lambda: names()[0].startswith("<img") and names())
    equal("it is said", browser.run("return document.querySelector('[aria-sort]').textContent"), "Name")
    click("[data-sort=name]")
    browser.until("the other way round", lambda: names()[-1] == rising[0])
    click("[data-sort=name]")
    browser.until("as before", lambda: names()[0] == "doomed")


def address():
    """A copy of the address shows the same."""
    press_fold("parent")
    click("[data-sort=status]")
    click(".chip.Running")
    browser.keys("/")
    browser.keys("r")
    browser.click(row("parent"))
    before = browser.run("return location.href")
    assert all(word in before for word in ("record=", "q=r", "status=Running", "sort=status", "fold=")), before
    shown = names()
    browser.leave(ORIGIN)
    browser.go(before)
    browser.run(WATCH)
    browser.until("the same rows", lambda: names() == shown)
    detail_says("Stage")
    equal("the filter", browser.run("return document.querySelector('#filter').value"), "r")
    equal("the sort", browser.run("return document.querySelector('[aria-sort]').textContent"), "Status")
    browser.run("location.hash = ''")
    browser.until("all again", lambda: "broken" in names() and "child" in names())
    browser.keys(ESCAPE)


def idle():
    """Seconds without a change, as the detail tells them."""
    told = re.search(r"No change for (?:(\d+)\sm)?\s?(?:(\d+)\ss)?", detail())
    return int(told[1] or 0) * 60 + int(told[2] or 0) if told else 0


def still():
    """From messages as well as counters; by the clock of the page, so a second is enough."""
    browser.run("location.hash = 'still=0.01'")
    browser.until("a record that stands still", lambda: part("child", ".time").startswith("no change"))
    browser.click(row("child"))
    detail_says("no message came and no counter moved")
    before = browser.until("a few seconds", lambda: idle() >= 5 and idle())
    headway("add", CHILD, "1")
    browser.until("it moved", lambda: idle() < before)
    assert re.match(r"took \d+\.\d\ss", part("good", ".time")), "what is over does not stand still"
    browser.keys(ESCAPE)
    browser.run("location.hash = ''")


def timeline():
    browser.keys("t")
    row("good")
    lane = "const l = " + ROW + ".querySelector('.lane'), i = l.querySelector('i').getBoundingClientRect(); return [i.left - l.getBoundingClientRect().left, i.width]"
    parent, child = browser.run(lane, "parent"), browser.run(lane, "child")
    assert parent[0] <= child[0] and parent[1] > 100 and child[1] > 100, (parent, child)
    assert browser.run(lane, "good")[1] < parent[1], "what is over ends before now"
    assert re.match(r"\d\d:\d\d", seen(".axis span")), seen(".axis")
    assert "view=timeline" in browser.run("return location.hash")
    accessible("the timeline")
    browser.keys("t")
    browser.until("the list", lambda: seen("[data-sort=status]"))


def keys_and_colours():
    browser.keys("?")
    browser.until("the keys", lambda: "next error" in seen("#help"))
    accessible("the keys")
    browser.keys(ESCAPE)
    browser.until("closed", lambda: seen("#help") == "")
    before = browser.run("return getComputedStyle(document.body).backgroundColor")
    click("#theme")
    click("#theme")
    equal("dark", browser.run("return document.documentElement.dataset.theme"), "dark")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") != before, "the other colours"
    accessible("in the dark")
    browser.run("location.reload()")
    browser.until("it stays", lambda: browser.run("return document.documentElement.dataset.theme") == "dark")
    browser.run(WATCH)
    click("#theme")


def thousands():
    """Few elements, and the page still answers."""
    with open(FOLDER + "/more", "w", encoding="utf-8"):
        pass
    browser.until("thousands are counted", lambda: int(seen(".chip.Running b") or 0) >= 3000)
    drawn = browser.run("return document.querySelectorAll('.row').length")
    assert drawn < 60, f"only what is in sight is drawn, not {drawn} rows"
    answer = browser.run_async(MODEL)
    assert isinstance(answer, dict) and answer["rows"] > 1000 and answer["ms"] < 20000, answer
    equal("times left", browser.run_async(TIMES), [])


def narrow():
    browser.resize(360, 640)
    browser.until("the screen is narrow", lambda: browser.run("return innerWidth") <= 450)  # as MiniBrowser's toolbar is
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), "it does not scroll sideways"
    click("#timeline")
    row("broken")
    browser.until("the times of the timeline are there", lambda: re.match(r"\d\d:\d\d", seen(".axis span")))
    tick = browser.run("return parseFloat(document.querySelector('.space').style.getPropertyValue('--tick'))")
    assert tick > 60, f"lines that are {tick} pixels apart"
    equal("only failures beside a name", browser.run("return " + ROW + """.querySelector('.tally').innerText""", "parent").strip()[:1], "1")
    click("#timeline")
    click("#filter")
    browser.keys("broken")
    row("broken")
    browser.until("why it failed", lambda: browser.run("return " + ROW + ".querySelector('.note').getClientRects().length", "broken"))
    equal("what is in a row has room in it", browser.run(CROWDED), [])
    accessible("a phone")
    browser.click(row("broken"))
    detail_says("disk full")
    equal("nothing is squeezed", browser.run("""return [...document.querySelectorAll('#detail *')]
		.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).display !== 'inline')
		.map((e) => e.className)"""), [])


try:
    browser.resize(1280, 800)
    browser.go(ORIGIN + "/")
    browser.run(WATCH)
    first_run()
    CHILD = populate()
    for step in (order_and_status, failures_below, live, details, filters, sorting, address, still, timeline,
                 keys_and_colours, thousands, narrow):
        step()
    equal("trouble", browser.trouble(ORIGIN) + browser.run("return trouble"), [])
finally:
    browser.quit()
