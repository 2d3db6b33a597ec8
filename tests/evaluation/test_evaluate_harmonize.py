"""`retoucher evaluate harmonize` from a folder of cases to its three files, with a tiny random network."""

import json

import pytest
import torch
from evaluation_fakes import painted_case, vgg_tensors
from PIL import Image
from safetensors.torch import save_file

from retoucher import catalogue
from retoucher.cli import main
from retoucher.evaluation.harmonizing.methods import Numbers, megabytes, open_methods
from retoucher.models.common.small_features import Sizes, SmallFeatures
from retoucher.models.harmonization.network import Harmonization
from retoucher.weights import digest

SIZES = Sizes(8, (8, 8, 8, 8))


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    """No weights but tiny random ones, which are all that is ever loaded."""

    def load(name, device=None):
        assert name == catalogue.HARMONIZATION
        torch.manual_seed(0)
        network = Harmonization(SmallFeatures(SIZES).requires_grad_(False)).eval()
        network.weights_name = "tiny"
        return network

    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(catalogue, "load", load)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cases(tmp_path):
    folder = tmp_path / "paintings"
    folder.mkdir()
    for number in range(2):
        case = painted_case(seed=number)
        for part in ("painting", "composite", "mask"):
            pixels = (getattr(case, part).permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
            Image.fromarray(pixels.squeeze()).save(folder / f"{number}_{part}.png")
    return folder


@pytest.fixture
def evaluate(cases, capsys):
    def run(*words):
        given = [] if "--cases" in words else ["--cases", "paintings"]
        words = [*given, "--steps", "4", "--no-memory", *map(str, words)]
        return main(["evaluate", "harmonize", *words]), *capsys.readouterr()

    return run


def told(path):
    """The JSON without what depends on the machine's load."""
    found = json.loads((path / "report.json").read_text("utf-8"))
    for row in (row for picture in found["pictures"] for row in picture["methods"].values()):
        del row["seconds"]
    return found


def test_a_report_has_a_table_all_figures_and_a_contact_sheet(evaluate, tmp_path, cases):
    save_file(vgg_tensors(), tmp_path / "vgg.safetensors")
    (cases / "alone_mask.png").write_bytes((cases / "0_mask.png").read_bytes())
    code, said, errors = evaluate("--features", "vgg.safetensors", "-o", "out")
    assert code == 0, errors
    report = told(tmp_path / "out")
    rows = report["summary"]["paintings"]
    assert list(rows) == ["naive", "poisson", "pass1", "pass2", "finish"]
    figures = {"style", "style_shared", "style_whole", "histogram", "content", "seam", "ratio", "seconds"}
    assert all(figures <= set(row) for row in rows.values())
    assert rows["naive"]["content"] == 0
    assert rows["naive"]["ratio"] == 1
    assert rows["finish"]["content"] > 0
    assert rows["pass2"]["style"] == rows["pass2"]["style_shared"]  # it matched what the others are compared with
    assert 0.1 <= rows["finish"]["strength"] <= 1
    assert rows["finish"]["by"] == {"tiny": 2}
    assert [picture["case"] for picture in report["pictures"]] == ["0", "1"]
    assert report["task"] == "harmonize"
    assert report["files"] == {"vgg.safetensors": digest(tmp_path / "vgg.safetensors")}
    assert report["left_out"] == ["alone: there is no alone_painting and no alone_composite."]
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "## Cases: paintings\n\n2 cases; the objects cover 15% of the painting on average." in text
    assert "## Style, case by case" in text
    assert "| finish (tiny) |" in text
    assert text.strip() in said
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.size == (6 + 6 * 390, 22 + 22 + 2 * 406)


def test_the_same_figures_every_time(evaluate, tmp_path):
    words = ["--methods", "naive,finish", "--limit", "1", "--quiet"]
    assert evaluate(*words, "-o", "one")[0] == evaluate(*words, "-o", "two")[0] == 0
    one, two = (told(tmp_path / name)["pictures"] for name in ("one", "two"))
    assert one == two
    assert "style" not in one[0]["methods"]["finish"]  # no VGG-19 is here, and the seam needs none
    assert one[0]["methods"]["finish"]["seam"] < one[0]["methods"]["naive"]["seam"]


def test_models_and_strengths_are_rows_of_their_own(evaluate, tmp_path):
    torch.manual_seed(1)
    save_file(SmallFeatures(SIZES).state_dict(), tmp_path / "other.safetensors")
    words = ["--methods", "pass1,finish", "--models", "auto,features-small=other.safetensors"]
    code, _, errors = evaluate(*words, "--strengths", "0,0.5", "--limit", "1", "-o", "out")
    assert code == 0, errors
    report = told(tmp_path / "out")
    other = "features-small=other"
    names = ["pass1 auto", "finish auto 0", "finish auto 0.5"]
    assert list(report["summary"]["paintings"]) == [*names, *(name.replace("auto", other) for name in names)]
    assert [row["strength"] for row in report["summary"]["paintings"].values()][1:3] == [0, 0.5]
    assert report["files"] == {"other.safetensors": digest(tmp_path / "other.safetensors")}


def test_larger_cases_are_made_small(evaluate, tmp_path):
    assert evaluate("--methods", "naive", "--size", "64", "--limit", "1", "-o", "out", "--quiet")[0] == 0
    assert told(tmp_path / "out")["pictures"][0]["share"] == pytest.approx(0.147, abs=0.01)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cases", "gone"], "no folder gone"),
        (["--methods", "naive,naive"], "A method is given twice"),
        (["--methods", ","], "at least one method"),
        (["--limit", "0"], "--limit"),
        (["--size", "20"], "--size"),
        (["--features", "gone.pth"], "no file at gone.pth"),
        (["--strengths", "2"], "no strength '2'"),
        (["--models", "features-small=gone.pth"], "no file at gone.pth"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence_and_leaves_nothing(evaluate, tmp_path, words, said):
    code, _, errors = evaluate(*words, "-o", "out")
    assert code == 2
    assert errors.startswith("retoucher: ")
    assert errors.count("\n") == 1
    assert said in errors
    assert not (tmp_path / "out").exists()


def test_no_usable_case_at_all_is_wrong_use(evaluate, cases):
    for path in cases.glob("*_mask.png"):
        Image.new("L", (128, 96)).save(path)
    code, _, errors = evaluate("-o", "out")
    assert code == 2
    assert "None of the 2 cases can be used. The first: 0: the mask is all black." in errors


def test_memory_is_that_of_a_process_which_does_nothing_else():
    (method,) = open_methods(["poisson"], ["auto"], ["auto"], Numbers())
    assert 20 < megabytes(method, Numbers(), painted_case())["megabytes"] < 600
