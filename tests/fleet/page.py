# SPDX-License-Identifier: BSD-3-Clause
"""The page of a fleet in a browser.  Run by test_fleet_page.sh: page.py FOLDER URL [SCREENSHOT]."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "http"))
from webdriver import Browser  # noqa: E402

FOLDER, ORIGIN = sys.argv[1:3]
ROWS = "[...document.querySelectorAll('.space > .row:not([hidden])')]"
SORTED = ROWS + ".sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)"
browser = Browser(FOLDER)


def rows():
    """[[level, name, status]] from top to bottom."""
    return browser.run("return " + SORTED + """.map((r) => [r.getAttribute('aria-level'),
        r.querySelector('.name').textContent, r.querySelector('.status:not(.tally *)').textContent])""")


def expect(what, wanted):
    last = []

    def same():
        last[:] = rows()
        return last == wanted
    try:
        browser.until(what, same)
    except Exception as error:
        raise AssertionError(f"{what}: got {last!r}, expected {wanted!r}") from error


def note(text):
    """Tell the test to go on with that."""
    with open(os.path.join(FOLDER, text), "w", encoding="utf-8"):
        pass


browser.go(ORIGIN)
# Hosts are the first level; the one with an error comes first.
expect("hosts and their records", [
    ["1", "web2", "● alive"], ["2", "failed", "✕ Error"],
    ["1", "web1", "● alive"], ["2", "first", "▶ Running"]])
note("kill")
# A silent host comes before those that are well, behind those with errors.
expect("a host is silent", [
    ["1", "web2", "● alive"], ["2", "failed", "✕ Error"],
    ["1", "web1", "○ silent"], ["2", "first", "▶ Running"]])
browser.until("since when", lambda: browser.run("return " + ROWS + """.some((r) => r.classList.contains('silent') &&
    /^for \\d+/.test(r.querySelector('.time').textContent))"""))
if len(sys.argv) > 3:
    browser.picture(sys.argv[3])
# Filter by host, and fold.
browser.run("const f = document.getElementById('filter'); f.value = 'web1'; f.dispatchEvent(new Event('input'))")
expect("one host", [["1", "web1", "○ silent"], ["2", "first", "▶ Running"]])
browser.run(ROWS + "[0].querySelector('.fold').click()")
expect("folded", [["1", "web1", "○ silent"]])
browser.run("document.getElementById('timeline').click()")
trouble = browser.trouble(ORIGIN)
assert not trouble, trouble
browser.quit()
