"""What other pages may not do, and what this one never does."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .photos import png

ATTEMPT = """async ([origin, photo]) => {
  const bytes = Uint8Array.from(atob(photo), (each) => each.charCodeAt(0));
  const form = () => { const made = new FormData(); made.append('file', new Blob([bytes]), 'p'); return made; };
  const token = { 'X-Retoucher-Token': 'x' };
  const tries = [
    fetch(`${origin}/api/about`),
    fetch(`${origin}/api/photos`, { method: 'POST', body: form() }),
    fetch(`${origin}/api/photos`, { method: 'POST', body: form(), headers: token }),
    fetch(`${origin}/api/photos`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'text/plain' } }),
    fetch(`${origin}/`),
  ];
  const seen = await Promise.all(tries.map((each) => each.then(() => 'read', () => 'refused')));
  const silent = fetch(`${origin}/api/photos`, { method: 'POST', body: form(), mode: 'no-cors' });
  return [...seen, await silent.then(() => 'sent', () => 'refused')];
}"""


class Stranger(BaseHTTPRequestHandler):
    def log_message(self, *anything):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")


@pytest.fixture
def elsewhere():
    """A page of somebody else's on this computer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def kept(server):
    """The photos that a server has on disk."""
    return sorted(server.home.glob("**/photos/*"))


def test_a_page_from_elsewhere_can_neither_read_nor_change_anything(browser, server, elsewhere):
    context = browser.new_context()
    page = context.new_page()
    page.goto(elsewhere)
    photos = kept(server)
    assert page.evaluate(ATTEMPT, [server.origin, base64.b64encode(png()).decode()]) == ["refused"] * 6
    assert kept(server) == photos
    page.evaluate(
        "(origin) => new Promise((done) => { const frame = document.createElement('iframe'); frame.src = origin;"
        " frame.onload = done; document.body.append(frame); })",
        server.origin,
    )
    assert page.frames[-1].url.startswith("chrome-error:")
    context.close()


def test_the_token_is_not_in_the_address(editor):
    assert editor.page.evaluate("() => location.href") == editor.address


def test_the_chip_says_where_the_work_is_done(editor):
    editor.open(png(), "holiday.png")
    chip = editor.page.locator("#chip")
    assert chip.inner_text().startswith("Local · CPU · ")
    chip.click()
    assert "threads" in editor.page.locator("dialog[open]").inner_text()


def test_the_start_says_that_nothing_leaves_the_computer_and_shows_samples_with_their_licence(editor):
    samples = editor.page.locator(".sample")
    samples.first.wait_for()
    assert samples.count() == 3
    for text in samples.all_inner_texts():
        assert "CC" in text or "Public domain" in text or "public domain" in text
    assert "uploaded" in editor.page.locator(".drop-promise").inner_text()


def test_a_sample_opens_with_one_click(editor):
    editor.page.locator(".sample button").first.click()
    editor.page.wait_for_selector("body:not(.empty)")
    editor.wait_status("Brush over what should go")


def test_the_hint_shows_once_leaves_the_middle_free_and_closes_with_escape(visit):
    editor = visit(first=True)
    editor.open(png(), "holiday.png")
    hint = editor.page.locator("#hint")
    hint.wait_for()
    box, stage = hint.bounding_box(), editor.page.locator("#stage").bounding_box()
    middle = stage["y"] + stage["height"] / 2
    assert not box["y"] <= middle <= box["y"] + box["height"]
    editor.key("Escape")
    assert hint.is_hidden()
    editor.reload()
    editor.open(png(), "holiday.png")
    assert hint.is_hidden()
    editor.key("?")
    editor.page.locator("dialog[open] footer button").click()
    assert hint.is_visible()
