"""Themes, languages and directions: everything has a name, fits, and can be read."""

import pytest

from .photos import png

WIDTHS = {"wide": (1200, 760), "narrow": (800, 600), "phone": (360, 640)}
LANGUAGES = {"English": {}, "Chinese": {"locale": "zh-CN"}, "right to left": {"path": "/?lang=qps"}}
PAIRS = [
    ("--ink", "--paper", 4.5),
    ("--ink", "--raised", 4.5),
    ("--ink", "--tint", 4.5),
    ("--ink", "--warn", 4.5),
    ("--soft", "--paper", 4.5),
    ("--soft", "--raised", 4.5),
    ("--danger", "--raised", 4.5),
    ("--accent", "--raised", 4.5),
    ("--accent", "--tint", 4.5),
    ("--accent-ink", "--accent", 4.5),
    ("--edge", "--paper", 3),
    ("--edge", "--raised", 3),
]
COLORS = """(names) => Object.fromEntries(names.map((name) => {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  probe.remove();
  return [name, color];
}))"""
OVERFLOWING = """() => [...document.querySelectorAll(
    '.bar, .status, .panel, .tools, .result, .zoom, .button, .segment, .row, dialog')]
  .filter((each) => each.checkVisibility() && !each.closest('.unseen') && getComputedStyle(each).overflowX !== 'hidden')
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth)
  .map((each) => `${each.className} ${each.textContent.slice(0, 40)} ${each.scrollWidth} > ${each.clientWidth}`)"""
NAMED = {"button", "link", "textbox", "spinbutton", "slider", "checkbox", "switch", "radio", "combobox", "ColorWell"}


def luminance(color):
    parts = [value / 255 for value in color]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_a_contrast_of_four_and_a_half_and_borders_of_three(visit, theme):
    colors = visit(color_scheme=theme).page.evaluate(COLORS, sorted({name for pair in PAIRS for name in pair[:2]}))
    poor = {
        (one, other): contrast(colors[one], colors[other])
        for one, other, least in PAIRS
        if contrast(colors[one], colors[other]) < least
    }
    assert poor == {}


def test_the_dark_theme_is_dark_and_the_choice_wins_over_the_system(visit):
    editor = visit(color_scheme="dark")
    editor.open(png(), "holiday.png")
    assert editor.picture()[:40].mean() < 80
    editor.page.locator("#top-buttons button[title=Settings]").click()
    editor.page.get_by_role("radio", name="Light").check(force=True)
    editor.key("Escape")
    assert editor.picture()[:40].mean() > 180


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_runs_over_its_place_and_every_control_has_a_name(visit, language):
    editor = visit(**LANGUAGES[language])
    editor.page.wait_for_selector(".sample")
    places = {"start": unnamed(editor)}
    editor.open(png(), "holiday.png")
    editor.over_the_thing()
    editor.wait("() => document.querySelector('#outside').textContent !== ''")
    assert editor.picture().std() > 20
    places["editor"] = unnamed(editor)
    for name, (width, height) in WIDTHS.items():
        editor.page.set_viewport_size({"width": width, "height": height})
        editor.page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
        places[name] = editor.page.evaluate(OVERFLOWING)
    editor.page.locator("#do-help").click()
    places["help"] = [*unnamed(editor), *editor.page.evaluate(OVERFLOWING)]
    editor.key("Escape")
    editor.key("Control+s")
    editor.page.wait_for_selector("dialog.save .bytes")
    places["save"] = [*unnamed(editor), *editor.page.evaluate(OVERFLOWING)]
    assert {place: found for place, found in places.items() if found} == {}


def unnamed(editor):
    """Controls that a screen reader has no name for."""
    session = editor.page.context.new_cdp_session(editor.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        f"unnamed {node['role']['value']}"
        for node in nodes
        if not node.get("ignored")
        and node.get("role", {}).get("value") in NAMED
        and not node.get("name", {}).get("value", "").strip()
    ]


def test_chinese_is_shown_where_the_browser_asks_for_it(visit):
    editor = visit(locale="zh-CN")
    assert editor.page.evaluate("() => document.documentElement.lang") == "zh-CN"
    editor.open(png(), "holiday.png")
    text = editor.page.inner_text("body")
    assert sum("\u4e00" <= each <= "\u9fff" for each in text) > 60


def test_right_to_left_turns_the_frame_around_and_not_the_photo(visit):
    editor = visit(path="/?lang=qps")
    editor.open(png(), "holiday.png")
    tools, panel = (editor.page.locator(name).bounding_box() for name in ("#tools", "#panel"))
    assert panel["x"] < tools["x"]
    editor.over_the_thing()
    editor.wait("() => document.querySelector('#outside').textContent !== ''")
    left, right = editor.place(100, 90), editor.place(101, 91)
    assert left[0] < right[0]
