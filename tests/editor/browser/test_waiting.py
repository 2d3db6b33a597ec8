"""While something is being done: painting on, taking it back, two tabs, and a server that stops."""

import pytest
from PIL import Image as Pillow

from .photos import differing, encoded, grown, mask_of, png, redness, samples_of, scene

LARGE = (640, 480)
"""Width and height of a photo with a hole that takes seconds to fill."""


def large():
    return encoded(Pillow.fromarray(scene(*LARGE)), "PNG")


def with_large_hole(editor):
    """A large photo with a large hole marked, not yet filled."""
    editor.open(large(), "large.png", LARGE)
    editor.auto(False)
    editor.choose("exemplar")  # takes longest, and can be stopped anywhere
    editor.take("rectangle")
    editor.stroke((160.5, 120.5), (459.5, 339.5))


def begin(editor):
    """Enter, and the id of the job once it runs."""
    with editor.page.expect_response("**/api/edits/inpaint") as answer:
        editor.key("Enter")
    editor.wait("() => document.querySelector('.queue progress[value]')")
    return answer.value.json()["id"]


def job(editor, name):
    return editor.page.request.get(f"{editor.address}api/jobs/{name}").json()


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_cancelling_leaves_the_picture_as_it_was_and_the_mask_marked(editor, how):
    with_large_hole(editor)
    before, mask = editor.seen(), editor.mask()
    name = begin(editor)
    assert editor.seen() != before  # the rough filling
    assert job(editor, name)["status"] == "running"
    if how == "button":
        editor.page.locator(".queue button").click()
    else:
        editor.key("Escape")
    editor.wait_status("^Cancelled")
    assert editor.page.locator(".queue li").count() == 0
    editor.wait_seen(before)
    assert editor.mask() == mask
    editor.page.wait_for_function(
        "async (name) => (await (await fetch(`/api/jobs/${name}`)).json()).status === 'cancelled'", arg=name
    )
    assert job(editor, name)["result"] is None


def test_strokes_made_while_another_is_filled_are_done_in_their_order(editor):
    editor.open(png(), "holiday.png")
    editor.brush(24)
    for y in (30, 100, 170):
        editor.stroke((100, y), (160, y))
    editor.wait("() => document.querySelectorAll('.history li').length === 7")
    editor.filled()
    assert editor.steps[0].count("Removed") == 3
    changed = differing(samples_of(png()), samples_of(editor.save()[1]))
    rows = changed[:, 110:150].any(axis=1)
    assert all(rows[y] for y in (30, 100, 170))
    assert not changed[55:75].any()


def test_two_tabs_each_get_their_own_result(visit):
    one, other = visit(), visit()
    beside = png(320, 240)
    one.open(png(), "one.png")
    other.open(beside, "other.png", (320, 240))
    one.over_the_thing()
    other.over_the_thing()
    one.filled()
    other.filled()
    for tab, before, name in ((one, png(), "one"), (other, beside, "other")):
        mask = mask_of(tab.mask())
        saved_as, saved = tab.save()
        after = samples_of(saved)
        assert saved_as == f"{name}-retouched.png"
        assert after.shape == samples_of(before).shape
        assert not differing(samples_of(before), after)[~grown(mask)].any()
        assert redness(after) < 60
        assert tab.steps == (["Opened", "Brush", "Removed"], 2)


def test_two_tabs_of_one_browser_do_not_share_a_session(visit):
    one = visit()
    other = visit(context=one.page.context)
    one.open(png(), "one.png")
    other.open(png(320, 240), "other.png", (320, 240))
    one.page.bring_to_front()
    one.over_the_thing()
    one.filled()
    for tab, size in ((one, "304 × 200"), (other, "320 × 240")):
        tab.page.bring_to_front()
        tab.reload()
        tab.wait("(size) => document.querySelector('#size').textContent === size", size)
    one.wait("() => document.querySelectorAll('.history li').length === 3")  # the photo is back before its history
    assert one.steps[0] == ["Opened", "Brush", "Removed"]
    assert other.steps[0] == ["Opened"]
