"""Everything by keys alone, and no key where it does not belong."""

import pytest

from .photos import blocks, differing, grown, jpeg, mask_of, png, redness, samples_of

FOCUS = "() => document.activeElement.id"


def tab_to(editor, wanted):
    """Press Tab until an element has the focus; the number of presses."""
    for presses in range(1, 60):
        editor.key("Tab")
        if editor.page.evaluate(FOCUS) == wanted:
            return presses
    raise AssertionError(f"Tab does not reach {wanted}")


def opened_by_key(editor, data, name):
    editor.page.on("filechooser", lambda chooser: None)  # from here on choosers come to us; takes a moment
    editor.page.wait_for_selector(".sample")
    with editor.page.expect_file_chooser() as chooser:
        editor.key("Control+o")
    chooser.value.set_files({"name": name, "mimeType": "image/jpeg", "buffer": data})
    editor.wait_photo()


def test_a_thing_is_taken_out_and_saved_by_keys_alone(editor):
    opened_by_key(editor, jpeg(), "holiday.jpg")
    editor.page.get_by_role("switch").first.focus()
    editor.key("Space")  # off: nothing is filled before Enter
    tab_to(editor, "pane")
    editor.key(*"]" * 8)  # a wider brush
    editor.key("ArrowLeft")  # shows the reticle, in the photo's middle
    editor.wait_status("^152, 100")
    editor.key("Shift+ArrowLeft", "Space", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowUp", "Space")
    editor.wait_status("^Brush")
    mask = mask_of(editor.mask())
    assert mask[100, 142:163].all()
    editor.key("Enter")
    editor.filled()
    name, saved = editor.save()
    before, after = samples_of(jpeg()), samples_of(saved)
    assert name == "holiday-retouched.jpg"
    assert not differing(before, after)[~blocks(grown(mask))].any()
    assert redness(after) < 60


def test_escape_then_tab_leaves_the_photo(editor):
    editor.open(png(), "holiday.png")
    tab_to(editor, "pane")
    editor.page.keyboard.down("Tab")  # held on the photo it shows the original
    assert editor.page.locator("#stage").get_attribute("data-compare") == "original"
    editor.page.keyboard.up("Tab")
    assert editor.page.locator("#stage").get_attribute("data-compare") == "off"
    assert editor.page.evaluate(FOCUS) == "pane"
    editor.key("Escape", "Tab")
    assert editor.page.evaluate(FOCUS) != "pane"
    editor.key("Shift+Tab")
    assert editor.page.evaluate(FOCUS) == "pane"


@pytest.mark.parametrize("key", ["Tab", "\\"])
def test_a_held_key_shows_the_original_and_letting_go_the_result(editor, key):
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.filled()
    editor.page.mouse.move(5, 5)
    left, right = editor.place(140, 90), editor.place(160, 110)
    filled = editor.picture(left, right).astype(int)
    editor.page.keyboard.down(key)
    original = editor.picture(left, right).astype(int)
    editor.page.keyboard.up(key)
    again = editor.picture(left, right).astype(int)
    assert (filled[..., 0] - filled[..., 1]).mean() < 60
    assert (original[..., 0] - original[..., 1]).mean() > 180
    assert (again == filled).all()


def test_escape_takes_back_stroke_then_comparing_then_mask_then_zoom(editor):
    editor.open(png(), "holiday.png")
    editor.auto(False)
    editor.stroke((60, 60), (90, 60))
    fitted = editor.zoom
    editor.key("c", "+")
    zoomed = editor.zoom
    editor.page.mouse.move(*editor.place(90, 130))
    editor.page.mouse.down()
    editor.page.mouse.move(*editor.place(110, 130))
    editor.key("Escape")  # the stroke that is being made
    editor.page.mouse.up()
    assert editor.steps == (["Opened", "Brush"], 1)
    editor.key("Escape")
    assert editor.page.locator("#stage").get_attribute("data-compare") == "off"
    editor.key("Escape")
    editor.wait_status("Mask cleared")
    assert editor.zoom == zoomed
    editor.key("Escape")
    assert editor.zoom == fitted


def test_no_key_works_while_a_number_is_typed_or_a_dialog_is_open(editor):
    editor.open(png(), "holiday.png")
    field = editor.field("Size")
    field.click()
    editor.key("e", "2", "x", "Control+i")
    assert editor.page.locator("[data-tool=brush]").get_attribute("aria-pressed") == "true"
    editor.page.locator("#pane").focus()
    editor.key("?")
    editor.page.wait_for_selector("dialog[open]")
    editor.key("e", "2", "Control+i")
    editor.key("Escape")
    assert editor.page.locator("dialog[open]").count() == 0
    assert editor.page.locator("[data-tool=brush]").get_attribute("aria-pressed") == "true"
    assert editor.page.locator("[data-mode=remove]").get_attribute("aria-pressed") == "true"
    assert editor.steps == (["Opened"], 0)


def test_the_sheet_of_keys_lists_every_tool_with_its_key(editor):
    editor.open(png(), "holiday.png")
    editor.key("?")
    sheet = editor.page.locator("dialog[open]").inner_text()
    for name, key in (("Brush", "B"), ("Eraser", "E"), ("Lasso", "L"), ("Rectangle", "M"), ("Undo", "Ctrl+Z")):
        assert name in sheet
        assert key in sheet.split(name, 1)[1][:40]


def test_brackets_change_the_brush_and_letters_the_tool(editor):
    editor.open(png(), "holiday.png")
    size = editor.field("Size")
    first = int(size.input_value())
    editor.page.locator("#pane").focus()
    editor.key("]")
    larger = int(size.input_value())
    editor.key("[", "[")
    assert int(size.input_value()) < first < larger
    for key, tool in (("e", "eraser"), ("m", "rectangle"), ("l", "lasso"), ("w", "select"), ("b", "brush")):
        editor.key(key)
        assert editor.page.locator(f"[data-tool={tool}]").get_attribute("aria-pressed") == "true"
