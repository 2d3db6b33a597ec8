"""From photos to a person: stopped and gone on with to the same numbers, and nothing of the photos left."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from people import SIDE, WIDTH, Loads, tiny_base
from portraits import lit, portrait
from retoucher import catalogue, persons
from retoucher.edits.personal.create import create
from retoucher.edits.personal.intake import survey
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Cancelled
from retoucher.models.mystyle.invert import Plan as InvertPlan
from retoucher.models.mystyle.invert import anchors
from retoucher.models.mystyle.tune import Plan
from retoucher.templates import PORTRAIT
from retoucher.tensors import read_tensors

PLAN = Plan(passes=2, batch=2, rank=2, least=0)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("retoucher.models.mystyle.invert.anchors", partial(anchors, plan=InvertPlan(steps=2)))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def photos():
    def photo(number):
        drawn = portrait(faces=((106 + 4 * number, 120 + 4 * number, 104 + 5 * number, 3.0 * number),), noise=3)
        return f"{number}.png", lit(drawn, number).encode("PNG").data

    return [photo(number) for number in range(4)]


@pytest.fixture
def seen(photos, monkeypatch, cache={}):  # noqa: B006  (looked at once for all tests)
    """The same photos, whose faces were found before."""
    found = cache.setdefault(0, survey(photos, PORTRAIT, SIDE))
    monkeypatch.setattr("retoucher.edits.personal.intake.survey", lambda photos, template, side, tell: found)
    return photos


def made(name, photos, **options):
    return create(name, photos, load=Loads(), plan=PLAN, **options)


def numbers(name):
    return read_tensors(persons.folder(name) / persons.TENSORS)


def test_a_person_is_made_of_photos_and_no_photo_is_kept(photos, home):
    told = []
    record = made(
        "ada", [*photos, ("x.png", portrait(faces=()).encode("PNG").data)], tell=lambda f, m: told.append((f, m))
    )
    assert record == persons.record("ada")
    assert record.finished
    assert (record.steps, record.planned) == (4, 4)
    assert record.used == ("0.png", "1.png", "2.png", "3.png")
    assert [each.name for each in record.rejected] == ["x.png"]
    assert record.directions == ("smile", "turn")
    assert record.beta == 0.5
    assert "Only 4 photos" in record.warnings[0]
    assert sorted(path.name for path in persons.folder("ada").iterdir()) == ["person.json", "person.safetensors"]
    assert numbers("ada")["anchors"].shape == (4, WIDTH)
    assert record.size < 60_000
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_it_is_ready_for_every_edit_by_its_name(seen, monkeypatch):
    base = tiny_base()
    base.sha256 = "ab"
    create("ada", seen, load=Loads(base=base), plan=PLAN)
    copy = replace(_copy(), sha256="ab")
    monkeypatch.setattr("retoucher.weights.find", lambda entry: copy)
    monkeypatch.setattr("retoucher.weights.load_tensors", lambda copy: {})
    monkeypatch.setattr("retoucher.weights.build", lambda entry, tensors, name: tiny_base())
    person = catalogue.load("person:ada", "cpu")
    assert person.photos == ("0.png", "1.png", "2.png", "3.png")
    assert person.template == "portrait"
    assert torch.equal(person.anchors, numbers("ada")["anchors"])
    monkeypatch.setattr("retoucher.weights.find", lambda entry: replace(copy, sha256="other"))
    with pytest.raises(UsageError, match="another portraits-128 than is here now"):
        catalogue.load("person:ada", "cpu")
    monkeypatch.setattr("retoucher.weights.find", lambda entry: None)
    with pytest.raises(UsageError, match="not here"):
        catalogue.load("person:ada", "cpu")


def _copy():
    from retoucher.weights import Copy

    entry = catalogue.entry("portraits-128")
    return Copy(entry, "shipped", persons.folder("ada"), "", "", "")


def test_stopped_and_gone_on_with_it_comes_to_the_same_numbers(seen):
    made("whole", seen)

    def stop(fraction, message):
        if "step 2 of" in message:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        made("half", seen, tell=stop)
    record = persons.record("half")
    assert (record.finished, record.steps) == (False, 2)
    with pytest.raises(UsageError, match="--resume"):
        made("half", seen)
    with pytest.raises(UsageError, match="not finished"):
        persons.export("half", persons.folder("half") / "x")
    assert create("half", load=Loads(), resume=True).finished
    assert all(torch.equal(tensor, numbers("half")[name]) for name, tensor in numbers("whole").items())
    with pytest.raises(UsageError, match="nothing to go on with"):
        create("half", load=Loads(), resume=True)


def test_time_that_is_up_ends_it_with_what_has_been_learnt(seen):
    record = made("ada", seen, minutes=1e-9)
    assert record.finished
    assert record.steps == 1


def test_what_cannot_be_made_is_said_with_reasons(photos, tmp_path):
    with pytest.raises(UsageError, match="no photos"):
        made("ada", [])
    with pytest.raises(UsageError, match="Only 1 of the photos can be used, and at least 3"):
        made("ada", photos[:1])
    nobody = [(f"{i}.png", portrait(faces=()).encode("PNG").data) for i in range(3)]
    with pytest.raises(UsageError, match=r"None of the photos .* \(0\.png: no face was found in it; 1\.png"):
        made("ada", nobody)
    with pytest.raises(UsageError, match="letters, digits"):
        made("../ada", photos)
    with pytest.raises(UsageError, match="no base of faces"):
        create("ada", photos, load=lambda name: torch.nn.Identity())
    assert persons.names() == []
    made("ada", photos)
    with pytest.raises(UsageError, match="delete it first"):
        made("ada", photos)
    with pytest.raises(UsageError, match="no person called 'eve'"):
        create("eve", load=Loads(), resume=True)


def test_another_base_or_a_deleted_person_is_noticed(seen):
    def stop(fraction, message):
        if "step 1 of" in message:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        made("ada", seen, tell=stop)
    other = tiny_base()
    other.sha256 = "other"
    with pytest.raises(UsageError, match="another portraits-128"):
        create("ada", load=Loads(base=other), resume=True)
    persons.delete("ada")

    def remove(fraction, message):
        if "step 2 of" in message:
            for path in persons.folder("ada").iterdir():
                path.unlink()

    with pytest.raises(RetoucherError, match="deleted meanwhile"):
        made("ada", seen, tell=remove)


def test_a_full_disk_is_one_sentence_and_what_was_kept_stays(seen, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    def fill(fraction, message):
        if "step 3 of" in message:
            monkeypatch.setattr("os.fsync", full)

    with pytest.raises(RetoucherError, match=r"(?i)space left"):
        made("ada", seen, tell=fill)
    monkeypatch.setattr("os.fsync", lambda number: None)
    kept = read_tensors(persons.folder("ada") / persons.UNFINISHED)
    assert int(kept["step"]) == 0
    assert create("ada", load=Loads(), resume=True).finished


def test_it_is_in_use_while_it_is_made(seen):
    busy = []
    made("ada", seen, tell=lambda fraction, message: busy.append(persons.busy("ada")))
    assert all(busy)
    assert not persons.busy("ada")
