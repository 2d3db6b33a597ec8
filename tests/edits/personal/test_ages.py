"""How a person ages is read from the dates in their photos, where there are enough of them."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from io import BytesIO

import PIL.Image
import pytest
import torch

from people import SIDE, Loads
from portraits import portrait
from retoucher import persons
from retoucher.edits.personal import ages
from retoucher.edits.personal.ages import aging
from retoucher.edits.personal.create import create
from retoucher.edits.personal.intake import Survey, Taken, survey
from retoucher.formats import exif
from retoucher.image import Image
from retoucher.jobs import Cancelled
from retoucher.models.mystyle.directions import along
from retoucher.models.mystyle.invert import Plan as InvertPlan
from retoucher.models.mystyle.invert import anchors
from retoucher.models.mystyle.person import tuned
from retoucher.models.mystyle.tune import Plan
from retoucher.templates import PORTRAIT
from retoucher.tensors import read_tensors

TAKEN, DIGITIZED, CHANGED = 0x9003, 0x9004, 0x0132


def dated(kind="JPEG", **fields):
    """The bytes of a portrait with these EXIF fields."""
    written = PIL.Image.Exif()
    names = {"taken": TAKEN, "digitized": DIGITIZED}
    written.get_ifd(exif.EXIF_IFD).update({names[name]: value for name, value in fields.items() if name in names})
    if "changed" in fields:
        written[CHANGED] = fields["changed"]
    into = BytesIO()
    PIL.Image.fromarray(portrait(noise=3).samples).save(into, kind, exif=written.tobytes())
    return into.getvalue()


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"taken": "2009:07:31 12:30:05"}, datetime(2009, 7, 31, 12, 30, 5)),
        ({"digitized": "1999:01:02 00:00:00", "changed": "2020:01:01 00:00:00"}, datetime(1999, 1, 2)),
        ({"taken": "0000:00:00 00:00:00", "digitized": "2001:02:03 04:05:06"}, datetime(2001, 2, 3, 4, 5, 6)),
        ({"taken": "    :  :     :  :  "}, None),
        ({"taken": "Tuesday"}, None),
        ({"changed": "2020:01:01 00:00:00"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_says_when_it_was_taken(fields, wanted, kind):
    assert exif.taken(Image.open(dated(kind, **fields)).exif) == wanted


def test_the_survey_reads_the_date():
    (found,) = survey([("a.jpg", dated(taken="2009:07:31 12:30:05"))], PORTRAIT, SIDE).taken
    assert found.taken == datetime(2009, 7, 31, 12, 30, 5)


def test_the_direction_is_the_slope_and_its_length_one_usual_difference():
    torch.manual_seed(1)
    numbers, slope = torch.tensor([0.0, 1, 4, 9, 16]), torch.randn(7)
    styles = torch.randn(7) + numbers[:, None] * slope
    assert torch.allclose(along(styles, numbers), slope * numbers.std(), atol=1e-5)
    assert torch.allclose(along(styles, -3 * numbers), -slope * numbers.std(), atol=1e-5)


def dates(count, years):
    return [datetime(2000 + round(i * years / (count - 1)), 1, 1) for i in range(count)]


def test_few_dates_and_close_ones_say_nothing():
    styles = torch.randn(12, 7)
    assert aging(styles, [None] * 12) == ({}, ())
    assert aging(styles[:7], dates(7, 20)) == ({}, ())
    assert aging(styles, dates(12, 2)) == ({}, ())
    found, said = aging(styles, [*dates(11, 10), None])
    assert list(found) == ["age"]
    assert torch.allclose(found["age"], aging(styles[:11], dates(11, 10))[0]["age"])
    assert said == ("age: by the dates of 11 photos from 2000 to 2010.",)


def test_a_person_with_dates_can_be_made_older_even_after_a_stop(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path))
    few = partial(anchors, plan=InvertPlan(steps=2))
    monkeypatch.setattr("retoucher.models.mystyle.invert.anchors", few)
    torch.manual_seed(0)
    faces = [
        Taken(f"{i}.jpg", torch.rand(3, SIDE, SIDE), 99, torch.zeros(4, 4), date) for i, date in enumerate(dates(9, 9))
    ]
    monkeypatch.setattr("retoucher.edits.personal.intake.survey", lambda *_: Survey(tuple(faces), ()))

    def stop(fraction, message):
        if "step 2" in message:
            raise Cancelled("stopped")

    loads, plan = Loads(), Plan(passes=1, batch=4, rank=2, least=0)
    with pytest.raises(Cancelled):
        create("ada", [("a", b"")], load=loads, plan=plan, tell=stop)
    record = create("ada", load=loads, resume=True)
    whole = create("bob", [("a", b"")], load=Loads(), plan=plan)
    assert record.directions == whole.directions == ("smile", "turn", "age")
    assert any(each.startswith("age: by the dates of 9 photos") for each in record.coverage)
    kept = [read_tensors(persons.folder(name) / persons.TENSORS) for name in ("ada", "bob")]
    assert torch.equal(kept[0]["directions.age"], kept[1]["directions.age"])
    person = tuned(loads.base, kept[0], record.used)
    assert torch.allclose(person.base.directions["age"], aging(kept[0]["anchors"], dates(9, 9))[0]["age"], atol=1e-6)
    assert "age" not in loads.base.directions
    close = [replace(face, taken=datetime(2020, 1, 1)) for face in faces]
    monkeypatch.setattr("retoucher.edits.personal.intake.survey", lambda *_: Survey(tuple(close), ()))
    assert create("eve", [("a", b"")], load=Loads(), plan=plan).directions == ("smile", "turn")
    assert len(faces) >= ages.FEWEST
