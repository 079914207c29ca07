# SPDX-License-Identifier: BSD-3-Clause
"""A browser, driven through its WebDriver: Debian's chromium, or WebKitGTK's MiniBrowser, which is what Ubuntu has."""
import base64
import glob
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
CHROMIUM_FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync",
                  "--disable-dev-shm-usage"]
ESCAPE = "\ue00c"


class WebDriverError(Exception):
    """What the driver answered instead of a value."""


def headway(*arguments):
    """What the tool says."""
    done = subprocess.run([os.environ["HEADWAY"], *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def equal(what, got, expected):
    assert got == expected, f"{what}: got {got!r}, expected {expected!r}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def chromium(profile):
    flags = CHROMIUM_FLAGS + ["--user-data-dir=" + profile, "--window-size=1200,800"]
    options = {"binary": shutil.which("chromium"), "args": flags}
    return "chromedriver", {"goog:chromeOptions": options,
                            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}


def webkit(_profile):
    binary = glob.glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser") + glob.glob("/usr/libexec/webkit2gtk-4.*/MiniBrowser")
    options = {"binary": binary[0], "args": ["--automation"]}
    return "WebKitWebDriver", {"webkitgtk:browserOptions": options}


def own_display(environment, log):
    """An X server without a screen, and its display.  It listens in the abstract namespace only, so no file stays."""
    reader, writer = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1400x1000x24",
                               "-nolisten", "tcp", "-nolisten", "unix"], env=environment, pass_fds=[writer], stdout=log, stderr=log)
    os.close(writer)
    with open(reader, encoding="ascii") as told:
        return server, ":" + told.readline().strip()


class Browser:
    """One window.  Scripts are the body of a function; `arguments` are theirs."""

    def __init__(self, folder):
        self.has_devtools = shutil.which("chromedriver") is not None
        self.folder = folder
        self.size = None
        self.start()

    def start(self):
        folder = self.folder
        program, wanted = (chromium if self.has_devtools else webkit)(folder + "/profile")
        self.port = free_port()
        self.session = ""
        self.processes = []
        environment = dict(os.environ, HOME=folder, TMPDIR=folder, XDG_CACHE_HOME=folder)  # Mesa does not look at HOME
        with open(folder + "/driver.log", "a", encoding="utf-8") as log:
            if not self.has_devtools and "DISPLAY" not in os.environ:
                server, environment["DISPLAY"] = own_display(environment, log)
                self.processes.append(server)
            driver = subprocess.Popen([program, f"--port={self.port}"], env=environment, stdout=log, stderr=log)
            self.processes.append(driver)
        try:
            self.until("the driver is ready", lambda: self.call("GET", "/status")["ready"])
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        except BaseException:
            self.quit()
            raise
        self.session = "/session/" + answer["sessionId"]
        self.call("POST", "/timeouts", {"pageLoad": 50000 if self.has_devtools else 15000})
        if self.size:
            self.resize(*self.size)

    def call(self, method, path, value=None):
        """One command of the protocol."""
        body = None if method == "GET" else json.dumps(value or {}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.session}{path}", body,
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            raise WebDriverError(f"{path}: {told['error']}: {told['message']}") from None

    def quit(self):
        try:
            if self.session:
                self.call("DELETE", "")
        finally:
            for process in reversed(self.processes):
                process.terminate()
                process.wait(10)

    def go(self, url):
        self.log("performance")  # what the browser's own first page requested
        for left in [0] if self.has_devtools else [2, 1, 0]:
            try:
                return self.call("POST", "/url", {"url": url})
            except WebDriverError as error:
                if not left or ": timeout:" not in str(error):
                    raise
            self.quit()  # now and then WebKit's network process stops sending requests
            self.start()

    def leave(self, origin):
        """To another page.  From about:blank WebKit now and then goes nowhere."""
        self.go("about:blank" if self.has_devtools else origin + "/healthz")

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": arguments})

    def run_async(self, script, *arguments):
        """The last argument of the script is a function that takes its result."""
        return self.call("POST", "/execute/async", {"script": script, "args": arguments})

    def until(self, what, condition):
        """Look again until it is so; its value."""
        last = None
        for _ in range(400):
            try:
                last = condition()
                if last:
                    return last
            except (urllib.error.URLError, ConnectionError, WebDriverError) as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"never came true: {what}; the last answer: {last}")

    def click(self, element):
        self.call("POST", f"/element/{element[ELEMENT]}/click")

    def keys(self, text):
        presses = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def resize(self, width, height):
        """The size of the page, where the driver can set that; else of the window."""
        self.size = width, height
        if self.has_devtools:
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})
        else:
            self.call("POST", "/window/rect", {"width": width, "height": height})

    def picture(self, path):
        """What is seen, as a PNG."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind}) if self.has_devtools else []

    def trouble(self, origin):
        """Errors that the page made, and what it requested from elsewhere; the browser's own new tab does not count."""
        found = [entry["message"] for entry in self.log("browser") if entry["level"] == "SEVERE"]
        urls = self.run("return performance.getEntriesByType('resource').map((e) => e.name)")
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return found + ["request " + url for url in urls if not url.startswith((origin, "data:", "chrome"))]
