"""Faces repaired and enlarged as a person, changed and imagined."""

import cv2
import numpy as np
import pytest
import torch

from people import SIDE, Loads, tiny_base, tiny_person
from portraits import BOX, MOUTH, portrait
from retoucher.alignment import Square
from retoucher.edit import WrongInput
from retoucher.edits.adjust import Adjust, differing, moving
from retoucher.edits.imagine import Imagine
from retoucher.edits.personal.blend import detailed, head
from retoucher.edits.restore import Restore
from retoucher.errors import UsageError
from retoucher.image import Image
from retoucher.jobs import Cancelled
from retoucher.mask import Mask

FACE = ",".join(map(str, BOX))


@pytest.fixture(scope="module")
def loads():
    return Loads()


def restored(loads, image=None, mask=None, **options):
    edit = Restore(**({"person": "ada", "steps": 3, "face": FACE} | options))
    return edit.run(image or portrait(noise=3), mask, load=loads)


TENTH = ",".join(str(round(each / 10)) for each in BOX)


def small(times=4):
    samples = portrait(noise=2).samples
    return Image.from_array(cv2.resize(samples, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA))


def test_only_the_mask_changes_and_the_person_is_asked_for_by_name(loads):
    image = portrait(noise=3)
    result = restored(loads, image, MOUTH)
    assert np.array_equal(result.changed.array, MOUTH.array)
    assert np.array_equal(result.image.samples[~MOUTH.array], image.samples[~MOUTH.array])
    assert (result.image.samples != image.samples).any(2)[MOUTH.array].mean() > 0.5
    assert result.image.mark == "compositeWithTrainedAlgorithmicMedia"
    assert result.report.method == "mystyle"
    assert result.report.weights == "person:ada"
    assert "person:ada" in loads.asked
    assert any(note.startswith("Nearest to these photos: ") for note in result.report.notes)
    assert any("beta 0.333: 3.0 times" in note for note in result.report.notes)


def test_the_same_seed_gives_the_same_and_further_answers_are_others(loads):
    one, two = (restored(loads, mask=MOUTH, count=2, seed=4) for _ in range(2))
    assert [each.encode().data for each in one.images] == [each.encode().data for each in two.images]
    assert len(one.images) == 2
    assert (one.images[0].samples != one.images[1].samples)[MOUTH.array].mean() > 0.2
    assert one.report.frames == 2


def test_what_lies_under_the_mask_never_reaches_the_result(loads):
    image = portrait(noise=3)
    poison = image.samples.copy()
    poison[MOUTH.array] = 255 - poison[MOUTH.array]
    one, two = (restored(loads, each, MOUTH).image for each in (image, Image.from_array(poison)))
    assert np.array_equal(one.samples, two.samples)


def test_a_mask_beyond_the_face_is_left_and_it_is_said(loads):
    image = portrait((240, 520))
    mask = Mask.from_boxes((240, 520), [(88, 148, 44, 24), (480, 10, 30, 30)])
    result = restored(loads, image, mask)
    assert not result.changed.array[:, 400:].any()
    assert np.array_equal(result.image.samples[:, 400:], image.samples[:, 400:])
    assert any("900 pixels of the mask lie beyond the face" in note for note in result.report.notes)
    with pytest.raises(WrongInput, match="beside the face"):
        restored(loads, image, Mask.from_boxes((240, 520), [(480, 10, 30, 30)]))


def test_an_empty_mask_returns_the_photo_and_contradictions_are_refused(loads):
    image = portrait()
    assert restored(loads, image, Mask.none(image.size)).image is image
    with pytest.raises(WrongInput, match="Say what is to be restored"):
        restored(loads, image)
    with pytest.raises(WrongInput, match="Either a mask or a scale"):
        restored(loads, image, MOUTH, scale=2)
    with pytest.raises(WrongInput, match="mask of the photo's size"):
        restored(loads, image, Mask.none((5, 5)))
    with pytest.raises(WrongInput, match="does not lie on the photo"):
        restored(loads, image, MOUTH, face="900,900,50,50")
    with pytest.raises(WrongInput, match="Say whose model"):
        restored(loads, image, MOUTH, person="")
    with pytest.raises(UsageError, match="no person's model"):
        Restore(person="ada", face=FACE).run(image, MOUTH, load=lambda name: torch.nn.Identity())
    with pytest.raises(WrongInput, match="No face was found"):
        restored(loads, portrait(faces=()), MOUTH, face="")


@pytest.mark.parametrize("scale", [2, 4])
def test_a_small_photo_becomes_a_large_one_with_the_face_laid_over(loads, scale):
    image = small(10)
    result = restored(loads, image, scale=scale, face=TENTH)
    assert result.image.size == (image.height * scale, image.width * scale)
    plain = image.enlarged(scale)
    differs = (result.image.samples != plain.samples).any(2)
    x, y, width, height = (scale * each for each in result.report.faces[0])
    assert differs[y : y + height, x : x + width].mean() > 0.6
    assert not differs[0].any()
    assert result.changed.full
    assert any("no evidence" in note for note in result.report.notes)


@pytest.mark.parametrize("times", [4, 9])
def test_what_the_small_photo_says_is_never_lost(loads, times):
    """Reduced again, the large photo is the small one, whatever the model thinks of the face."""
    image = small(10)
    large = restored(loads, image, scale=times, face=TENTH).image
    plain, made = (
        cv2.resize(each.samples, image.size[::-1], interpolation=cv2.INTER_AREA).astype(float)
        for each in (image.enlarged(times), large)
    )
    assert np.abs(made - plain).mean() < 2
    assert np.percentile(np.abs(made - plain), 99) < 16
    assert np.abs(large.samples.astype(float) - image.enlarged(times).samples).max() > 8


def test_learning_the_photo_changes_what_comes_out(loads):
    image = small(10)
    learnt, plain = (restored(loads, image, scale=4, face=TENTH, tune=steps).image for steps in (3, 0))
    assert (learnt.samples != plain.samples).any()


def test_a_thumbnail_without_a_face_that_is_found_is_taken_for_one(loads):
    tiny = small(24)
    result = restored(loads, tiny, scale=4, face="")
    assert any("whole picture" in note for note in result.report.notes)
    assert any("only 9 pixels" in note for note in result.report.notes)


def test_a_face_that_is_larger_than_the_model_says_so(loads):
    result = restored(loads, portrait(), scale=2)
    assert any("adds nothing of the person" in note for note in result.report.notes)


def test_enlarging_keeps_depth_alpha_and_invisible_colors_apart():
    samples = np.zeros((8, 9, 4), np.uint16)
    samples[:, :5] = (60000, 20000, 1000, 65535)
    samples[:, 5:] = (0, 65535, 0, 0)  # green that cannot be seen
    large = Image.from_array(samples).enlarged(3)
    assert large.samples.shape == (24, 27, 4)
    assert large.samples.dtype == np.uint16
    seen = large.samples[..., 3] > 20000
    assert np.abs(large.samples[seen][:, :3].astype(int) - (60000, 20000, 1000)).max() < 400
    assert np.array_equal(Image.from_array(samples).enlarged(1).samples, samples)
    with pytest.raises(UsageError, match="whole number"):
        Image.from_array(samples).enlarged(0)


def test_without_an_encoder_a_search_begins_at_the_mean(loads):
    other = Loads(tiny_person(base=tiny_base(encoder=False)))
    image = portrait(noise=3)
    assert (restored(other, image, MOUTH).image.samples != image.samples).any()


def test_cancelling_stops_at_once_and_leaves_the_person_free(loads):
    from retoucher import persons

    def stop(fraction, message):
        if "step 2" in message:
            assert persons.busy("ada")
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Restore(person="ada", steps=5, face=FACE).run(portrait(), MOUTH, load=loads, tell=stop)
    assert not persons.busy("ada")


def adjusted(loads, image, **options):
    edit = Adjust(**({"person": "ada", "steps": 3, "tune": 2, "face": FACE} | options))
    return edit.run(image, load=loads)


def test_an_adjustment_changes_the_face_where_it_shows(loads):
    image = portrait((240, 420), noise=3)
    result = adjusted(loads, image, amount=3)
    changed = result.changed.array
    assert (result.image.samples != image.samples).any(2)[~changed].sum() == 0
    assert changed.any()
    assert not changed[:, 380:].any()
    assert result.image.mark == "compositeWithTrainedAlgorithmicMedia"
    other = adjusted(loads, image, amount=-3)
    assert (other.image.samples != result.image.samples).any()
    assert adjusted(loads, image, amount=0).image is image


def test_directions_that_are_not_known_are_named(loads):
    with pytest.raises(WrongInput, match="it knows smile, turn") as error:
        adjusted(loads, portrait(), direction="smiel")
    assert "did you mean 'smile'?" in str(error.value)
    base = tiny_base()
    base.directions = {}
    with pytest.raises(WrongInput, match="knows no directions"):
        adjusted(Loads(tiny_person(base=base)), portrait())


def test_a_strict_adjustment_stays_within_its_beta(loads):
    loose, strict = (adjusted(loads, portrait(), amount=5, beta=0.01, strict=each) for each in (False, True))
    assert any("goes beyond what the photos show" in note for note in loose.report.notes)
    assert not any("goes beyond" in note for note in strict.report.notes)
    assert (loose.image.samples != strict.image.samples).any()
    with pytest.raises(WrongInput, match="enlarge it first"):
        adjusted(loads, portrait(), face="100,100,8,8")


def test_a_difference_is_soft_and_nothing_where_pictures_are_equal():
    before, after = torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64)
    assert float(differing(before, after).max()) == 0
    after[..., 30:36, 30:36] = 0.5
    share = differing(before, after)
    assert float(share[..., 33, 33]) > 0.9
    assert float(share[..., :10, :].max()) == 0
    assert 0 < float(share[..., 33, 24:30].min()) < 1
    weight = head(64)
    assert float(weight[..., 32, 32]) == 1
    assert float(weight[..., 0].max()) == 0


def test_light_is_added_and_shapes_are_replaced():
    before = torch.full((1, 3, 64, 64), 0.4)
    light, shape = before + 0.1, before.clone()
    shape[..., 20:40, 20:40] = 0.9
    assert float(moving(before, light).max()) == 0
    moved = moving(before, shape)
    assert float(moved[..., 25:35, 25:35].min()) == 1
    assert float(moved[..., :12, :].max()) == 0


def test_what_is_added_to_a_photo_keeps_its_own_detail():
    """Only light changes: between neighbouring pixels all differences stay."""
    image = portrait(noise=3)
    square = Square(110, 120, 128.0)
    lighter = torch.full((1, 3, 64, 64), 0.04)
    result, where = detailed(image, lighter, torch.ones(1, 1, 64, 64), square, "mark")
    before, after = (each.samples.astype(int) for each in (image, result))
    assert np.array_equal(where, (before != after).any(2) | where)
    assert where.sum() == 128 * 128
    inner = np.s_[70:170, 60:160]
    below = before[inner].max(2) < 240
    assert np.abs((after - before)[inner][below] - 0.04 * 255).max() <= 1
    assert np.array_equal(before[~where], after[~where])


def test_imagined_pictures_are_new_follow_their_seed_and_say_what_they_are(loads):
    one, two, other = (Imagine(person="ada", count=3, seed=seed).run(load=loads) for seed in (1, 1, 2))
    assert [each.size for each in one.images] == [(SIDE, SIDE)] * 3
    assert [each.encode().data for each in one.images] == [each.encode().data for each in two.images]
    assert one.images[0].encode().data != other.images[0].encode().data
    assert {each.mark for each in one.images} == {"trainedAlgorithmicMedia"}
    assert b"digitalsourcetype/trainedAlgorithmicMedia" in Image.open(one.images[0].encode().data).xmp
    assert one.report.notes[0].startswith("1: between ")
    assert one.changed.full
