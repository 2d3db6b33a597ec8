import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from retoucher.catalogue import load
from retoucher.cli import main
from retoucher.edit import schema
from retoucher.edits import parse
from retoucher.edits.select import Select, select
from retoucher.edits.selecting.doubts import MUCH, NO_EDGE, NOTHING, TINY
from retoucher.edits.selecting.edges import without_specks
from retoucher.errors import UsageError
from retoucher.fit import Fit
from retoucher.formats.orientation import stored
from retoucher.image import Image
from retoucher.mask import Mask

SIZE = (360, 480)
RED, GREEN, YELLOW = (190, 60, 45), (80, 120, 80), (220, 200, 70)


def disc(x, y, radius, size=SIZE):
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.hypot(columns - x, rows - y) <= radius


def samples(*things, size=SIZE, noise=8, seed=0):
    """Things (mask, colour) on a green ground with noise: (h, w, 3) uint8."""
    rgb = np.full((*size, 3), GREEN, float)
    for mask, colour in things:
        rgb[mask] = colour
    rgb += np.random.default_rng(seed).normal(0, noise, rgb.shape)
    return rgb.round().clip(0, 255).astype(np.uint8)


BALL = disc(260, 170, 60)
PHOTO = Image.from_array(samples((BALL, RED)))


def found(image=PHOTO, mask=None, **options):
    return Select(**options).run(image, mask, load=load)


def likeness(result, thing):
    array = result.mask.array
    return (array & thing).sum() / (array | thing).sum()


@pytest.mark.parametrize("radius", [8, 20, 60, 110])
def test_one_click_finds_a_thing_of_any_size_to_its_edge(radius):
    thing = disc(250, 180, radius)
    result = found(Image.from_array(samples((thing, RED))), points=[(252, 178)])
    assert likeness(result, thing) >= 0.95
    assert result.report.notes == ()
    assert (result.report.method, result.images, result.changed.area) == ("grabcut", (), 0)


@pytest.mark.parametrize("radius", [60, 500])
def test_in_a_large_photo_the_edge_is_exact_to_a_pixel_or_two(radius):
    size = (1800, 2400)
    thing = disc(1300, 900, radius, size)
    result = found(Image.from_array(samples((thing, RED), size=size)), points=[(1300, 905)])
    assert likeness(result, thing) >= 0.97
    wrong = result.mask.array ^ thing
    rows, columns = np.nonzero(wrong)
    away = np.abs(np.hypot(columns - 1300, rows - 900) - radius)
    assert np.percentile(away, 95) <= 4


def test_a_box_and_a_scribble_find_it_too():
    assert likeness(found(boxes=[(195, 105, 130, 130)]), BALL) >= 0.95
    assert likeness(found(boxes=[(195, 105, 130, 130)], points=[(260, 170)]), BALL) >= 0.95
    assert likeness(found(strokes=[[(230, 150), (260, 180), (290, 190)]]), BALL) >= 0.95


def test_clicks_add_up_and_excluding_takes_away():
    left, right = disc(170, 180, 55), disc(300, 180, 60)
    image = Image.from_array(samples((left, RED), (right, YELLOW)))
    assert likeness(found(image, points=[(170, 180), (300, 180)]), left | right) >= 0.95
    assert likeness(found(image, boxes=[(110, 115, 255, 130)], exclude=[(300, 180)]), left) >= 0.9
    without = found(image, boxes=[(110, 115, 255, 130)], exclude_strokes=[[(290, 160), (310, 200)]])
    assert not without.mask.array[180, 300]


def test_two_touching_things_of_like_colour_are_parted_by_excluding_one():
    left, right = disc(170, 180, 55), disc(270, 180, 60)
    image = Image.from_array(samples((left, RED), (right & ~left, (205, 95, 60))))
    result = found(image, points=[(160, 180)], exclude=[(290, 180)])
    assert result.mask.array[180, 160]
    assert not result.mask.array[180, 290]
    assert likeness(result, left) >= 0.9


def test_only_what_was_clicked_is_found_and_its_holes_are_filled():
    ring = disc(150, 180, 60) & ~disc(150, 180, 12)
    image = Image.from_array(samples((ring, RED), (disc(380, 180, 50), RED)))
    result = found(image, points=[(115, 180)])
    assert likeness(result, disc(150, 180, 60)) >= 0.95
    assert not result.mask.array[:, 320:].any()


def test_the_same_clicks_give_the_same_bytes():
    noisy = Image.from_array(samples((BALL, (110, 110, 70)), noise=30))
    first = found(noisy, points=[(260, 170)])
    assert found(noisy, points=[(260, 170)]).mask.encode() == first.mask.encode()


@pytest.mark.parametrize("kind", ["grey", "RGBA", "16 bits", "16 bits grey with alpha"])
def test_every_kind_of_photo_gives_the_same_mask(kind):
    rgb = PHOTO.samples
    opaque = np.full((*SIZE, 1), 255, np.uint8)
    array = {
        "grey": rgb.mean(-1).astype(np.uint8),
        "RGBA": np.dstack([rgb, opaque]),
        "16 bits": rgb.astype(np.uint16) * 257,
        "16 bits grey with alpha": np.dstack([rgb.min(-1), opaque]).astype(np.uint16) * 257,
    }[kind]
    assert likeness(found(Image.from_array(array), points=[(260, 170)]), BALL) >= 0.95


def test_a_thing_that_only_its_transparency_shows_is_found():
    array = np.dstack([np.full((*SIZE, 3), 250, np.uint8), BALL.astype(np.uint8) * 255])
    assert likeness(found(Image.from_array(array), points=[(260, 170)]), BALL) >= 0.95


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_clicked_as_it_is_seen(orientation):
    file = stored(PHOTO.samples, orientation)
    from retoucher.formats.orientation import upright

    turned = replace(PHOTO, samples=upright(np.ascontiguousarray(file), orientation), orientation=orientation)
    assert np.array_equal(found(turned, points=[(260, 170)]).mask.array, found(points=[(260, 170)]).mask.array)


@pytest.mark.parametrize("factor", [2, 3])
def test_a_larger_copy_of_the_photo_gives_a_larger_copy_of_the_mask(factor):
    large = Image.from_array(PHOTO.samples.repeat(factor, 0).repeat(factor, 1))
    result = found(large, points=[(260 * factor, 170 * factor)])
    assert likeness(result, BALL.repeat(factor, 0).repeat(factor, 1)) >= 0.95


def test_a_first_idea_is_improved():
    rough = Mask(np.roll(disc(260, 170, 52), 5, 1))
    result = found(mask=rough)
    assert likeness(result, BALL) >= 0.95
    assert likeness(found(mask=Mask.none(SIZE), points=[(260, 170)]), BALL) >= 0.95


def test_grow_and_smooth_change_the_finished_mask():
    plain = found(points=[(260, 170)]).mask
    assert np.array_equal(found(points=[(260, 170)], grow=5).mask.array, plain.grow(5).array)
    assert np.array_equal(found(points=[(260, 170)], grow=-5).mask.array, plain.shrink(5).array)
    star = disc(260, 170, 60)
    star[168:172, 150:380] = True
    spiky = Image.from_array(samples((star, RED), noise=2))
    assert likeness(found(spiky, points=[(260, 170)], smooth=8), disc(260, 170, 60)) >= 0.95


def test_a_box_around_the_whole_photo_is_no_error():
    result = found(boxes=[(0, 0, 480, 360)])
    assert result.mask.size == SIZE
    assert result.mask.array[170, 260]


def test_a_box_that_goes_beyond_the_photo_is_cut_there():
    thing = disc(20, 180, 60)
    image = Image.from_array(samples((thing, RED)))
    assert likeness(found(image, boxes=[(-50, 115, 135, 130)]), thing) >= 0.95


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "Say what to select: a point on the thing"),
        ({"exclude": [(3, 3)]}, "Say what to select: a point on the thing"),
        ({"points": [(480, 20)]}, "The point 480,20 lies outside of the photo of 480×360: give X,Y"),
        ({"points": [(5, 5)], "exclude": [(5, -1)]}, "The point 5,-1 lies outside"),
        ({"strokes": [[(5, 5), (5, 400.5)]]}, "The point 5,400.5 lies outside"),
        ({"boxes": [(480, 0, 5, 5)]}, "The box 480,0,5,5 covers no pixel of this photo of 480×360"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        found(**options)


def test_a_first_idea_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(UsageError, match="The mask is 4×3 pixels but the photo is 480×360"):
        found(mask=Mask.none((3, 4)), points=[(5, 5)])


def test_options_come_from_json_and_wrong_ones_are_named():
    text = '{"points": [[260, 170]], "exclude": [[5, 5.5]], "boxes": [[1, 2, 30, 40]], "strokes": [[[1, 2], [3, 4]]]}'
    edit = parse("select", json.loads(text))
    assert edit == Select(points=[(260, 170)], exclude=[(5, 5.5)], boxes=[(1, 2, 30, 40)], strokes=[[(1, 2), (3, 4)]])
    with pytest.raises(UsageError, match=r"select has no option 'point' \(did you mean 'points'\?\)"):
        parse("select", {"point": [[1, 2]]})
    with pytest.raises(UsageError, match="The option 'points' should be a valid number, not 'x'"):
        parse("select", {"points": [["x", 2]]})
    with pytest.raises(UsageError, match="The option 'points' should be a finite number"):
        parse("select", {"points": [[float("nan"), 2]]})
    assert [each["required"] for each in schema(Select)["inputs"]] == [True, False]


def test_where_nothing_stands_out_a_note_says_so_with_a_remedy():
    even = Image.from_array(np.full((*SIZE, 3), 128, np.uint8))
    result = found(even, points=[(100, 100)])
    assert result.mask.array[100, 100]
    assert result.report.notes == (NO_EDGE,)
    dot = Dot(0.0)
    assert Select(points=[(100, 100)]).run(even, load=lambda name: dot).report.notes == (TINY,)
    everything = found(even, mask=Mask(np.ones(SIZE, bool)))
    assert everything.report.notes == (MUCH,)


class Told:
    """A segmentation network that answers what it was made with, and remembers what it was asked."""

    fit = Fit(best=64, context=0.5)
    weights_name = "told-small"

    def __init__(self, belief):
        self.belief, self.asked = belief, []

    def __call__(self, image, points, belongs, boxes, guess=None):
        self.asked.append((image, points, belongs, boxes, guess))
        return torch.full((1, 1, *image.shape[-2:]), self.belief)


class Dot(Told):
    """One that finds nine pixels in the middle."""

    def __call__(self, image, points, belongs, boxes, guess=None):
        answer = super().__call__(image, points, belongs, boxes, guess)
        y, x = (side // 2 for side in image.shape[-2:])
        answer[..., y - 1 : y + 2, x - 1 : x + 2] = 1
        return answer


def test_a_segmentation_network_is_asked_in_the_pixels_of_a_small_crop():
    told = Told(0.0)
    edit = Select(points=[(260, 170)], exclude=[(200.5, 110.5), (5, 5)], boxes=[(180, 90, 160, 160)])
    result = edit.run(PHOTO, load=lambda name: told)
    (image, points, belongs, boxes, guess), *more = told.asked
    assert more == []
    assert image.shape == (1, 3, 64, 64)  # 160 pixels and half of that on both sides, seen at 64
    assert belongs.tolist() == [True, False]  # what lies outside of the crop is left out
    scale = 64 / 320
    assert np.allclose(points, [(160 * scale, 160 * scale), (100.5 * scale, 100.5 * scale)], atol=0.3)
    assert np.allclose(boxes, [(80 * scale, 80 * scale, 160 * scale, 160 * scale)], atol=0.3)
    assert guess is None
    assert result.mask.empty
    assert result.report.notes == (NOTHING,)
    assert (result.report.method, result.report.weights) == ("told", "told-small")


def test_an_answer_that_follows_no_edge_is_doubted():
    class Half(Told):
        def __call__(self, image, points, belongs, boxes, guess=None):
            return (torch.arange(image.shape[-1]) < image.shape[-1] / 2).float().expand(1, 1, *image.shape[-2:])

    even = Image.from_array(samples(noise=1))
    result = Select(boxes=[(100, 100, 200, 100)]).run(even, load=lambda name: Half(0))
    assert result.report.notes == (NO_EDGE,)


def test_progress_is_told_and_it_can_be_stopped():
    from retoucher.jobs import Cancelled

    told = []
    Select(points=[(260, 170)]).run(
        PHOTO, load=load, tell=lambda fraction, message, preview=None: told.append(fraction)
    )
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)

    def stop(fraction, message, preview=None):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Select(points=[(260, 170)]).run(PHOTO, load=load, tell=stop)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PHOTO.save("photo.png")
    return tmp_path


def test_command_line_and_python_make_the_same_mask(here, capsys):
    words = ["--point", "260,170", "--exclude", "5,5", "--box", "190,100,140,140", "--grow", "2"]
    assert main(["select", "photo.png", *words, "--output", "new/mask.png"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("new/mask.png: 6.9 % of the photo, by grabcut in ")
    result = select("photo.png", points=[(260, 170)], exclude=[(5, 5)], boxes=[(190, 100, 140, 140)], grow=2)
    assert (here / "new/mask.png").read_bytes() == result.mask.encode()
    assert np.array_equal(Mask.open("new/mask.png").array, result.mask.array)
    words = ["--scribble", "240,170 280,170", "--exclude-scribble", "5,5 60,5", "--mask", "new/mask.png"]
    assert main(["select", "photo.png", *words, "--output", "new/", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert likeness(replace(result, masks=(Mask.open("new/photo.png"),)), BALL) >= 0.95


def test_standard_input_to_standard_output(here, capsys, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((here / "photo.png").read_bytes())))
    monkeypatch.setattr("sys.stdout", out)
    assert main(["select", "-", "--point", "260,170", "--output", "-"]) == 0
    assert np.array_equal(Mask.open(out.buffer.getvalue()).array, found(points=[(260, 170)]).mask.array)
    assert capsys.readouterr().err.startswith("standard output: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["photo.png", "--point", "1,2,3", "-o", "m.png"], "'1,2,3' is not a point: give X,Y in pixels"),
        (["photo.png", "--box", "1,2", "-o", "m.png"], "'1,2' is not a box: give X,Y,WIDTH,HEIGHT"),
        (["photo.png", "--scribble", " ", "-o", "m.png"], "A scribble has no points"),
        (["photo.png", "--point", "1,2", "-o", "m.jpg"], "A mask is written as PNG, which keeps it exactly"),
        (["photo.png", "--point", "1,2", "-o", "photo.png"], "is the photo itself, which is never changed"),
        (["photo.png", "--point", "1,2", "-o", "there.png"], "already exists: choose another output"),
        (["photo.png", "--point", "900,2", "-o", "m.png"], "The point 900,2 lies outside of the photo"),
        (["photo.png", "-o", "m.png"], "Say what to select"),
        (["--point", "1,2", "-o", "m.png"], "Name a photo"),
        (["none.png", "--point", "1,2", "-o", "m.png"], "There is no file at none.png"),
        (["photo.png", "--point", "1,2", "--model", "sam", "-o", "m.png"], "The option 'model' should be"),
    ],
)
def test_wrong_use_ends_in_one_sentence_and_code_2(here, capsys, words, sentence):
    (here / "there.png").write_bytes(b"mine")
    assert main(["select", *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (here / "m.png").exists()
    assert (here / "there.png").read_bytes() == b"mine"


def test_specks_along_an_edge_go_and_things_stay():
    mask = disc(60, 60, 40, (120, 120))
    specked = mask.copy()
    specked[50:55, 50:60], specked[10:14, 100:104] = False, True
    assert np.array_equal(without_specks(specked), mask)
