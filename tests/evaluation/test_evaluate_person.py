"""`retoucher evaluate person` from invented faces, a folder and pairs of photos to its three files; tiny networks."""

import json

import pytest
import torch
from evaluation_fakes import vgg_tensors
from PIL import Image
from safetensors.torch import save_file

from people import SIDE, numbers, tiny_base, tiny_look
from portraits import lit, portrait
from retoucher import catalogue
from retoucher.cli import main
from retoucher.evaluation.person import Evaluation
from retoucher.evaluation.personal.bench import Answer
from retoucher.evaluation.personal.figures import summed_up, verdicts
from retoucher.evaluation.personal.subjects import Invention, left_out, perturbed
from retoucher.evaluation.personal.tasks import TASKS, few, half
from retoucher.models.mystyle.degrade import smaller

QUICK = {"--learning": "2", "--search": "2", "--unseen": "2"}
GROUPS = list(TASKS)


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    """No weights but tiny random ones."""
    look = tiny_look()
    made = {"portraits-128": tiny_base(), "look": look, "features-small": look, "no-base": torch.nn.Identity()}
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("retoucher.evaluation.personal.making.SAMPLES", 12)
    monkeypatch.setattr("retoucher.models.mystyle.space.ROUNDS", 20)
    monkeypatch.setattr(catalogue, "load", lambda name, device=None: made[name])
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def evaluate(capsys):
    def run(*words):
        quick = [part for name, value in QUICK.items() if name not in words for part in (name, value)]
        return main(["evaluate", "person", *quick, *map(str, words)]), *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def photos():
    """Drawn faces, all a little different."""

    def photo(number):
        drawn = portrait(faces=((106 + 4 * number, 120 + 4 * number, 104 + 5 * number, 3.0 * number),), noise=3)
        return lit(drawn, number)

    return [photo(number) for number in range(4)]


def told(path):
    return json.loads((path / "report.json").read_text("utf-8"))


def test_a_report_has_both_tasks_all_methods_and_a_contact_sheet(evaluate, tmp_path):
    save_file(vgg_tensors(), tmp_path / "vgg.safetensors")
    code, said, errors = evaluate("--identities", 2, "--photos", "3,5", "--features", "vgg.safetensors", "-o", "out")
    assert code == 0, errors
    report = told(tmp_path / "out")
    assert list(report["summary"]) == GROUPS == ["8x enlargement", "half-face hole"]
    for rows in report["summary"].values():
        assert list(rows) == ["plain", "base", "person 3", "person 5"]
        figures = {"identity", "identity_spread", "ratio", "feature_distance", "psnr_hole", "seconds"}
        assert all(figures <= set(row) for row in rows.values())
        assert rows["base"]["ratio"] == 1
        assert {row["photos"] for row in rows.values()} == {4}
    assert len(report["pictures"]) == 8
    assert report["settings"]["size"] == SIDE
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert text.strip() in said
    assert "## Task: half-face hole\n\n4 unseen photos" in text
    assert "| plain (bicubic) |" in text
    assert "| half-face hole | person 5 against person 3 |" in text
    assert "relu3_1 of features-small" in text
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert sheet.size[0] == 6 + 6 * 70


def test_the_same_figures_every_time_and_fewer_photos_change_nothing_else(evaluate, tmp_path):
    words = ["--identities", "1", "--quiet"]
    for name, photos, seed in (("one", "3", 3), ("two", "3,6", 3), ("three", "3", 4)):
        assert evaluate(*words, "--photos", photos, "--seed", seed, "-o", name)[0] == 0
    one, two, three = (told(tmp_path / name)["pictures"] for name in ("one", "two", "three"))
    for picture in [*one, *two, *three]:
        picture["methods"].pop("person 6", None)
        for row in picture["methods"].values():
            del row["seconds"]
    assert one == two != three


def test_a_folder_is_restored_photo_by_photo_from_the_others(evaluate, tmp_path, photos):
    folder = tmp_path / "ada"
    folder.mkdir()
    for number, photo in enumerate(photos):
        photo.save(folder / f"{number}.png")
    portrait(faces=()).save(folder / "nobody.png")
    code, _, errors = evaluate("--identities", "0", "--folder", folder, "-o", "out")
    assert code == 0, errors
    report = told(tmp_path / "out")
    assert list(report["summary"]) == [f"{task}, ada" for task in GROUPS]
    assert list(report["summary"]["half-face hole, ada"]) == ["plain", "base", "person 3"]
    assert report["left_out"] == ["ada/nobody.png: no face was found in it."]
    assert {picture["photo"] for picture in report["pictures"]} == {f"ada without {i}.png, photo 1" for i in range(4)}


@pytest.mark.parametrize("listed", [False, True])
def test_the_descriptors_error_is_measured_on_pairs(evaluate, tmp_path, photos, listed):
    folder = tmp_path / "pairs"
    folder.mkdir()
    for number, photo in enumerate(photos):
        photo.save(folder / f"{'xy'[number // 2]}_{'ab'[number % 2]}.png")
    if listed:
        rows = "one,other,person\nx_a.png,x_b.png,x\nx_b.png,x_a.png,x\ny_a.png,y_b.png,y\n"
        (folder / "list.csv").write_text(rows)
        folder = folder / "list.csv"
    code, said, errors = evaluate("--identities", "1", "--photos", "3", "--pairs", folder, "-o", "out")
    assert code == 0, errors
    counted = (3, 8) if listed else (2, 4)
    assert "of {} pairs of one person and {} of two.".format(*counted) in said
    assert "Equal error" in said


def test_an_invented_subject_is_another_generators_and_keeps_its_unseen_photos():
    base = tiny_base()
    before = numbers(base)
    one, more = (Invention(count, 2, seed=7).subject(base, 1) for count in (3, 5))
    assert torch.equal(numbers(base), before)
    assert torch.equal(one.unseen, more.unseen)
    assert torch.equal(one.photos, more.photos[:3])
    assert torch.equal((one.photos * 255).round() / 255, one.photos)
    other = Invention(3, 2, seed=7).subject(base, 2)
    assert not torch.allclose(one.unseen, other.unseen, atol=0.05)


def test_noise_is_as_strong_as_said_and_leaves_what_only_colours():
    synthesis = tiny_base(side=64).core.synthesis
    changed = perturbed(synthesis, 0.3, torch.Generator().manual_seed(0))
    for name, parameter in synthesis.named_parameters():
        apart = changed.get_parameter(name) - parameter
        if "torgb" in name or parameter.numel() == 1:
            assert not apart.any()
        elif parameter.numel() > 500 and parameter.std() > 0:
            assert float(apart.std() / parameter.std()) == pytest.approx(0.3, rel=0.15)


def test_every_photo_of_a_real_person_is_left_out_once():
    photos = torch.rand(3, 3, 8, 8)
    subjects = left_out("ada", ("a", "b", "c"), photos)
    assert [each.name for each in subjects] == ["ada without a", "ada without b", "ada without c"]
    assert all(torch.equal(each.unseen, photos[i : i + 1]) for i, each in enumerate(subjects))
    assert torch.equal(subjects[1].photos, photos[[0, 2]])


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_what_lies_under_a_half_face_hole_reaches_no_method(number):
    truth = torch.rand(1, 3, 64, 64)
    hole = half(truth, number).hole
    other = torch.where(hole > 0, torch.rand_like(truth), truth)
    one, two = half(truth, number), half(other, number)
    assert torch.equal(one.plain, two.plain)
    assert torch.equal(one.seen.target, two.seen.target)
    assert torch.equal(one.plain[(hole == 0).expand_as(truth)], truth[(hole == 0).expand_as(truth)])
    assert 0.15 < float(hole.mean()) < 0.2
    answered = one.answered(torch.zeros_like(truth))
    assert torch.equal(answered, truth * (1 - hole))


def test_an_enlargement_knows_an_eighth_of_the_pixels():
    truth = torch.rand(1, 3, 64, 64)
    asked = few(truth, 0)
    assert torch.allclose(asked.seen.target, 2 * smaller(truth, 8) - 1)
    assert asked.plain.shape == truth.shape
    assert bool(asked.hole.all())


def _answers(values):
    """Records of identity distances, {method: one for each subject}."""
    return [
        Answer("task", f"{subject}, photo {photo}", method, "", 0.5, 1.0, {"identity": value + photo}, str(subject))
        for method, row in values.items()
        for subject, value in enumerate(row)
        for photo in (-0.01, 0.0, 0.02)
    ]


def test_medians_over_photos_then_over_subjects_and_their_spread():
    records = _answers({"plain": [0.5] * 5, "base": [0.2, 0.4, 0.3, 0.5, 0.9], "person 3": [0.1, 0.2, 0.3, 0.2, 0.2]})
    rows = summed_up(records)["task"]
    assert rows["base"]["identity"] == pytest.approx(0.4)
    assert rows["base"]["identity_spread"] == pytest.approx(0.2)
    assert rows["person 3"]["ratio"] == pytest.approx(0.5)


def test_verdicts_compare_subject_by_subject():
    base, few = [0.4] * 5, [0.2, 0.2, 0.3, 0.1, 0.2]
    more = [0.22, 0.18, 0.31, 0.12, 0.22]
    rows = {"base": base, "person 3": few, "person 5": more, "person 9": base, "person 12": few}
    said = verdicts(_answers(rows)).splitlines()[2:]
    assert [line.strip("| ").split(" | ")[2:] for line in said] == [
        ["-50%", "0%", "-30% or less", "yes"],
        ["-45%", "10%", "-30% or less", "yes"],
        ["+0%", "0%", "-30% or less", "no"],
        ["-50%", "0%", "-30% or less", "yes"],
        ["+0.0200", "0.0100", "no more than the noise", "no"],
        ["+0.1800", "0.0400", "no more than the noise", "no"],
        ["-0.2000", "0.0000", "no more than the noise", "yes"],
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--identities", "0"], "without identities, give a --folder"),
        (["--photos", "ten"], "whole numbers, separated by commas, not 'ten'"),
        (["--photos", "10,5"], "numbers from 3 on that grow"),
        (["--photos", "2"], "numbers from 3 on that grow"),
        (["--unseen", "0"], "1 or more"),
        (["--search", "0"], "numbers of steps"),
        (["--strength", "0"], "above 0"),
        (["--seed", "-1"], "whole number from 0"),
        (["--base", "no-base"], "no-base is no base of faces"),
        (["--folder", "gone"], "gone"),
        (["--pairs", "gone"], "There is no gone"),
        (["--pairs", "alone"], "no pairs of 2 people"),
        (["--pairs", "list.csv"], "no CSV file with the columns one and other"),
        (["--features", "gone.pth"], "no file at gone.pth"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence_and_leaves_nothing(evaluate, tmp_path, words, said):
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "x_a.png").touch()
    (tmp_path / "list.csv").write_text("a,b\n1,2\n3,4\n")
    code, _, errors = evaluate(*words, "-o", "out")
    assert code in (1, 2)
    assert errors.startswith("retoucher: ")
    assert errors.count("\n") == 1
    assert said in errors
    assert not (tmp_path / "out").exists()


def test_a_base_without_a_mapping_invents_nobody(tiny, evaluate):
    tiny["portraits-128"].core.mapping.depth = 0
    base = tiny["portraits-128"]
    base.core.sizes = type(base.core.sizes)(base.core.sizes.channels, 8, 8, 0)
    code, _, errors = evaluate("-o", "out")
    assert code != 0
    assert "no mapping" in errors


def test_settings_are_plain_for_the_report():
    assert json.dumps(Evaluation().settings)
    assert Evaluation().effort.learning == 40
