"""`retoucher evaluate inpaint` from photos to its three files, and everything that can be asked wrongly."""

import json
from io import BytesIO

import numpy as np
import pytest
from evaluation_fakes import photo, vgg_tensors
from PIL import Image
from safetensors.torch import save_file

from retoucher.cli import main
from retoucher.evaluation import resident
from retoucher.evaluation.cases import Case
from retoucher.weights import digest


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(photo(90, 70 + number, number)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def evaluate(photos, capsys):
    """Run the command on small photos without measuring memory: exit code, standard output, standard error."""

    def run(*words, memory=False):
        given = [] if "--photos" in words else ["--photos", str(photos)]
        small = [] if "--size" in words else ["--size", "256"]
        code = main(["evaluate", "inpaint", *given, *small, *map(str, words), *([] if memory else ["--no-memory"])])
        return code, *capsys.readouterr()

    return run


def shapes(folder, side):
    """A folder with one hole of 10 by 10 in `side` by `side`."""
    folder.mkdir()
    array = np.zeros((side, side), np.uint8)
    array[15:25, 20:30] = 255
    Image.fromarray(array).save(folder / "a.png")


def figures(path):
    """The JSON without what depends on the machine's load."""
    found = json.loads((path / "report.json").read_text("utf-8"))
    for picture in found["pictures"]:
        for row in picture["methods"].values():
            del row["seconds"]
    for rows in found["summary"].values():
        for row in rows.values():
            del row["seconds"]
    return found["summary"], found["pictures"]


def test_a_report_has_tables_all_figures_and_a_contact_sheet(evaluate, tmp_path, photos):
    (photos / "2.png").write_bytes(b"no picture")
    save_file(vgg_tensors(), tmp_path / "vgg.safetensors")
    shapes(tmp_path / "small", 48)
    shapes(tmp_path / "large", 64)
    words = ["--holes", "small,large", "--models", "telea,ns,auto", "--features", "vgg.safetensors", "-o", "out/deep"]
    code, said, errors = evaluate(*words)
    assert code == 0, errors
    report = json.loads((tmp_path / "out" / "deep" / "report.json").read_text("utf-8"))
    assert list(report["summary"]) == ["small", "large"]
    row = report["summary"]["small"]["auto"]
    assert row["photos"] == 2
    assert row["by"] == {"exemplar": 2}
    assert row["feature_distance"] == pytest.approx(
        np.mean([each["methods"]["auto"]["feature_distance"] for each in report["pictures"][::2]])
    )
    assert {"psnr", "psnr_hole", "ssim", "l1", "l1_hole", "fid", "kid", "ratio", "deciles", "seconds"} <= set(row)
    assert len(report["pictures"]) == 4
    assert report["settings"]["seed"] == 0
    assert report["files"] == {"vgg.safetensors": digest(tmp_path / "vgg.safetensors")}
    assert report["left_out"] == ["photos/2.png: cannot be read (it is no picture, or one of another kind)."]
    text = (tmp_path / "out" / "deep" / "report.md").read_text("utf-8")
    assert "## Holes: small\n\n2 photos; " in text
    assert "| auto (exemplar) |" in text
    assert "NOT the published ones" in text
    assert "photos/2.png" in text
    assert text.strip() in said
    with Image.open(tmp_path / "out" / "deep" / "sheet.png") as sheet:
        assert sheet.size[0] == 6 + 5 * 262


def test_the_same_seed_gives_the_same_figures_and_another_does_not(evaluate, tmp_path):
    words = ["--holes", "medium", "--models", "telea", "--limit", "2", "--quiet"]
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        assert evaluate(*words, "--seed", seed, "-o", name)[0] == 0
    one, two, three = (figures(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two != three


def test_figures_of_a_set_do_not_depend_on_the_other_sets(evaluate, tmp_path):
    words = ["--models", "telea", "--limit", "2", "--quiet"]
    assert evaluate(*words, "--holes", "narrow,medium", "-o", "both")[0] == 0
    assert evaluate(*words, "--holes", "medium", "-o", "one")[0] == 0
    assert figures(tmp_path / "both")[0]["medium"] == figures(tmp_path / "one")[0]["medium"]


def test_without_networks_the_report_says_what_is_missing(evaluate, tmp_path):
    code, said, _ = evaluate("--holes", "narrow", "--models", "telea", "--limit", "1", "-o", "out")
    assert code == 0
    assert "No feature distance: it needs VGG-19's weights" in said
    assert "No LPIPS" in said
    assert "No FID and KID" in said
    assert "feature distance, hole" not in said


def test_holes_may_be_pictures(evaluate, tmp_path):
    shapes(tmp_path / "shapes", 50)
    code, said, errors = evaluate("--holes", "shapes", "--models", "telea,biharmonic", "-o", "out")
    assert code == 0, errors
    assert "## Holes: shapes\n\n3 photos; the holes cover 4% of the picture" in said


def test_photos_come_from_tars_too(evaluate, tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        for number in range(2):
            file = BytesIO()
            Image.fromarray(photo(80, 80, number)).save(file, "PNG")
            member = tarfile.TarInfo(f"{number}.png")
            member.size = len(file.getvalue())
            archive.addfile(member, BytesIO(file.getvalue()))
    code, said, errors = evaluate("--photos", "shard.tar", "--holes", "wide", "--models", "ns", "-o", "out")
    assert code == 0, errors
    assert "## Holes: wide\n\n2 photos; " in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--models", "tela"], "did you mean 'telea'"),
        (["--models", "big-lama"], "No weights for big-lama are here"),
        (["--models", ","], "at least one set of holes and one method"),
        (["--models", "telea,telea"], "telea is given twice"),
        (["--models", "lama=gone.safetensors"], "no file at gone.safetensors"),
        (["--holes", "narow"], "did you mean 'narrow'"),
        (["--holes", "narrow,narrow"], "have the same name"),
        (["--holes", "empty"], "no pictures in empty"),
        (["--size", "100"], "choose 256 or 512"),
        (["--size", "big"], "--size"),
        (["--limit", "0"], "1 or more"),
        (["--seed", "-1"], "whole number from 0"),
        (["--photos", "gone"], "There is no gone"),
        (["--photos", "empty"], "There are no photos"),
        (["--features", "gone.pth"], "no file at gone.pth"),
        (["--features", "noise.pth"], "noise.pth is no checkpoint"),
        (["--lpips", "gone.pth"], "no file at gone.pth"),
        (["--lpips", "linear.safetensors"], "LPIPS needs a backbone"),
        (["--inception", "gone.pth"], "no file at gone.pth"),
        (["--inception", "linear.safetensors"], "FID's Inception"),
        (["--device", "gpu"], "no device called 'gpu'"),
        (["--output", "full"], "report.json already exists"),
        (["--output", "noise.pth"], "is a file and cannot be a folder"),
        (["--output", "noise.pth/deeper"], "is a file and cannot be a folder"),
        (["--modles", "telea"], "--modles"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence_and_leaves_nothing(evaluate, tmp_path, words, said):
    import torch

    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "report.json").write_text("{}")
    (tmp_path / "noise.pth").write_bytes(b"noise")
    save_file({"lin0.model.1.weight": torch.zeros(1)}, tmp_path / "linear.safetensors")
    defaults = {"--models": "telea", "--holes": "narrow", "--output": "out"}
    rest = [word for pair in defaults.items() if pair[0] not in words for word in pair]
    code, _, errors = evaluate(*words, *rest)
    assert code in (1, 2)
    assert errors.startswith("retoucher: ")
    assert errors.count("\n") == 1
    assert said in errors
    assert not list(tmp_path.rglob("sheet.png"))


def test_photos_that_are_all_unreadable_are_wrong_use(evaluate, photos):
    for path in photos.iterdir():
        path.write_bytes(b"no picture")
    code, _, errors = evaluate("--holes", "narrow", "--models", "telea", "-o", "out")
    assert code == 2
    assert "None of the 3 photos can be used" in errors


def test_a_report_is_replaced_only_when_told_to(evaluate, tmp_path):
    words = ["--holes", "wide", "--models", "telea", "--limit", "1", "-o", "out", "--quiet"]
    assert evaluate(*words)[0] == 0
    before = (tmp_path / "out" / "report.json").read_bytes()
    code, _, errors = evaluate(*words)
    assert code == 2
    assert "pass --overwrite" in errors
    assert (tmp_path / "out" / "report.json").read_bytes() == before
    assert evaluate(*words, "--overwrite", "--seed", "1")[0] == 0
    assert (tmp_path / "out" / "report.json").read_bytes() != before


def test_ctrl_c_leaves_no_report(evaluate, tmp_path, monkeypatch):
    from retoucher.evaluation.measure import Bench

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Bench, "_case", interrupted)
    code, _, errors = evaluate("--holes", "wide", "--models", "telea", "-o", "out")
    assert code == 130
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_memory_is_that_of_a_process_which_does_nothing_else():
    small = Case(photo(64, 64), np.pad(np.ones((8, 8), bool), 28))
    large = np.zeros((3000, 3000, 3), np.uint8)
    found = resident.megabytes("telea", "cpu", small)["megabytes"]
    more = resident.megabytes("telea", "cpu", Case(large, np.pad(np.ones((8, 8), bool), 1496)))["megabytes"]
    assert 20 < found < 400
    assert found + 27 < more < found + 500  # the picture alone has 27 MB
    assert resident.megabytes("no such method", "cpu", small) == {}


def test_photos_may_come_from_several_folders_with_any_name(evaluate, tmp_path):
    for name in ("a, b", "c"):
        (tmp_path / name).mkdir()
        Image.fromarray(photo(80, 80)).save(tmp_path / name / f"{name}.png")
    code, said, errors = evaluate("--photos", "a, b", "c", "--holes", "wide", "--models", "ns", "-o", "out")
    assert code == 0, errors
    assert "2 photos" in said
