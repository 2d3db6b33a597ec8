import pytest
from pydantic import ValidationError

from retoucher.edit import schema
from retoucher.edits import EDITS, parse
from retoucher.edits.inpaint import Inpaint
from retoucher.errors import UsageError


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
