"""`retoucher person`, `restore`, `adjust` and `imagine`, as a person at a terminal meets them."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from people import SIDE, Loads
from portraits import BOX, MOUTH, lit, portrait
from retoucher import persons
from retoucher.cli import main
from retoucher.edits.restore import Restore
from retoucher.image import Image
from retoucher.models.mystyle import tune
from retoucher.models.mystyle.invert import Plan as InvertPlan
from retoucher.models.mystyle.invert import anchors

FACE = ",".join(map(str, BOX))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with photos of a person, one photo to repair, and networks that need no weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    loads = Loads()
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: loads(name))
    monkeypatch.setattr("retoucher.models.mystyle.tune.Plan", lambda: PLAN)
    monkeypatch.setattr("retoucher.models.mystyle.invert.anchors", partial(anchors, plan=InvertPlan(steps=2)))
    portrait(noise=3).save("photo.png")
    (tmp_path / "mask.png").write_bytes(MOUTH.encode())
    return tmp_path


PLAN = tune.Plan(passes=1, batch=4, rank=2, least=0)


@pytest.fixture
def photos():
    Path("photos/more").mkdir(parents=True)
    for number in range(3):
        drawn = portrait(faces=((106 + 4 * number, 120 + 4 * number, 104 + 5 * number, 3.0 * number),), noise=3)
        lit(drawn, number).save(Path("photos") / ("more" if number else "") / f"{number}.png")
    Path("photos/notes.txt").write_text("no photo")


def test_a_person_is_made_of_a_folder_shown_listed_exported_and_deleted(capsys, photos):
    assert main(["person", "list"]) == 0
    assert "no person yet" in capsys.readouterr().out
    assert main(["person", "create", "ada", "photos", "--yes", "--base", "portraits-128"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ada: ready, base portraits-128, ")
    assert "3 photos used, 0 not:" in said
    assert "Only 3 photos can be used" in said
    assert "smile: " in said
    assert main(["person", "list"]) == 0
    assert capsys.readouterr().out.startswith("ada: 3 photos, base portraits-128, ready, ")
    assert main(["person", "show", "ada"]) == 0
    assert capsys.readouterr().out == said
    assert main(["person", "export", "ada", "taken"]) == 0
    assert sorted(path.name for path in Path("taken").iterdir()) == ["person.json", "person.safetensors"]
    assert "can make pictures of this face" in capsys.readouterr().out
    assert main(["person", "delete", "ada", "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "deleted persons/ada/person.json",
        "deleted persons/ada/person.safetensors",
    ]
    assert persons.names() == []


def test_consent_is_asked_for_and_no_is_no(capsys, photos, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert main(["person", "create", "ada", "photos"]) == 1
    assert capsys.readouterr().out == f"{persons.CONSENT}\nNothing was made.\n"
    assert persons.names() == []

    def nobody(question):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert main(["person", "create", "ada", "photos"]) == 2
    assert "add --yes if you agree" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["person", "create", "ada", "--yes"], "Name photos"),
        (["person", "create", "ada", "nowhere", "--yes"], "no file or folder at nowhere"),
        (["person", "create", "ada", "empty", "--yes"], "no photos in empty"),
        (["person", "create", "../x", "photo.png", "--yes"], "letters, digits"),
        (["person", "create", "ada", "photo.png", "--yes", "--minutes", "0"], "above 0"),
        (["person", "create", "ada", "photo.png", "--yes"], "at least 3"),
        (["person", "show", "ada"], "no person called 'ada'"),
        (["person", "delete", "ada", "--yes"], "no person called 'ada'"),
        (["restore", "photo.png", "--person", "ada", "-o", "new.png"], "--mask FILE"),
        (["restore", "--person", "ada", "-o", "new.png"], "Name a photo"),
        (["adjust", "photo.png", "--person", "ada", "--direction", "wings", "-o", "new.png"], "it knows smile, turn"),
        (["imagine", "--person", "ada", "-o", "photo.png"], "is a file"),
        (["imagine", "-o", "new"], "Say whose model"),
    ],
)
def test_wrong_use_is_one_sentence(capsys, words, said):
    Path("empty").mkdir()
    assert main([*words]) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert found.err.count("\n") == 1
    assert found.out == ""


def test_a_face_is_repaired_as_in_python_and_further_answers_are_numbered(capsys):
    words = ["--person", "ada", "--mask", "mask.png", "--face", FACE, "--steps", "2", "--count", "2", "-o", "new.png"]
    assert main(["restore", "photo.png", *words]) == 0
    assert capsys.readouterr().out.startswith("new.png: restored by mystyle (person:ada) in ")
    edit = Restore(person="ada", face=FACE, steps=2, count=2)
    made = edit.run(Image.open("photo.png"), MOUTH, load=Loads())
    for image, name in zip(made.images, ("new.png", "new-2.png"), strict=True):
        assert np.array_equal(Image.open(name).samples, image.samples)


def test_a_photo_is_enlarged_and_adjusted(capsys):
    words = ["--person", "ada", "--face", FACE, "--steps", "2"]
    assert main(["restore", "photo.png", *words, "--scale", "2", "-o", "large.png"]) == 0
    assert Image.open("large.png").size == (480, 440)
    adjusted = ["--direction", "turn", "--amount", "3", "--tune", "1", "-o", "turned.png"]
    assert main(["adjust", "photo.png", *words, *adjusted]) == 0
    assert "turned.png: adjusted by mystyle" in capsys.readouterr().out


def test_imagined_pictures_go_to_a_folder_and_stay_there(capsys):
    words = ["imagine", "--person", "ada", "--count", "2", "--seed", "3", "-o", "new"]
    assert main(words) == 0
    assert [Image.open(f"new/ada-{number}.png").size for number in (1, 2)] == [(SIDE, SIDE)] * 2
    assert "new: 2 pictures by person:ada in " in capsys.readouterr().out
    assert main(words) == 2
    assert "already exists" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0
