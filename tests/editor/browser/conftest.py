"""The browser, the servers, and pages that watch over what they load and complain of."""

import os
import re
import shutil

import pytest

from .hands import Hands
from .served import Served

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 40
"""Until a page that does not answer is given up; on a busy machine a fill takes a while."""

SEEN = "localStorage['retoucher-settings'] ??= JSON.stringify({ hintSeen: true, faceAgreed: true, personAgreed: true })"


def _browser(play):
    """A Chromium of this machine, else the one that Playwright has installed, else None."""
    for path in map(shutil.which, NAMES):
        if path:
            return path
    return play.chromium.executable_path if os.path.exists(play.chromium.executable_path) else None  # noqa: PTH110


@pytest.fixture(scope="package")
def browser():
    """One Chromium for all tests of this folder, and no longer: its event loop is in the way of other tests'."""
    api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright: pip install 'retoucher[dev]'")
    with api.sync_playwright() as play:
        path = _browser(play)
        if path is None:
            pytest.skip(
                "there is no Chromium: install one with the system's packages, or run playwright install chromium"
            )
        browser = play.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that all tests share; it is never stopped in between."""
    server = Served(tmp_path_factory.mktemp("served")).start()
    yield server
    server.stop()
    assert server.errors == ""


@pytest.fixture
def serve(tmp_path):
    """Start servers of one's own: `serve("--no-keep")`."""
    started = []

    def begin(*more):
        home = tmp_path / f"home{len(started)}"
        home.mkdir()
        started.append(Served(home, *more))
        return started[-1].start()

    yield begin
    for server in started:
        server.stop()
        assert server.errors == ""


class Watch:
    """What a page asks for and complains of. `expected`: regular expressions of complaints that belong to the test."""

    def __init__(self, page, origin):
        self.foreign, self.complaints, self.expected = [], [], []
        page.on("request", lambda request: self._asked(request.url, origin))
        page.on(
            "console", lambda message: self._said(message.type, f"{message.text} {message.location.get('url', '')}")
        )
        page.on("pageerror", lambda error: self._said("error", f"uncaught: {error}"))

    def _asked(self, url, origin):
        if not url.startswith((f"{origin}/", "blob:", "data:")):
            self.foreign.append(url)

    def _said(self, kind, text):
        ours = "willReadFrequently" in text  # the tests' own looking at canvases
        if kind in ("error", "warning") and not ours:
            self.complaints.append(text)

    def check(self):
        assert self.foreign == []
        unexpected = [said for said in self.complaints if not any(re.search(each, said) for each in self.expected)]
        assert unexpected == []


@pytest.fixture
def visit(browser, server, serve):
    """Open the editor: `visit(locale="zh-CN")`. Every page is checked at the end: no foreign address, no complaint.

    `first`: for the first time, with the hint; else the hint was seen before. Pages are closed before `serve` stops
    its servers, of which none may miss one.
    """
    contexts, watches = [], []

    def go(at=None, path="/", context=None, first=False, **more):
        at = at or server
        if context is None:
            more = {"viewport": {"width": 1200, "height": 760}, "accept_downloads": True, "locale": "en", **more}
            context = browser.new_context(**more)
            context.set_default_timeout(SECONDS * 1000)
            if not first:
                context.add_init_script(SEEN)
            contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page, at.origin))
        return Hands(page, watches[-1], at.origin + path).begin()

    yield go
    for context in contexts:
        context.close()
    for watch in watches:
        watch.check()


@pytest.fixture
def editor(visit):
    """The editor, just opened."""
    return visit()
