"""`retoucher evaluate redraw` from portraits to its three files, with a tiny random network."""

import json

import cv2
import numpy as np
import pytest
import torch
from evaluation_fakes import vgg_tensors
from PIL import Image
from safetensors.torch import save_file

from retoucher import catalogue
from retoucher.cli import main
from retoucher.edits.redraw import Redraw
from retoucher.evaluation.redrawing.cases import open_cases
from retoucher.evaluation.redrawing.methods import by_the_edit, open_guided
from retoucher.models.scfegan.network import small
from retoucher.weights import digest

SIDE = 96
LOAD = catalogue.load


def network():
    torch.manual_seed(0)
    return small(width=8, deepest=16, finish=4).eval()


def portrait(seed=0):
    random = np.random.RandomState(seed)
    picture = np.full((SIDE, SIDE, 3), (90, 120, 160), np.uint8)
    for share in (0.4, 0.28, 0.17, 0.08):
        cv2.circle(picture, (SIDE // 2, SIDE // 2), int(SIDE * share), random.randint(0, 256, 3).tolist(), -1)
    return picture


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    """No weights but tiny random ones."""

    def load(name, device=None):
        if name != "scfegan":
            return LOAD(name, device=device)
        model = network()
        model.weights_name = "scfegan"
        return model

    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(catalogue, "load", load)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def portraits(tmp_path):
    folder = tmp_path / "portraits"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(portrait(number)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def evaluate(portraits, capsys):
    def run(*words):
        given = [] if "--photos" in words else ["portraits"]
        more = [] if "--others" in words else ["--others", ""]
        more += [] if "--size" in words else ["--size", str(SIDE)]
        return main(["evaluate", "redraw", *given, *more, *map(str, words)]), *capsys.readouterr()

    return run


def told(path):
    """The JSON without what depends on the machine's load."""
    found = json.loads((path / "report.json").read_text("utf-8"))
    for row in (row for picture in found["pictures"] for row in picture["methods"].values()):
        del row["seconds"]
    return found


def test_a_report_has_a_table_all_figures_and_a_contact_sheet(evaluate, tmp_path, portraits):
    (portraits / "2.png").write_bytes(b"no picture")
    save_file(vgg_tensors(), tmp_path / "vgg.safetensors")
    code, said, errors = evaluate("--features", "vgg.safetensors", "--others", "telea", "-o", "out")
    assert code == 0, errors
    report = told(tmp_path / "out")
    rows = report["summary"]["face"]
    assert list(rows) == ["full", "lines", "colors", "partial", "none", "warped", "hues", "telea"]
    obedience = {"line_f1", "delta_e", "outside", "seconds"}
    likeness = {"feature_distance", "ratio", "psnr_hole", "ssim_hole", "edge_f1"}
    assert all(obedience <= set(row) for row in rows.values())
    assert all((likeness <= set(row)) == (name not in ("warped", "hues")) for name, row in rows.items())
    assert rows["none"]["ratio"] == 1
    assert rows["full"]["ratio"] == rows["full"]["feature_distance"] / rows["none"]["feature_distance"]
    assert rows["telea"]["ratio"] == rows["telea"]["feature_distance"] / rows["none"]["feature_distance"]
    assert rows["telea"]["outside"] == 0
    assert report["task"] == "redraw"
    assert report["files"] == {"vgg.safetensors": digest(tmp_path / "vgg.safetensors")}
    assert report["left_out"] == ["portraits/2.png: cannot be read (it is no picture, or one of another kind)."]
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "## Holes: face\n\n2 portraits; the holes cover" in text
    assert "## The photo itself, face holes, drawing by drawing" in text
    assert "| hues (scfegan) | – | – | – | – | – |" in text
    assert text.strip() in said
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.size[0] == 6 + (3 + 8 + 1) * 262


def test_the_same_figures_every_time_and_photos_may_be_named_like_the_other_options(evaluate, tmp_path):
    words = ["--photos", "portraits", "--guidance", "full,none", "--limit", "2", "--quiet"]
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        assert evaluate(*words, "--seed", seed, "-o", name)[0] == 0
    one, two, three = (told(tmp_path / name)["pictures"] for name in ("one", "two", "three"))
    assert one == two != three


def test_holes_do_not_depend_on_the_guidance_and_the_other_holes(evaluate, tmp_path):
    assert evaluate("--holes", "zigzags,irregular", "--guidance", "none,full", "-o", "both")[0] == 0
    assert evaluate("--holes", "irregular", "--guidance", "full", "-o", "one")[0] == 0
    both, one = (told(tmp_path / name)["pictures"] for name in ("both", "one"))
    assert [each["methods"]["full"] for each in both[1::2]] == [each["methods"]["full"] for each in one]


def test_models_and_ways_are_rows_of_their_own(evaluate, tmp_path):
    torch.manual_seed(1)
    save_file(small(width=16, deepest=32, finish=8).state_dict(), tmp_path / "other.safetensors")
    words = ["--models", "scfegan,scfegan=other.safetensors", "--through", "network,edit", "--limit", "1"]
    code, _, errors = evaluate(*words, "--guidance", "full,none", "-o", "out")
    assert code == 0, errors
    report = told(tmp_path / "out")
    names = ["full", "none", "full by the edit", "none by the edit"]
    rows = report["summary"]["face"]
    assert list(rows) == [f"{name} {by}" for by in ("scfegan", "other") for name in names]
    assert {row["outside"] for row in rows.values()} == {0}
    assert report["files"] == {"other.safetensors": digest(tmp_path / "other.safetensors")}
    assert rows["full other"]["weights_megabytes"] == (tmp_path / "other.safetensors").stat().st_size / 1e6


def test_without_scikit_image_and_vgg_the_report_says_what_is_missing(evaluate, tmp_path, monkeypatch):
    monkeypatch.setattr("retoucher.evaluation.color_difference.available", lambda: False)
    code, said, errors = evaluate("--guidance", "full", "--limit", "1", "-o", "out")
    assert code == 0, errors
    assert "No ΔE: it needs scikit-image" in said
    assert "No feature distance" in said
    row = told(tmp_path / "out")["summary"]["face"]["full"]
    assert "delta_e" not in row
    assert "line_f1" in row


def test_by_the_edit_is_what_a_person_gets():
    case, model = open_cases("face", SIDE, 0).next(portrait()), network()
    (method,) = open_guided(["scfegan"], ["full"], ["edit"], "cpu", 7)
    drawing = case.drawings["own"]
    found = method.on(case).picture
    assert np.array_equal(found, by_the_edit(model, case.picture, case.hole, drawing, seed=7))
    assert np.array_equal(found[~case.hole], case.picture[~case.hole])
    assert Redraw.parse({"face": "21,21,53,53", "seed": 7}).face == "21,21,53,53"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--holes", "faces"], "did you mean 'face'"),
        (["--holes", "face,face"], "face is given twice"),
        (["--guidance", "ful"], "no guidance 'ful' (did you mean 'full'?)"),
        (["--guidance", ","], "at least one of each"),
        (["--through", "nothing"], "no way 'nothing'"),
        (["--models", "scfegn"], "did you mean 'scfegan'"),
        (["--models", "scfegan=gone.safetensors"], "no file at gone.safetensors"),
        (["--models", "scfegan=noise.pth"], "noise.pth is no checkpoint"),
        (["--others", "tela"], "did you mean 'telea'"),
        (["--size", "100"], "a multiple of 32"),
        (["--limit", "0"], "1 or more"),
        (["--seed", "-1"], "whole number from 0"),
        (["--photos", "gone"], "There is no gone"),
        (["--features", "gone.pth"], "no file at gone.pth"),
        (["--device", "gpu"], "no device called 'gpu'"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence_and_leaves_nothing(evaluate, tmp_path, words, said):
    (tmp_path / "noise.pth").write_bytes(b"noise")
    code, _, errors = evaluate(*words, "-o", "out")
    assert code in (1, 2)
    assert errors.startswith("retoucher: ")
    assert errors.count("\n") == 1
    assert said in errors
    assert not (tmp_path / "out").exists()
