# SPDX-License-Identifier: BSD-3-Clause
"""The page's form that asks a record's owner to stop.  Run by test_http_page_cancel.sh, with three servers of one
arena: page_cancel.py FOLDER READER CANCELLER STRANGER."""
import json
import os
import subprocess
import sys

from page_scripts import ACCESSIBLE, WATCH
from webdriver import ESCAPE, Browser, equal, headway

FOLDER, READER, CANCELLER, STRANGER = sys.argv[1:]
ASKED = "return performance.getEntriesByType('resource').some((e) => e.name.endsWith('/_/events') && e.responseEnd > 0)"
BUTTON = "[...document.querySelectorAll('#detail button')].find((b) => b.getClientRects().length && b.textContent === arguments[0])"

browser = Browser(FOLDER)


def seen(selector):
    return browser.run("const e = document.querySelector(arguments[0]); return e?.getClientRects().length ? e.textContent : ''", selector)


def button(text):
    return browser.run("return " + BUTTON, text)


def press(text):
    browser.click(browser.until(f"a button {text}", lambda: button(text)))


def says(selector, text):
    browser.until(f"{selector} says {text}", lambda: text in seen(selector))


def request_of(identity):
    """The reason in the record, as the tool shows it; None: nobody asked."""
    record = json.loads(headway("dump", "--format", "ndjson", identity))
    return (record.get("cancel_requested") or {}).get("reason")


def visit(origin, identity, token=None):
    browser.leave(origin)
    browser.go(f"{origin}/#record={identity}")
    browser.run(WATCH)
    if token:
        browser.until("a token is wanted", lambda: seen("#login label"))
        give(token)
    says("#detail h2", "work")
    browser.until("the page knows whether it may", lambda: browser.run(ASKED))


def give(token):
    browser.run("document.querySelector('#token').value = arguments[0]; document.querySelector('#login').requestSubmit()", token)
    browser.until("it is taken", lambda: not seen("#login label") and seen("#link") == "live")


def not_without_the_option(identity):
    visit(READER, identity)
    headway("message", identity, "Step=seen")
    says("#detail", "seen")
    equal("no button", button("Cancel…"), None)
    equal("no form", browser.run("return document.querySelectorAll('form.cancel').length"), 0)


def asks_first(identity):
    visit(CANCELLER, identity, "secret")
    press("Cancel…")
    browser.until("it asks", lambda: button("Ask its owner to stop") and not button("Cancel…"))
    equal("the reason has the focus", browser.run("return document.activeElement.placeholder"), "Reason, if any")
    equal("names, roles, contrast", browser.run(ACCESSIBLE), [])
    browser.picture(os.environ.get("PICTURE", FOLDER + "/picture") + "-1.png")
    press("Keep it running")
    browser.until("it does not any more", lambda: button("Cancel…") and not button("Ask its owner to stop"))
    equal("nobody asked", request_of(identity), None)


def stays_while_the_record_changes(identity):
    press("Cancel…")
    browser.keys("disk ")
    for step in ("one", "two", "three"):
        headway("message", identity, f"Step={step}")
        says("#detail", step)
    browser.keys("full")
    equal("the reason so far", browser.run("return document.activeElement.value"), "disk full")
    equal("nobody asked yet", request_of(identity), None)


def then_the_record_says_it(identity):
    press("Ask its owner to stop")
    says("#detail > dl:last-child", ": disk full")
    says(".row.chosen .note", "asked to stop: disk full")
    equal("the reason in the record", request_of(identity), "disk full")
    equal("no button any more", button("Cancel…"), None)
    browser.picture(os.environ.get("PICTURE", FOLDER + "/picture") + "-2.png")
    browser.keys(ESCAPE)


def a_command_ends():
    with subprocess.Popen([os.environ["HEADWAY"], "run", "--name", "work", "--", "sleep", "600"], stderr=subprocess.DEVNULL) as owner:
        try:
            identity = browser.until("its record", lambda: [r["id"] for r in map(json.loads, headway("dump", "--format", "ndjson").splitlines())
                                                            if r["owner"] and r["status"] == "Running"])[0]
            visit(CANCELLER, identity)
            press("Cancel…")
            press("Ask its owner to stop")
            says("#detail .status", "Error")
            says("#detail", "asked on the page")
            assert owner.wait(60) != 0, "the command was ended"
        finally:
            owner.terminate()


def refused_without_a_token(identity):
    browser.run("sessionStorage.removeItem('token')")
    refused("what the page had is gone", identity)
    visit(CANCELLER, identity, "secret")
    browser.run("sessionStorage.setItem('token', 'another')")
    refused("a token of another server", identity)
    give("secret")
    press("Ask its owner to stop")
    browser.until("with the token it is done", lambda: request_of(identity) == "asked on the page")


def refused(what, identity):
    press("Cancel…")
    press("Ask its owner to stop")
    says("#detail .cancel .note", "Refused: the server does not know this page's token. Enter one above")
    browser.until(f"{what}: where it is entered", lambda: seen("#login label"))
    equal(f"{what}: nobody asked", request_of(identity), None)
    assert button("Ask its owner to stop"), "it can be tried again"
    browser.picture(os.environ.get("PICTURE", FOLDER + "/picture") + "-3.png")


def says_why_not(identity):
    visit(STRANGER, identity, "secret")
    press("Cancel…")
    press("Ask its owner to stop")
    says("#detail .cancel .note", "The process that writes the arena does not answer.")


try:
    browser.resize(1280, 800)
    first, second = (headway("start", "--name", "work") for _ in range(2))
    for step in (not_without_the_option, asks_first, stays_while_the_record_changes, then_the_record_says_it):
        step(first)
    a_command_ends()
    visit(CANCELLER, second)
    refused_without_a_token(second)
    says_why_not(headway("start", "--name", "work"))
finally:
    browser.quit()
