import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import retoucher
from fakes import Lots, Nosy
from retoucher.edits.inpaint import BY_A_NETWORK, BY_RULE, Inpaint
from retoucher.errors import RetoucherError, UsageError
from retoucher.image import Image
from retoucher.jobs import Cancelled
from retoucher.mask import Mask


def nosy(name):
    return Nosy()


def photo(height=60, width=90, channels=3, seed=0):
    samples = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    if channels in (2, 4):
        samples[..., -1] = 255
    return Image.from_array(samples)


boxes = st.lists(
    st.tuples(st.integers(0, 89), st.integers(0, 59), st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=4
)


@given(boxes, st.integers(0, 5))
@settings(max_examples=40)
def test_pixels_outside_the_grown_mask_never_change_and_all_inside_are_filled(boxes, grow):
    image, mask = photo(), Mask.from_boxes((60, 90), boxes)
    result = Inpaint(grow=grow).run(image, mask, load=nosy)
    assert np.array_equal(result.changed.array, mask.grow(grow).array)
    assert np.array_equal(result.image.samples[~result.changed.array], image.samples[~result.changed.array])
    assert np.array_equal(result.image.changed, result.changed.array)


@given(boxes, st.integers(0, 5))
@settings(max_examples=40)
def test_what_lies_under_the_grown_mask_never_reaches_the_result(boxes, grow):
    image, mask = photo(), Mask.from_boxes((60, 90), boxes)
    under = mask.grow(grow).array[..., None]
    poisoned = Image.from_array(np.where(under, photo(seed=1).samples, image.samples))
    edit = Inpaint(grow=grow)
    first, second = (edit.run(each, mask, load=nosy).image for each in (image, poisoned))
    assert np.array_equal(first.samples, second.samples)


def test_an_empty_mask_returns_the_very_photo_and_loads_nothing():
    image = photo()
    result = Inpaint().run(image, Mask.none(image.size), load=lambda name: pytest.fail("nothing to load"))
    assert result.image is image
    assert result.changed.empty
    assert result.report.notes == ("The mask is empty, so the photo is returned as it was.",)


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(UsageError, match=r"The mask is 60×90 pixels but the photo is 90×60: .*turned as the photo"):
        Inpaint().run(photo(), Mask.none((90, 60)), load=nosy)
    with pytest.raises(UsageError, match="The mask is 3×2 pixels but the photo is 90×60"):
        Inpaint().run(photo(), Mask.none((2, 3)), load=nosy)


@pytest.mark.parametrize(("box", "said"), [((0, 0, 90, 60), "The mask covers"), ((1, 1, 88, 58), "grown by 4 pixels,")])
def test_a_mask_that_leaves_nothing_is_refused(box, said):
    with pytest.raises(UsageError, match=said):
        Inpaint().run(photo(), Mask.from_boxes((60, 90), [box]), load=nosy)


def test_colours_of_fully_transparent_pixels_are_neither_used_nor_changed():
    image = photo(channels=4)
    samples = image.samples.copy()
    samples[20:40, :30, 3] = 0
    other = samples.copy()
    other[20:40, :30, :3] = 99
    mask = Mask.from_boxes(image.size, [(40, 25, 10, 10)])
    first, second = (Inpaint().run(Image.from_array(each), mask, load=nosy).image.samples for each in (samples, other))
    under = mask.grow(4).array
    assert np.array_equal(first[under], second[under])
    assert np.array_equal(second[~under], other[~under])


@pytest.mark.parametrize("opaque", [True, False])
def test_transparent_holes_become_opaque_only_when_asked(opaque):
    image = photo(channels=4)
    samples = image.samples.copy()
    samples[20:30, 20:30, 3] = 0
    image = Image.from_array(samples)
    result = Inpaint(opaque=opaque, grow=0).run(image, Mask.from_alpha(image), load=nosy).image
    assert set(result.samples[20:30, 20:30, 3].ravel().tolist()) == {255 if opaque else 0}
    assert not np.array_equal(result.samples[20:30, 20:30, :3], samples[20:30, 20:30, :3])


def test_the_seed_decides_and_the_same_seed_repeats():
    image, mask = photo(), Mask.from_boxes((60, 90), [(10, 10, 20, 20)])

    def samples(seed):
        return Inpaint(seed=seed).run(image, mask, load=lambda name: Lots()).image.samples

    assert np.array_equal(samples(3), samples(3))
    assert not np.array_equal(samples(3), samples(4))


@pytest.mark.parametrize(("model", "mark"), [(Nosy, BY_A_NETWORK), (Lots, BY_RULE)])
def test_the_result_says_what_made_its_pixels(model, mark):
    image, mask = photo(), Mask.from_boxes((60, 90), [(10, 10, 20, 20)])
    result = Inpaint().run(image, mask, load=lambda name: model())
    assert result.image.mark == mark
    assert result.report.method == model.__name__.lower()
    assert result.report.frames == 1
    assert result.report.seconds > 0


def test_weights_are_loaded_by_name_and_reported():
    asked = []

    class LaMa(Nosy):
        weights_name = "big-lama"

    def load(name):
        asked.append(name)
        return LaMa()

    image, mask = photo(), Mask.from_boxes((60, 90), [(10, 10, 20, 20)])
    report = Inpaint(weights="big-lama").run(image, mask, load=load).report
    assert (report.method, report.weights) == ("lama", "big-lama")
    with pytest.raises(UsageError, match="'big-lama' are for lama, not for exemplar"):
        Inpaint(weights="big-lama", model="exemplar").run(image, mask, load=load)
    Inpaint(model="lama").run(image, mask, load=load)
    assert asked == ["big-lama", "big-lama", "lama"]


def test_frames_are_filled_in_turn_and_the_next_knows_what_the_last_has_filled():
    image = photo(100, 2000)
    mask = Mask.from_boxes(image.size, [(100, 40, 20, 20), (1000, 40, 20, 20), (1900, 40, 20, 20)])
    network, told = Nosy(), []
    result = Inpaint(grow=0).run(image, mask, load=lambda name: network, tell=lambda *each: told.append(each[:2]))
    assert result.report.frames == 3
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert told[0] == (0, "loading")
    assert (1 / 3, "filling 2 of 3") in told
    assert told[-1] == (1, "done")


def test_a_frame_that_sees_a_hole_filled_before_sees_it_as_known():
    image, network = photo(100, 300), Nosy()
    mask = Mask.from_boxes(image.size, [(100, 40, 20, 20), (145, 40, 20, 20)])
    result = Inpaint(grow=0).run(image, mask, load=lambda name: network)
    assert result.report.frames == 2
    (first, both), (second, one) = network.seen
    assert (int(both.sum()), int(one.sum())) == (20 * 20 + 13 * 20, 20 * 20)
    assert float((first * both).abs().max()) == float((second * one).abs().max()) == 0
    filled = result.image.crop(107, 40, 13, 20)  # the second frame begins at 107
    assert torch.equal(second[0, :, 38:58, :13], filled)


def test_dust_all_over_a_photo_is_filled_speck_by_speck_and_each_only_once(monkeypatch):
    pasted, paste = np.zeros((300, 400), int), Image.paste

    def counted(image, pixels, where, *, x, y, **options):
        pasted[y : y + where.shape[0], x : x + where.shape[1]] += where
        return paste(image, pixels, where, x=x, y=y, **options)

    monkeypatch.setattr(Image, "paste", counted)
    image, dust = photo(300, 400), Mask(np.random.default_rng(0).random((300, 400)) > 0.995)
    result = Inpaint(grow=1).run(image, dust, load=nosy)
    assert result.report.frames > 10
    assert np.array_equal(pasted, dust.grow(1).array.astype(int))


def test_the_progress_of_an_algorithm_is_part_of_the_whole():
    image, told = photo(100, 2000), []
    mask = Mask.from_boxes(image.size, [(100, 40, 20, 20), (1900, 40, 20, 20)])
    Inpaint(grow=0).run(image, mask, load=lambda name: Lots(), tell=lambda *each: told.append(each[:2]))
    assert (0.25, "drawing") in told
    assert (0.75, "drawing") in told


def test_cancelling_stops_the_work_and_leaves_the_photo():
    image, mask = photo(), Mask.from_boxes((60, 90), [(10, 10, 20, 20)])
    before = image.samples.copy()

    def stop(fraction, message, preview=None):
        if message == "drawing":
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Inpaint().run(image, mask, load=lambda name: Lots(), tell=stop)
    assert np.array_equal(image.samples, before)


def test_a_network_that_fails_is_an_error_and_no_result():
    class Broken(Nosy):
        def forward(self, image, mask):
            return image / 0 * torch.nan

    image, mask = photo(), Mask.from_boxes((60, 90), [(10, 10, 20, 20)])
    with pytest.raises(RetoucherError, match="Broken gave no usable pixels"):
        Inpaint().run(image, mask, load=lambda name: Broken())


def test_python_takes_arrays_files_and_classes_alike(tmp_path, monkeypatch):
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Nosy())
    image, mask = photo(), Mask.from_boxes((60, 90), [(10, 10, 20, 20)])
    expected = Inpaint(grow=2).run(image, mask, load=nosy).image.samples
    image.save(tmp_path / "photo.png")
    (tmp_path / "mask.png").write_bytes(mask.encode())
    for pair in [
        (image, mask),
        (image.samples, mask.array),
        (str(tmp_path / "photo.png"), tmp_path / "mask.png"),
        ((tmp_path / "photo.png").read_bytes(), mask.encode()),
    ]:
        assert np.array_equal(retoucher.inpaint(*pair, grow=2).image.samples, expected)
    with pytest.raises(UsageError, match="did you mean 'grow'"):
        retoucher.inpaint(image, mask, gorw=2)
