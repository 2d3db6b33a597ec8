import numpy as np
import pytest
from pydantic import ValidationError

from retoucher.edit import About, WrongInput, schema
from retoucher.edits import EDITS, parse
from retoucher.edits.inpaint import Inpaint
from retoucher.errors import UsageError
from retoucher.image import Image
from retoucher.mask import Mask


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"gorw": 3}, "inpaint has no option 'gorw' (did you mean 'grow'?)."),
        ({"xyz": 3}, "inpaint has no option 'xyz'."),
        (
            {"model": "lame"},
            "The option 'model' should be 'auto', 'lama', 'partialconv' or 'exemplar', "
            "not 'lame' (did you mean 'lama'?).",
        ),
        ({"grow": 65}, "The option 'grow' should be less than or equal to 64, not '65'."),
        ({"grow": "much"}, "The option 'grow' should be a valid integer, not 'much'."),
        ({"seed": -1}, "The option 'seed' should be greater than or equal to 0, not '-1'."),
        ({"opaque": "maybe"}, "The option 'opaque' should be a valid boolean, not 'maybe'."),
    ],
)
def test_a_wrong_option_is_named_with_what_it_may_be(options, sentence):
    with pytest.raises(UsageError) as error:
        parse("inpaint", options)
    assert str(error.value) == sentence


def test_a_wrong_edit_is_named_with_a_close_one():
    with pytest.raises(UsageError, match="There is no edit 'inpant' \\(did you mean 'inpaint'\\?\\): there is inpaint"):
        parse("inpant", {})


def test_options_are_read_and_cannot_be_changed_afterwards():
    edit = parse("inpaint", {"grow": "7", "model": "lama"})
    assert edit == Inpaint(grow=7, model="lama")
    with pytest.raises(ValidationError):
        edit.grow = 3


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_declares_everything_its_doors_need(edit):
    declared = schema(edit)
    assert declared["name"] == edit.name
    assert declared["description"]
    assert {each["kind"] for each in declared["inputs"]} <= {"image", "mask"}
    assert declared["options"]["additionalProperties"] is False
    for name, option in declared["options"]["properties"].items():
        assert option["description"], name
        assert "default" in option, name


def test_a_mask_of_another_size_is_refused_by_its_name_before_any_work():
    photo = About((40, 60), False, (0, 0, 60, 40))
    Inpaint().check({"image": photo, "mask": About((40, 60), False, None)})
    with pytest.raises(WrongInput, match=r"The mask is 40×60 pixels but the photo is 60×40: give.*turned as") as error:
        Inpaint().check({"image": photo, "mask": About((60, 40), False, None)})
    assert error.value.field == "mask"
    parse("select", {}).check({"image": photo})


def test_what_can_be_seen_of_a_picture_is_known_before_any_work():
    samples = np.zeros((20, 30, 4), np.uint16)
    assert About.of(Image.from_array(samples)) == About((20, 30), True, None)
    samples[5:9, 7:20, 3] = 1
    assert About.of(Image.from_array(samples)) == About((20, 30), True, (7, 5, 13, 4))
    samples[..., 3] = 65535
    assert About.of(Image.from_array(samples)) == About((20, 30), False, (0, 0, 30, 20))
    assert About.of(Image.from_array(samples[..., :3])) == About((20, 30), False, (0, 0, 30, 20))
    assert About.of(Mask.from_boxes((20, 30), [(1, 2, 3, 4)])) == About((20, 30), False, (1, 2, 3, 4))
