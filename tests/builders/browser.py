"""A headless Chromium driven by its DevTools protocol over a pipe: no port, no web socket, no further package.

python tests/builders/browser.py installs Chromium, and npm to fetch axe-core with, where they are missing and apt-get
can be used. What cannot be had is named; that is an error in CI alone, where no test of the report page may be skipped.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = "disable-background-networking disable-component-update disable-default-apps disable-extensions disable-quic"
QUIET += " disable-sync disable-gpu disable-dev-shm-usage hide-scrollbars no-first-run no-sandbox mute-audio"


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def missing_packages() -> list[str]:
    """Return the Debian packages that the tests of the report page need and that are not installed."""
    axe = shutil.which("npm") or os.environ.get("UNETLIB_AXE")
    return ["chromium"] * (chromium() is None) + ["npm"] * (not axe)


def in_ci() -> bool:
    return bool(os.environ.get("CI"))


def unavailable(reason: str) -> NoReturn:
    """Skip the test, giving the reason; in CI, fail it."""
    import pytest

    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def install() -> None:
    """Install the missing packages by apt-get; in CI, exit with an error where that is not possible."""
    packages = missing_packages()
    if packages and os.getuid() == 0 and shutil.which("apt-get"):
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], **quiet)
    if left := missing_packages():
        names = " ".join(left)
        line = f"the tests of the report page need {names}, to be installed by root: apt-get install {names}"
        if in_ci():
            sys.exit(f"error: {line}")
        print(f"{line}; they will be skipped")


class Browser:
    """One page of one browser; close() ends the process that was started, and no other."""

    def __init__(self, program, profile, seconds=240):
        ours, theirs = os.pipe(), os.pipe()  # we write into ours, the browser into theirs
        self.seconds, self.counter, self.buffer, self.events = seconds, 0, b"", []
        switches = [f"--{name}" for name in QUIET.split()]
        command = [program, "--headless", *switches, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
        self.process = subprocess.Popen(
            [*command, "about:blank"],
            preexec_fn=lambda: (os.dup2(ours[0], 3), os.dup2(theirs[1], 4)),  # where a browser looks for its pipe
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self.write, self.read, self.session = ours[1], theirs[0], None
        page = next(each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """The result of a DevTools command; events that come before it are kept."""
        self.counter += 1
        message = {"id": self.counter, "method": method, "params": params}
        message |= {"sessionId": self.session} if self.session else {}
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(method)
            if answer.get("id") == self.counter:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _next(self, what):
        until = time.monotonic() + self.seconds
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read], [], [], max(until - time.monotonic(), 0))
            data = os.read(self.read, 1 << 20) if ready else b""
            assert data, f"the browser said nothing to {what} for {self.seconds} s, or is gone"
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def open(self, path):
        """Shows a file and waits until it is loaded; the events of earlier pages are forgotten."""
        self.events.clear()
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next("Page.navigate"))

    def screen(self, width, height=800, *, dark=False):
        """The size of the window in CSS pixels, and whether its owner likes it dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call(
            "Emulation.setEmulatedMedia", features=[scheme, {"name": "prefers-reduced-motion", "value": "reduce"}]
        )

    def run(self, script):
        """The value of a JavaScript expression; a promise is awaited, an exception raised."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def click(self, selector):
        """A click in the middle of an element, as by a mouse."""
        box = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{box}.scrollIntoView({{block: 'center', inline: 'center'}})")
        x, y = self.run(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({box}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, code=0):
        """A key on the keyboard."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def screenshot(self, path, *, top=0, height=None):
        """The page from `top` on as PNG."""
        width, whole = self.run("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": top, "width": width, "height": min(height or whole, whole - top), "scale": 1}
        made = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        Path(path).write_bytes(base64.b64decode(made["data"]))

    def requests(self):
        """The addresses that the page asked for, but for those inside itself."""
        asked = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in asked if not each["request"]["url"].startswith("data:")]

    def complaints(self):
        """What the console holds: errors, warnings and uncaught exceptions."""
        found = []
        for event in self.events:
            params = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"]))
            elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
            elif event.get("method") == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(str(params["args"]))
        return found

    def close(self):
        for end in (self.write, self.read):
            os.close(end)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


if __name__ == "__main__":
    install()
