import numpy as np
import pytest
import torch

import painters
from fakes import Nosy
from painters import SIZE, Harmonization, disc, painting, spot
from retoucher.edit import Preview, WrongInput, schema
from retoucher.edits.harmonize import Harmonize, harmonize
from retoucher.errors import RetoucherError, UsageError
from retoucher.image import Image
from retoucher.jobs import Cancelled
from retoucher.mask import Mask

BY_A_NETWORK, BY_RULE = "compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced"


def painter(name="harmonization"):
    return Harmonization()


def run(picture=None, thing=None, load=painter, composite=None, mask=None, **options):
    thing = disc() if thing is None and composite is None else thing
    return Harmonize(**options).run(picture or painting(), thing, composite, mask, load=load)


def refused(field, words, *args, **options):
    with pytest.raises(WrongInput, match=words) as error:
        run(*args, load=lambda name: pytest.fail("nothing to load"), **options)
    assert error.value.field == field
    assert str(error.value)[-1] in ".?"


def test_the_options_reach_the_model():
    model = Harmonization()
    options = {"passes": 1, "finish": False, "size": 200, "steps": 7, "like": "1,2,30,20", "seed": 9, "strength": 0.4}
    asked = []
    run(load=lambda name: asked.append(name) or model, weights="features-small", **options)
    assert asked == ["features-small"]
    told = {name: model.asked[0][name] for name in options}
    assert told == options | {"like": (1, 2, 30, 20)}
    Harmonize().run(painting(), disc(), load=lambda name: asked.append(name) or model)
    assert asked[-1] == "harmonization"
    assert model.asked[1]["strength"] is None
    assert model.asked[1]["like"] is None


def test_the_result_is_the_painting_with_the_pixels_that_the_model_changed():
    picture, result = painting(), run(x=30, y=20)
    changed = result.changed.array
    assert 0 < changed.sum() < changed.size / 2
    assert np.array_equal(result.image.samples[~changed], picture.samples[~changed])
    assert (result.image.samples[changed] != picture.samples[changed]).any(-1).mean() > 0.9
    assert np.array_equal(result.image.changed, changed)
    assert result.report.method == "harmonization"
    assert result.report.seconds > 0


def test_an_object_with_its_mask_is_the_same_as_one_with_that_alpha():
    solid = Image.from_array(np.where(disc().samples[..., 3:] >= 128, disc().samples, 255)[..., :3].astype(np.uint8))
    mask = Mask(disc().samples[..., 3] >= 128)
    alpha = (255 * mask.array[..., None]).astype(np.uint8)
    cut = Image.from_array(np.concatenate([solid.samples, alpha], -1))
    assert np.array_equal(run(thing=solid, mask=mask).image.samples, run(thing=cut).image.samples)


def test_a_composite_with_its_mask_is_taken_as_it_is():
    model, naive = Harmonization(), painting(seed=3)
    run(composite=naive, mask=spot(), load=lambda name: model)
    assert torch.equal(model.asked[0]["composite"], naive.pixels)
    assert torch.equal(model.asked[0]["mask"], spot().pixels)


@pytest.mark.parametrize(
    ("options", "mark"),
    [
        ({}, BY_A_NETWORK),
        ({"strength": 0.1}, BY_A_NETWORK),
        ({"passes": 1}, BY_A_NETWORK),
        ({"strength": 0}, BY_RULE),
        ({"passes": 0}, BY_RULE),
    ],
)
def test_only_what_a_network_painted_is_marked_so(options, mark):
    model = Harmonization()
    model.weights_name = "features-small"
    result = run(load=lambda name: model, **options)
    assert result.image.mark == mark
    assert result.report.weights == ("features-small" if mark == BY_A_NETWORK else "")


def test_the_map_of_where_the_strokes_came_from_is_a_view():
    views = run(painting((96, 128)), thing=disc(48, 60), size=128).views
    assert list(views) == ["correspondence"]
    assert views["correspondence"].size == (96, 128)
    assert len(np.unique(views["correspondence"].samples.reshape(-1, 3), axis=0)) > 20
    for options in ({"passes": 1}, {"passes": 0}, {"strength": 0}):
        assert run(**options).views == {}


def test_previews_show_what_changes_where_it_lies():
    shown = []

    def tell(fraction, message, preview=None):
        shown.extend([preview] if preview is not None else [])

    picture = painting((300, 400))
    Harmonize(x=100, y=80).run(picture, disc(60, 80), load=painter, tell=tell)
    assert [type(each) for each in shown] == [Preview]
    left, top, width, height = shown[0].box
    assert shown[0].samples.shape == (height, width, 4)
    assert left <= 60 < 140 <= left + width
    assert top <= 50 < 110 <= top + height
    assert width < 110
    assert shown[0].samples[height // 2, width // 2, 3] == 255
    assert shown[0].samples[0, 0, 3] < 40
    kept = shown[0].samples[..., 3] < 100
    assert np.array_equal(shown[0].samples[kept][:, :3], picture.samples[top : top + height, left : left + width][kept])


def test_a_large_painting_is_previewed_small():
    shown = []

    class Harmonization(painters.Harmonization):
        def forward(self, painting, composite, mask, **more):
            more["tell"](0.3, "repainting", torch.rand(3, 1500, 3000))
            return super().forward(painting, composite, mask, **more)

    edit = Harmonize(passes=1, x=1000, y=700)
    blank = Image.from_array(np.zeros((1500, 3000, 3), np.uint8))
    big = Image.from_array(np.full((900, 1600, 4), 200, np.uint8))
    edit.run(blank, big, load=lambda name: Harmonization(), tell=lambda *told: shown.append(told[-1]))
    first = next(each for each in shown if isinstance(each, Preview))
    left, top, width, height = first.box
    assert max(first.samples.shape) <= 1024
    assert left <= 200 < 1800 <= left + width
    assert top <= 250 < 1150 <= top + height
    assert first.samples.shape[1] / first.samples.shape[0] == pytest.approx(width / height, rel=0.01)


def test_auto_says_what_it_came_to_and_an_explicit_strength_does_not():
    assert run().report.notes == ("Strength 0.25 was measured from the painting.",)
    assert run(strength=0.7).report.notes == ()


def test_a_cancelled_edit_makes_nothing():
    def tell(fraction, message, preview=None):
        if fraction > 0.3:
            raise Cancelled("enough")

    picture = painting()
    before = picture.samples.copy()
    with pytest.raises(Cancelled):
        Harmonize().run(picture, disc(), load=painter, tell=tell)
    assert np.array_equal(picture.samples, before)


def test_half_of_what_is_needed_is_refused_by_its_name():
    with pytest.raises(WrongInput, match="Give what is to be painted in") as error:
        Harmonize().run(painting(), load=painter)
    assert error.value.field == "object"
    refused("object", "not both", thing=disc(), composite=painting(), mask=spot())
    refused("mask", "A composite needs the mask", composite=painting())
    refused("object", "no transparent background", thing=disc(channels=3))
    opaque = np.full((20, 20, 4), 255, np.uint8)
    refused("object", "no transparent background", thing=Image.from_array(opaque))


def test_pictures_of_wrong_sizes_are_refused_by_their_names():
    refused("mask", "The mask is 64×48 pixels but the object is 30×24", thing=disc(), mask=spot())
    refused("composite", "The composite is 9×8 pixels but the painting", composite=painting((8, 9)), mask=spot())
    refused("composite", "turned as the painting is shown", composite=painting(SIZE[::-1]), mask=spot())
    refused(
        "mask",
        "The mask is 9×8 pixels but the painting is 64×48",
        composite=painting(),
        mask=Mask.none((8, 9)).invert(),
    )


def test_nothing_to_see_is_refused():
    refused("object", "fully transparent", thing=Image.from_array(np.zeros((20, 20, 4), np.uint8)))
    refused("mask", "mask is empty", thing=disc(), mask=Mask.none((24, 30)))
    refused("mask", "only what is transparent", thing=disc(), mask=Mask.from_boxes((24, 30), [(0, 0, 1, 1)]))
    faint = disc().samples.copy()
    faint[..., 3] //= 3
    refused("object", "at least half opaque", thing=Image.from_array(faint))


@pytest.mark.parametrize(
    ("options", "field"), [({"x": -16, "y": 20}, "x"), ({"x": 79}, "x"), ({"y": 60}, "y"), ({"y": -300.5}, "y")]
)
def test_an_object_outside_of_the_painting_is_refused(options, field):
    refused(field, "The object lies outside of the painting", **options)


def test_an_object_partly_outside_is_fine_and_said():
    result = run(x=0, y=24, strength=0.5)
    assert result.report.notes == ("50% of the object lies outside of the painting and is cut off.",)
    assert result.changed.array[24, 0]


def test_an_object_larger_than_the_painting_is_refused_with_a_scale_that_fits():
    huge = disc(4 * 48, 4 * 64)
    refused("scale", "The object is 2.*×1.* pixels and the painting only 64×48: scale it, by 0.2. or less", thing=huge)
    assert run(thing=huge, scale=0.2).changed.area > 0
    assert run(thing=disc(30, 100)).changed.area > 0  # wider than the painting, but not higher
    margin = np.zeros((200, 300, 4), np.uint8)
    margin[90:110, 140:160] = 255  # a layer with much around its object
    assert run(thing=Image.from_array(margin)).changed.area > 0


def test_a_mask_that_touches_all_borders_is_fine_and_one_that_covers_all_is_not():
    ring = Mask.from_boxes(SIZE, [(16, 12, 32, 24)]).invert()
    result = run(composite=painting(seed=3), mask=ring, passes=1)
    assert result.changed.array[[0, -1], :].all()
    assert not result.changed.array[24, 32]
    refused("mask", "covers the whole painting", composite=painting(), mask=Mask.none(SIZE).invert())
    cover = Image.from_array(np.full((47, 70, 4), 255, np.uint8))
    cover = Image.from_array(np.pad(cover.samples, ((0, 1), (0, 0), (0, 0)), mode="edge"))
    refused("scale", "covers the whole painting", thing=cover, mask=Mask.none(cover.size).invert())


def test_a_part_for_the_strokes_that_is_not_on_the_painting_is_refused():
    for like in ("60,0,10,10", "-1,0,10,10", "0,0,0,5", "0,40,5,9"):
        refused("like", "does not lie on the painting of 64×48", like=like)
    with pytest.raises(
        UsageError, match="'like' should be X,Y,WIDTH,HEIGHT in pixels such as 10,20,300,200, not '1,2'"
    ):
        Harmonize.parse({"like": "1,2"})


@pytest.mark.parametrize("strength", ["strong", 1.01, -0.01, float("nan"), None, [1]])
def test_a_strength_is_auto_or_from_0_to_1(strength):
    with pytest.raises(UsageError, match="The option 'strength' should be 'auto' or a number from 0 to 1, not"):
        Harmonize.parse({"strength": strength})


def test_tiny_objects_have_only_their_colours_matched_and_it_is_said():
    model = Harmonization()
    result = run(thing=disc(15, 15), load=lambda name: model)
    assert model.asked[0]["strength"] == 0
    assert result.image.mark == BY_RULE
    assert "smaller than 16 × 16 pixels" in result.report.notes[0]
    run(thing=disc(12, 40), load=lambda name: model)
    assert model.asked[1]["strength"] is None


def test_a_grey_painting_stays_grey_and_says_so():
    result = run(painting(channels=1))
    assert result.image.color == "L"
    assert "shades of grey" in result.report.notes[1]


def test_a_painting_that_is_transparent_below_the_object_says_that_it_stays_unseen():
    clear = painting(channels=4).samples.copy()
    clear[..., 3] = 255
    assert len(run(Image.from_array(clear)).report.notes) == 1
    clear[20:30, 30:40, 3] = 0
    result = run(Image.from_array(clear))
    assert "transparent under a part of the object" in result.report.notes[1]
    assert np.array_equal(result.image.samples[..., 3], clear[..., 3])


def test_a_composite_of_another_painting_is_doubted():
    big = painting((200, 200))
    there = Mask.from_boxes((200, 200), [(80, 80, 30, 30)])
    assert "differs from the painting" in run(big, composite=painting((200, 200), seed=7), mask=there).report.notes[1]
    noisy = Image.from_array(
        (big.samples.astype(int) + np.random.default_rng(0).integers(-9, 9, big.samples.shape))
        .clip(0, 255)
        .astype(np.uint8)
    )
    assert len(run(big, composite=noisy, mask=there).report.notes) == 1


@pytest.mark.parametrize("colours", [(120, 120), (0, 255)])
def test_one_coloured_paintings_and_objects_go_through(colours):
    flat = Image.from_array(np.full((*SIZE, 3), colours[0], np.uint8))
    thing = disc().samples.copy()
    thing[..., :3] = colours[1]
    result = run(flat, thing=Image.from_array(thing))
    assert np.isfinite(result.image.pixels.numpy()).all()


def test_pixels_that_are_no_numbers_never_reach_a_painting():
    class Harmonization(painters.Harmonization):
        def forward(self, painting, composite, mask, **more):
            found = super().forward(painting, composite, mask, **more)
            found.pixels[:, 20, 30] = float("nan")
            return found

    with pytest.raises(RetoucherError, match="No usable pixels"):
        run(load=lambda name: Harmonization())


def test_weights_of_another_method_are_refused():
    with pytest.raises(UsageError, match="'big-lama' are for nosy, not for harmonization"):
        run(load=lambda name: Nosy(), weights="big-lama")


def test_the_schema_names_four_pictures_of_which_one_is_required():
    about = schema(Harmonize)
    assert [(each["name"], each["kind"], each["required"]) for each in about["inputs"]] == [
        ("painting", "image", True),
        ("object", "image", False),
        ("composite", "image", False),
        ("mask", "mask", False),
    ]
    assert about["options"]["properties"]["strength"]["anyOf"][0]["const"] == "auto"


def test_pictures_may_be_paths_bytes_arrays_or_images(tmp_path, monkeypatch):
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Harmonization())
    painting().save(tmp_path / "painting.png")
    disc().save(tmp_path / "disc.png")
    wanted = run().image.samples
    for picture in (
        painting(),
        painting().samples,
        tmp_path / "painting.png",
        (tmp_path / "painting.png").read_bytes(),
    ):
        for thing in (disc(), disc().samples, str(tmp_path / "disc.png")):
            assert np.array_equal(harmonize(picture, object=thing).image.samples, wanted)
    with pytest.raises(UsageError, match=r"no option 'scael'.*did you mean 'scale'"):
        harmonize(painting(), object=disc(), scael=2)
