"""The server is killed in the middle: nothing that was marked is lost, and the work is done in the end."""

from functools import cache

import pytest

import retoucher

from .photos import mask_of, samples_of
from .test_waiting import LARGE, begin, large, with_large_hole

GONE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "404",
    "403",
    "401",
)


@cache
def filled_elsewhere(mask):
    """What the library makes of the large photo with a mask file."""
    return samples_of(retoucher.inpaint(large(), mask, model="exemplar").image.encode().data)


@pytest.mark.parametrize("more", [(), ("--no-keep",)], ids=["keep", "no keep"])
def test_a_killed_server_is_waited_for_and_the_work_goes_on(visit, serve, more):
    server = serve(*more)
    editor = visit(server)
    editor.expect(*GONE)
    with_large_hole(editor)
    mask = editor.mask()
    begin(editor)
    server.kill()
    editor.page.locator("#banner.away").wait_for(state="visible")
    assert "kept" in editor.page.inner_text("#banner")
    server.start()
    editor.page.locator("#banner.away").wait_for(state="hidden")
    editor.filled()
    assert editor.steps == (["Opened", "Rectangle", "Removed"], 2)
    assert (samples_of(editor.save()[1]) == filled_elsewhere(mask)).all()


def test_a_reload_after_a_kill_brings_the_mask_back(visit, serve):
    server = serve()
    editor = visit(server)
    editor.expect(*GONE)
    with_large_hole(editor)
    mask = editor.mask()
    begin(editor)
    server.kill()
    editor.page.locator("#banner.away").wait_for(state="visible")
    server.start()
    editor.reload()
    editor.wait_photo(LARGE)
    editor.wait("() => document.querySelectorAll('.history li').length === 2")
    assert (mask_of(editor.mask()) == mask_of(mask)).all()
    editor.choose("exemplar")
    editor.page.locator("#run").click()
    editor.filled()
    assert (samples_of(editor.save()[1]) == filled_elsewhere(mask)).all()
