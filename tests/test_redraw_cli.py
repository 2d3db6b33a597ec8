from pathlib import Path

import numpy as np
import pytest

from portraits import BOX, MOUTH, SCFEGAN, layer, portrait
from retoucher.cli import main
from retoucher.edits.redraw import Redraw
from retoucher.edits.trace import Trace
from retoucher.image import Image
from retoucher.mask import Mask

LINE = np.zeros((240, 220), bool)
LINE[160, 92:128] = True


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a portrait and what is drawn on it, and a network that needs no weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: SCFEGAN())
    portrait().save("photo.png")
    portrait(faces=()).save("nobody.png")
    (tmp_path / "mask.png").write_bytes(MOUTH.encode())
    layer(LINE).save("lines.png")
    return tmp_path


def files():
    return {path.name: path.read_bytes() for path in sorted(Path().iterdir())}


def refused(capsys, *words, code=2):
    before = files()
    assert main([*words]) == code
    assert files() == before
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.endswith((".\n", "?\n"))
    return said.err


def test_a_face_is_redrawn_and_it_is_said_how(capsys):
    words = ["redraw", "photo.png", "--mask", "mask.png", "--sketch", "lines.png", "-o", "new.png", "--seed", "4"]
    assert main(words) == 0
    made = Redraw(seed=4).run(portrait(), MOUTH, layer(LINE), load=lambda name: SCFEGAN())
    assert np.array_equal(Image.open("new.png").samples, made.image.samples)
    assert capsys.readouterr().out.startswith("new.png: redrawn by scfegan in ")


def test_the_mask_may_be_a_box_and_the_face_given(capsys):
    face = ",".join(map(str, BOX))
    assert main(["redraw", "nobody.png", "--box", "90,150,30,20", "--face", face, "-o", "new.png"]) == 0
    assert "filled as the rest of the face suggests" in capsys.readouterr().out
    same = (Image.open("new.png").samples == Image.open("nobody.png").samples).all(2)
    same[150:170, 90:120] = True
    assert same.all()


def test_several_photos_go_to_a_folder(tmp_path):
    portrait(noise=3).save("other.png")
    assert main(["redraw", "photo.png", "other.png", "--mask", "mask.png", "-o", "out/", "--quiet"]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["other.png", "photo.png"]


def test_a_tracing_is_two_files_that_can_be_given_back(capsys):
    assert main(["trace", "photo.png", "-o", "own.png", "--colors", "colors.png", "--detail", "0.8"]) == 0
    assert "pixels of lines; faces at " in capsys.readouterr().out
    made = Trace(detail=0.8).run(portrait())
    assert np.array_equal(Mask.open("own.png").array, made.mask.array)
    assert np.array_equal(Image.open("colors.png").samples, made.views["colors"].samples)
    words = ["redraw", "photo.png", "--mask", "mask.png", "--sketch", "own.png", "--color", "colors.png", "--quiet"]
    assert main([*words, "-o", "new.png"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["redraw", "-o", "new.png"], "Name a photo"),
        (["redraw", "photo.png", "-o", "new.png"], "--mask FILE"),
        (["redraw", "nobody.png", "--mask", "mask.png", "-o", "new.png"], "--face X,Y,WIDTH,HEIGHT"),
        (["redraw", "photo.png", "--mask", "mask.png", "-o", "photo.png"], "the photo itself"),
        (["redraw", "photo.png", "--mask", "mask.png", "-o", "mask.png", "--overwrite"], "the mask itself"),
        (
            ["redraw", "photo.png", "--mask", "mask.png", "--sketch", "lines.png", "-o", "lines.png", "--overwrite"],
            "the sketch itself",
        ),
        (["redraw", "photo.png", "--mask", "mask.png", "--color", "none.png", "-o", "new.png"], "none.png"),
        (["redraw", "photo.png", "--mask", "mask.png", "--face", "1,2", "-o", "new.png"], "X,Y,WIDTH,HEIGHT"),
        (["redraw", "photo.png", "--mask", "mask.png", "--variants", "3", "-o", "new.png"], "--variants"),
        (["trace", "-o", "own.png"], "Name a photo"),
        (["trace", "photo.png", "-o", "own.jpg"], "end own.jpg in .png"),
        (["trace", "photo.png", "-o", "own.png", "--colors", "c.jpg"], "end c.jpg in .png"),
        (["trace", "photo.png", "-o", "own.png", "--colors", "own.png"], "a file of their own"),
        (["trace", "photo.png", "-o", "lines.png"], "already exists"),
        (["trace", "photo.png", "-o", "own.png", "--colors", "lines.png"], "already exists"),
        (["trace", "photo.png", "-o", "own.png", "--detail", "3"], "less than or equal to 1"),
    ],
)
def test_wrong_use_is_one_sentence_and_leaves_nothing(words, said, capsys):
    assert said in refused(capsys, *words)
