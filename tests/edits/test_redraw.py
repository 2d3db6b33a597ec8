import numpy as np
import pytest
import torch

import retoucher
from fakes import Nosy
from portraits import BOX, MOUTH, SCFEGAN, layer, portrait
from retoucher.edit import WrongInput
from retoucher.edits.redraw import Redraw
from retoucher.errors import RetoucherError, UsageError
from retoucher.image import Image
from retoucher.jobs import Cancelled
from retoucher.mask import Mask
from retoucher.models.scfegan.network import small

FACE = ",".join(map(str, BOX))
LINE = np.zeros((240, 220), bool)
LINE[160, 92:128] = True


def redrawn(image=None, mask=MOUTH, sketch=None, color=None, model=None, **options):
    model = model or SCFEGAN()
    return Redraw(**options).run(image or portrait(), mask, sketch, color, load=lambda name: model)


def test_only_masked_pixels_change_and_all_of_them_may():
    image = portrait(noise=3)
    result = redrawn(image)
    kept = ~result.changed.array
    assert np.array_equal(result.changed.array, MOUTH.array)
    assert np.array_equal(result.image.samples[kept], image.samples[kept])
    assert (result.image.samples != image.samples).any(2)[MOUTH.array].mean() > 0.5
    assert result.image.mark == "compositeWithTrainedAlgorithmicMedia"
    assert (result.report.method, result.report.weights, result.report.frames) == ("scfegan", "", 1)


def test_the_face_is_found_and_the_same_box_gives_the_same_bytes():
    found = redrawn()
    (box,) = found.report.faces
    assert np.abs(np.subtract(box, BOX)).max() < 12
    given = redrawn(face=",".join(map(str, box)))
    assert np.array_equal(found.image.samples, given.image.samples)
    assert given.report.faces == (box,)


def test_lines_and_colors_reach_the_network_and_the_result():
    model = SCFEGAN(128)
    red = np.zeros((240, 220), bool)
    red[150:170, 100:120] = True
    result = redrawn(sketch=layer(LINE), color=layer(red, (220, 30, 30)), model=model, grain=False)
    (asked,) = model.asked
    assert asked["sketch"].sum() > 10
    assert set(asked["sketch"].unique().tolist()) == {0, 1}
    assert asked["painted"].mean() > 0.001
    assert np.abs(result.image.samples[158:163, 104:116].astype(int) - (220, 30, 30)).max() < 20
    assert not any("filled as the rest" in note for note in result.report.notes)
    plain = redrawn(model=SCFEGAN(128), grain=False)
    assert np.abs(plain.image.samples[160, 100:120].astype(int) - result.image.samples[160, 100:120]).mean() > 20


def test_black_is_a_color_on_a_transparent_layer():
    model = SCFEGAN()
    redrawn(color=layer(MOUTH.array), model=model)
    assert model.asked[0]["painted"].sum() > 20
    with_ground = Image.from_array(np.zeros((240, 220, 3), np.uint8))
    redrawn(color=with_ground, model=model)
    assert model.asked[1]["painted"] is None


def test_lines_and_colors_outside_the_mask_are_said_and_not_seen():
    everything = np.ones((240, 220), bool)
    everything[0, 0] = False  # an opaque layer would be a picture without transparency
    outside = 240 * 220 - 1 - MOUTH.area
    model = SCFEGAN()
    result = redrawn(sketch=layer(everything), color=layer(everything, (9, 200, 9)), model=model)
    assert f"Lines outside the mask were left out: {outside:,} pixels." in result.report.notes
    assert f"Colours outside the mask were left out: {outside:,} pixels." in result.report.notes
    asked = model.asked[0]
    assert not (asked["painted"] * (1 - asked["mask"])).any()


@pytest.mark.parametrize("given", [{}, {"sketch": layer(~np.ones((240, 220), bool))}])
def test_with_nothing_drawn_the_mask_is_filled_and_a_note_says_so(given):
    notes = redrawn(**given).report.notes
    assert notes == ("Nothing is drawn in the mask, so it was filled as the rest of the face suggests.",)


def test_an_empty_mask_returns_the_very_photo():
    image = portrait()
    result = Redraw().run(image, Mask.none(image.size), load=lambda name: pytest.fail("nothing is loaded"))
    assert result.image is image
    assert "mask is empty" in result.report.notes[0]


@pytest.mark.parametrize("name", ["mask", "sketch", "color"])
def test_pictures_of_another_size_are_refused_by_their_name(name):
    pictures = {"mask": MOUTH, name: Mask.none((220, 240)) if name == "mask" else layer(np.ones((220, 240), bool))}
    with pytest.raises(WrongInput, match=rf"The {name} is 240×220 pixels but the photo is 220×240.*turned") as caught:
        redrawn(**pictures)
    assert caught.value.field == name


def test_without_a_face_a_sentence_offers_the_box():
    with pytest.raises(UsageError, match=r"No face was found.*--face X,Y,WIDTH,HEIGHT"):
        redrawn(portrait(faces=()))
    result = redrawn(portrait(faces=()), face=FACE)
    assert result.report.faces == (BOX,)


def test_an_empty_canvas_is_one_face():
    image = portrait(faces=())
    result = redrawn(image, Mask(np.ones(image.size, bool)))
    assert "in the middle" in " ".join(result.report.notes)
    assert result.image.size == image.size


def test_several_faces_each_part_of_the_mask_goes_to_its_own():
    image = portrait((400, 700), ((180, 200, 150, 0), (520, 200, 120, -8)))
    mask = Mask.from_boxes(image.size, [(165, 235, 30, 16), (505, 228, 30, 14)])
    model = SCFEGAN()
    result = redrawn(image, mask, model=model)
    assert len(model.asked) == result.report.frames == len(result.report.faces) == 2
    (note,) = (note for note in result.report.notes if "faces" in note)
    assert note.startswith("2 faces were found; redrawn: ")
    changed = (result.image.samples != image.samples).any(2)
    assert changed[mask.array].mean() > 0.5
    one = redrawn(image, Mask.from_boxes(image.size, [(505, 228, 30, 14)]))
    assert one.report.faces == result.report.faces[1:]


def test_a_tiny_face_is_redrawn_and_said_to_be_tiny():
    image = portrait((120, 120), ((60, 60, 30, 0),))
    result = redrawn(image, Mask.from_boxes(image.size, [(55, 66, 10, 6)]), face="42,42,36,36")
    assert "The face is only 36 pixels wide, and in so few little can be drawn." in result.report.notes


def test_a_small_face_in_a_large_photo_is_found_where_the_mask_is():
    image = portrait((1200, 3000), ((2000, 700, 40, 0),))
    result = redrawn(image, Mask.from_boxes(image.size, [(1990, 708, 20, 8)]))
    assert abs(result.report.faces[0][0] - 1976) < 12


def test_a_mask_far_beyond_the_face_is_done_and_said():
    image = portrait((600, 700), ((120, 130, 100, 0),), noise=4)
    mask = Mask.from_boxes(image.size, [(60, 60, 600, 500)])
    result = redrawn(image, mask)
    assert any("far beyond the face" in note for note in result.report.notes)
    assert (result.image.samples != image.samples).any(2)[mask.array].mean() > 0.5


@pytest.mark.parametrize("face", ["1,2,3", "a,b,c,d", "1.5,2,3,4", "10 20 30 40"])
def test_a_face_that_is_no_box_is_refused(face):
    with pytest.raises(UsageError, match=r"'face' should be X,Y,WIDTH,HEIGHT"):
        Redraw.parse({"face": face})


def test_a_face_off_the_photo_is_refused():
    with pytest.raises(WrongInput, match=r"does not lie on the photo of 220×240 pixels"):
        redrawn(face="900,900,50,50")


def test_other_networks_and_useless_pixels_are_refused():
    with pytest.raises(UsageError, match="for nosy, not for redrawing"):
        Redraw(weights="lama-small").run(portrait(), MOUTH, load=lambda name: Nosy())
    broken = SCFEGAN()
    broken.gain.data.fill_(float("nan"))
    with pytest.raises(RetoucherError, match="no usable pixels"):
        redrawn(model=broken)


def test_the_usual_weights_are_asked_for_by_the_method():
    asked = []
    Redraw().run(portrait(), MOUTH, load=lambda name: asked.append(name) or SCFEGAN())
    Redraw(weights="scfegan-small").run(portrait(), MOUTH, load=lambda name: asked.append(name) or SCFEGAN())
    assert asked == ["scfegan", "scfegan-small"]


def test_grow_widens_what_may_change():
    assert redrawn(grow=3).changed.area > MOUTH.area
    assert redrawn().changed.area == MOUTH.area


def test_the_photos_own_noise_is_added_unless_told_not_to_and_a_seed_gives_it_again():
    image = portrait(noise=6)
    model = SCFEGAN()
    with_grain, again, other, without = (
        redrawn(image, model=model, **each).image.samples[152:168, 92:128].astype(float)
        for each in ({"seed": 3}, {"seed": 3}, {"seed": 4}, {"grain": False})
    )
    assert np.array_equal(with_grain, again)
    assert not np.array_equal(with_grain, other)

    def rough(part):
        return np.abs(part[1:, 1:] - part[1:, :-1] - part[:-1, 1:] + part[:-1, :-1]).mean()

    assert rough(with_grain) > 4 * rough(without) + 3


def test_it_can_be_cancelled():
    def tell(fraction, message, preview=None):
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        Redraw().run(portrait(), MOUTH, load=lambda name: SCFEGAN(), tell=tell)


def test_progress_never_goes_back():
    said = []
    Redraw().run(portrait(), MOUTH, load=lambda name: SCFEGAN(), tell=lambda at, message, shown=None: said.append(at))
    assert said == sorted(said)
    assert said[-1] == 1


@pytest.mark.parametrize("sides", [(240, 220), (97, 133)])
def test_our_own_network_redraws_at_any_size(sides):
    torch.manual_seed(0)
    model = small(width=8, deepest=16, finish=4).eval()
    image = portrait(sides)
    mask = Mask.from_boxes(sides, [(sides[1] // 2 - 10, sides[0] // 2, 21, 13)])
    result = redrawn(image, mask, layer(mask.array), model=model, face="10,10,80,80")
    assert np.array_equal(result.image.samples[~mask.array], image.samples[~mask.array])


def test_in_python_with_files_and_arrays(tmp_path, monkeypatch):
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: SCFEGAN())
    image = portrait()
    image.save(tmp_path / "photo.png")
    (tmp_path / "mask.png").write_bytes(MOUTH.encode())
    layer(LINE).save(tmp_path / "lines.png")
    by_files = retoucher.redraw(tmp_path / "photo.png", tmp_path / "mask.png", tmp_path / "lines.png", seed=2)
    by_arrays = retoucher.redraw(image.samples, MOUTH.array, layer(LINE).samples, seed=2)
    assert np.array_equal(by_files.image.samples, by_arrays.image.samples)
    with pytest.raises(UsageError, match="did you mean 'grain'"):
        retoucher.redraw(image, MOUTH, grian=False)
