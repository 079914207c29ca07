# SPDX-License-Identifier: BSD-3-Clause
"""The element <headway-progress> in a browser.  Run by test_http_package.sh: element.py FOLDER URL."""
import sys

from webdriver import ESCAPE, Browser, equal, headway

FOLDER, ORIGIN = sys.argv[1:]
TAB, ENTER, SPACE = "\ue004", "\ue007", " "
ELEMENT = "const e = document.querySelector('headway-progress'), s = e.shadowRoot;"

browser = Browser(FOLDER)


def inside(expression):
    return browser.run(ELEMENT + "return " + expression)


def part(name):
    return inside(f"s.querySelector('[part={name}]').textContent")


def bar(attribute):
    return inside(f"s.querySelector('[role=progressbar]').getAttribute('{attribute}')")


def until(what, expression, expected):
    browser.until(f"{what}: {expected!r}", lambda: inside(expression) == expected)


def said():
    return inside("s.querySelector('[role=status]').textContent")


def keeps_up():
    """The bar, its text and what assistive technology is told follow the record."""
    record = headway("start", "--name", "import <b>all</b>", "--total", "200", "--unit", "rows")
    browser.go(f"{ORIGIN}/page.html#{record}")
    until("the name, as text", "s.querySelector('[part=label]').textContent", "import <b>all</b>")
    equal("role and limits", [bar("role"), bar("aria-valuemin"), bar("aria-valuemax")], ["progressbar", "0", "100"])
    equal("its name", bar("aria-labelledby"), "label")
    equal("value", bar("aria-valuenow"), "0")
    equal("no messages", inside("s.querySelector('button').hidden"), True)
    headway("add", record, "150")
    until("value", "s.querySelector('[role=progressbar]').getAttribute('aria-valuenow')", "75")
    assert part("text").startswith("75 % · 150 of 200 rows"), part("text")
    equal("told politely", said(), "import <b>all</b>: 75 %")
    equal("live", inside("s.querySelector('[role=status]').getAttribute('aria-live')"), "polite")
    width = inside("s.querySelector('[part=fill]').style.width")
    equal("as wide", width, "75%")
    return record


def is_used_by_keyboard(record):
    headway("message", record, "Stage=<i>two</i>")
    until("the button is there", "s.querySelector('button').hidden", False)
    focused = "s.activeElement?.getAttribute('part')"
    browser.keys(TAB)
    equal("Tab reaches the button", inside(focused), "button")
    browser.keys(SPACE)
    equal("Space opens", inside("[s.querySelector('button').getAttribute('aria-expanded'), s.querySelector('dl').hidden]"), ["true", False])
    equal("its messages, as text", part("messages"), "Stage<i>two</i>")
    browser.picture(FOLDER + "/element.png")
    browser.keys(ESCAPE)
    equal("Escape closes", inside("s.querySelector('dl').hidden"), True)
    browser.keys(TAB)
    equal("Tab reaches the bar", inside(focused), "bar")
    browser.keys(ENTER)
    equal("Enter opens", inside("e.hasAttribute('open') && !s.querySelector('dl').hidden"), True)
    browser.keys(ESCAPE)


def ends(record):
    headway("add", record, "50")
    headway("finish", record)
    browser.until("done is told", lambda: browser.run("return document.title") == "Finished")
    equal("value", bar("aria-valuenow"), "100")
    equal("told", said(), "import <b>all</b>: Finished · 100 % · 200 of 200 rows")
    equal("property", inside("e.record.status"), "Finished")


def shows_another(_record):
    """src may change; without a total there is no value; an error is told with its reason."""
    other = headway("start", "--name", "other")
    browser.run("document.querySelector('headway-progress').src = '/_/status/' + arguments[0]", other)
    until("its name", "s.querySelector('[part=label]').textContent", "other")
    equal("no value", bar("aria-valuenow"), None)
    equal("its text", bar("aria-valuetext"), "Running")
    headway("error", other, "the disk is full")
    until("its reason", "s.querySelector('[part=text]').textContent", "Error: the disk is full")
    equal("told", said(), "other: Error: the disk is full")
    browser.run("document.querySelector('headway-progress').setAttribute('label', 'mine')")
    equal("label", part("label"), "mine")


def tells_of_failure():
    browser.run("""const e = document.querySelector('headway-progress');
        e.addEventListener('error', (event) => { window.failed = event.detail.status; });
        e.src = '/_/status/00000000-0000-8000-8000-000000000000'""")
    browser.until("error is told", lambda: browser.run("return window.failed") == 404)
    assert "it never was in this arena" in part("text"), part("text")
    equal("nothing is left of the other", [bar("aria-valuenow"), inside("e.record")], [None, None])


def is_left_alone_when_removed():
    record = headway("start", "--name", "removed")
    browser.run("""const e = document.createElement('headway-progress');
        e.src = '/_/status/' + arguments[0]; e.id = 'second'; document.body.append(e)""", record)
    browser.until("it follows", lambda: browser.run("return document.querySelector('#second').record?.name") == "removed")
    browser.run("const e = document.querySelector('#second'); window.kept = e; e.remove()")
    headway("finish", record)
    browser.run_async("setTimeout(arguments[0], 300)")
    equal("it does not follow any more", browser.run("return window.kept.record.status"), "Running")


try:
    THE_RECORD = keeps_up()
    is_used_by_keyboard(THE_RECORD)
    ends(THE_RECORD)
    shows_another(THE_RECORD)
    TROUBLE = browser.trouble(ORIGIN)
    equal("no errors, nothing from elsewhere", TROUBLE, [])
    tells_of_failure()
    is_left_alone_when_removed()
finally:
    browser.quit()
