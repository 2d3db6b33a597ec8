"""A training run: it learns, it can be stopped and goes on with the same numbers, and nothing goes wrong in silence."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from training_runs import JUDGED, PUBLISHED, losses, narrow_features, photo_folder, trained, words

from retoucher.models.lama import from_published as lama
from retoucher.models.partialconv import from_published as partialconv
from retoucher.models.scfegan import from_published as scfegan
from retoucher.training import checkpoint

METHODS = [
    ("lama", []),
    ("lama", JUDGED),
    ("partialconv", []),
    ("scfegan", []),
    ("scfegan", PUBLISHED),
    ("stylegan2", []),
    ("features", []),
]
NAMES = ["lama", "lama with a discriminator", "partialconv", "scfegan", "scfegan as published", "stylegan2", "features"]


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "weights.safetensors")


@pytest.mark.usefixtures(narrow_features.__name__)
@pytest.mark.parametrize(("method", "more"), METHODS, ids=NAMES)
def test_a_resumed_run_gives_the_numbers_of_one_that_was_not_stopped(method, more, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    more = [*more, "--steps", "5"]  # of partialconv's, the last is in the second stage
    assert trained(method, tmp_path, whole, *more) == 0
    assert trained(method, tmp_path, parts, *more, "--minutes", "0") == 0
    assert losses(parts) == {}
    for minutes in ("0.0001", "10"):  # a step or two, then the rest
        assert trained(method, tmp_path, parts, *more, "--resume", "--minutes", minutes) == 0
    assert sorted(losses(whole)) == [1, 2, 3, 4, 5]
    assert losses(parts) == losses(whole)
    assert all(torch.equal(tensor, weights(parts)[name]) for name, tensor in weights(whole).items())


@pytest.mark.usefixtures(narrow_features.__name__)
@pytest.mark.parametrize(("method", "more"), METHODS, ids=NAMES)
def test_half_precision_learns_what_full_precision_does(method, more, tmp_path):
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this processor's torch has no bfloat16")
    for precision in ("32-true", "bf16-mixed"):
        chosen = ["--steps", "2", "--precision", precision]
        assert trained(method, tmp_path, tmp_path / precision, *more, *chosen) == 0
    full, half = losses(tmp_path / "32-true")[1], losses(tmp_path / "bf16-mixed")[1]
    assert half == pytest.approx(full, rel=0.05, abs=0.02)
    assert half != full
    assert {tensor.dtype for tensor in weights(tmp_path / "bf16-mixed").values()} <= {torch.float32, torch.int64}


def test_two_processes_share_a_batch(tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "retoucher.training", *words("lama", tmp_path, run, *JUDGED, "--steps", "3")]
    done = subprocess.run([*command, "--devices", "2"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(losses(run)) == [1, 2, 3]
    assert checkpoint.number(checkpoint.latest(run)) == 3


def test_a_killed_run_goes_on_with_the_same_numbers(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    more = ["--steps", "24", "--checkpoint-minutes", "0"]
    command = [sys.executable, "-m", "retoucher.training", *words("lama", tmp_path, killed, *more)]
    process = subprocess.Popen(command)
    end = time.monotonic() + 60
    while not (killed / "checkpoint-000000003").exists() and not list(killed.glob("checkpoint-00000000[4-9]")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    step = checkpoint.number(checkpoint.latest(killed))
    assert 3 <= step < 24
    assert trained("lama", tmp_path, killed, "--steps", "24", "--resume") == 0
    assert trained("lama", tmp_path, whole, "--steps", "24") == 0
    assert losses(killed) == losses(whole)


def test_ctrl_c_stops_after_a_step_and_keeps_everything(tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "retoucher.training", *words("lama", tmp_path, run, "--steps", "100000")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (run / "log.jsonl").exists() or len((run / "log.jsonl").read_text()) < 10:
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    step = checkpoint.number(checkpoint.latest(run))
    assert max(losses(run)) == step > 0
    assert len(weights(run)) == len(load_file(run / f"checkpoint-{step:09d}" / "generator.safetensors"))


@pytest.mark.parametrize(("method", "build"), [("lama", lama), ("partialconv", partialconv), ("scfegan", scfegan)])
def test_weights_of_a_run_are_a_network_of_the_house(method, build, tmp_path):
    assert trained(method, tmp_path, tmp_path / "run", "--steps", "2") == 0
    network = build(weights(tmp_path / "run"))
    image, mask = torch.rand(1, 3, 33, 41), torch.zeros(1, 1, 33, 41)
    mask[..., 9:20, 9:20] = 1
    with torch.no_grad():
        assert network(image, mask).shape == image.shape
    more = ["--start-from", str(tmp_path / "run" / "weights.safetensors"), "--steps", "1", "--set", "average=0.999"]
    assert trained(method, tmp_path, tmp_path / "next", *more) == 0


def test_a_run_leaves_its_recipe_its_log_and_pictures(tmp_path):
    run = tmp_path / "run"
    assert trained("lama", tmp_path, run, *JUDGED, "--steps", "4", "--sheet-steps", "2") == 0
    page = json.loads((run / "run.json").read_text())
    assert page["method"] == "lama"
    assert page["recipe"]["loss.adversarial"] == 0.1
    assert page["recipe"]["size"] == 32
    assert {"generator loss", "discriminator loss", "l1", "distance", "adversarial", "r1"} <= set(losses(run)[1])
    with Image.open(run / "samples" / "000000002.png") as sheet:
        assert sheet.size == (3 * 32, 8 * 32)
    assert [path.name for path in checkpoint.found(run)] == ["checkpoint-000000004"]


def test_another_seed_is_another_run(tmp_path):
    for seed in ("0", "1"):
        assert trained("lama", tmp_path, tmp_path / seed, "--steps", "1", "--seed", seed) == 0
    assert losses(tmp_path / "0") != losses(tmp_path / "1")


WRONG = {
    "no photos": (["--photos", "{base}/empty"], 2, "There are no photos in"),
    "a folder that is not there": (["--photos", "{base}/nowhere"], 2, "There is no"),
    "smaller than the crop": (["--size", "64"], 2, "40x48 is smaller than the crop of 64"),
    "not a multiple": (["--size", "33"], 2, "multiple of 8"),
    "a misspelt key": (["--set", "los.distance=1"], 2, "did you mean loss.distance"),
    "no number": (["--set", "rate=fast"], 2, "'fast' is no value for 'rate'"),
    "no recipe": (["--recipe", "smal"], 2, "There is no recipe 'smal': choose small"),
    "no holes": (["--set", "holes=round"], 2, "no holes called 'round'"),
    "no steps": (["--steps", "0"], 2, "0 steps are none"),
    "no batch": (["--batch", "0"], 2, "at least 1"),
    "no device": (["--devices", "none"], 2, "'none' is no number of devices"),
    "nothing to resume": (["--resume"], 2, "There is no run in"),
    "no such weights": (["--start-from", "{base}/none.safetensors"], 2, "There is no"),
    "other weights": (["--start-from", "{base}/vgg19.safetensors"], 2, "does not hold this recipe's network"),
    "no features": (["--features", "vgg19={base}/photos/photo0.png"], 1, "photo0.png"),
    "unknown features": (["--features", "vgg=file"], 2, "names no feature network"),
    "no method": (["--size", "many"], 2, "invalid int value"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_one_sentence(name, tmp_path, capsys):
    more, code, said = WRONG[name]
    (tmp_path / "empty").mkdir()
    photo_folder(tmp_path / "photos")
    assert trained("lama", tmp_path, tmp_path / "run", *(word.format(base=tmp_path) for word in more)) == code
    answer = capsys.readouterr().err
    assert said in answer
    assert "Traceback" not in answer
    assert not (tmp_path / "run").exists()


def test_unreadable_photos_among_good_ones_are_named_and_left_out(tmp_path, capsys):
    photos = photo_folder(tmp_path / "photos")
    (photos / "broken.png").write_bytes((photos / "photo0.png").read_bytes()[:40])
    Image.new("RGB", (20, 90)).save(photos / "slim.png")
    command = [word for word in words("lama", tmp_path, tmp_path / "run", "--steps", "1") if word != "--quiet"]
    from retoucher.training.door import main

    assert main(command, "train") == 0
    answer = capsys.readouterr().err
    assert "broken.png: cannot be read" in answer
    assert "slim.png: 20x90 is smaller than the crop of 32" in answer
    assert "3 photos" in answer
    assert (tmp_path / "run" / "left-out.txt").read_text().count("\n") == 2


def test_every_second_hole_has_the_shape_of_a_thing_where_shapes_are_given(tmp_path, capsys):
    from retoucher.training.options import parse
    from retoucher.training.plan import Plan

    shapes = tmp_path / "shapes"
    shapes.mkdir()
    disc = Image.new("L", (40, 40))
    disc.paste(255, (10, 12, 30, 28))
    disc.save(shapes / "box.png")
    more = ["--silhouettes", str(shapes)]
    plan = Plan.of(parse(words("lama", tmp_path, tmp_path / "run", *more), "train"))
    random = np.random.RandomState(0)
    solid = [is_one_shape(plan.holes.kinds[1].draw(32, 32, random)) for _ in range(20)]
    assert all(solid)
    assert plan.holes.shares == (0.5, 0.5)
    assert trained("lama", tmp_path, tmp_path / "run", *more, "--steps", "1") == 0
    assert trained("lama", tmp_path, tmp_path / "other", "--silhouettes", str(tmp_path / "gone")) == 2
    assert "gone" in capsys.readouterr().err


def is_one_shape(hole):
    count, _ = cv2.connectedComponents(hole.astype(np.uint8))
    return count == 2


def test_a_run_folder_belongs_to_one_recipe(tmp_path, capsys):
    run = tmp_path / "run"
    assert trained("lama", tmp_path, run, "--steps", "1") == 0
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for more, said in (
        ([], "is not empty"),
        (["--resume", "--set", "rate=0.5"], "rate was 0.002 and is 0.5"),
        (["--resume", "--set", "holes=places"], "holes was all-widths and is places"),
    ):
        assert trained("lama", tmp_path, run, *more) == 2
        assert said in capsys.readouterr().err
    assert trained("partialconv", tmp_path, run, "--resume") == 2
    assert "is of lama, not of partialconv" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("No space left on device")])
def test_a_full_disk_keeps_the_checkpoint_before(error, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    assert trained("lama", tmp_path, run, "--steps", "2") == 0
    kept = (run / "checkpoint-000000002" / "generator.safetensors").read_bytes()
    real = checkpoint.save_file

    def full(tensors, path, metadata):
        if path.name == "generator-adam.safetensors":
            raise error
        real(tensors, path, metadata)

    monkeypatch.setattr(checkpoint, "save_file", full)
    assert trained("lama", tmp_path, run, "--steps", "4", "--resume") == 1
    assert "the checkpoint of step 2 is whole" in capsys.readouterr().err
    monkeypatch.undo()
    assert [path.name for path in run.glob("*checkpoint*")] == ["checkpoint-000000002"]
    assert (run / "checkpoint-000000002" / "generator.safetensors").read_bytes() == kept
    assert trained("lama", tmp_path, run, "--steps", "4", "--resume") == 0
    assert sorted(losses(run)) == [1, 2, 3, 4]


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path, monkeypatch, capsys):
    from retoucher.models.lama import loss

    run, calls, real = tmp_path / "run", [], loss.masked_l1

    def spoilt(predicted, *others, **numbers):
        calls.append(1)
        return real(predicted, *others, **numbers) * (float("nan") if len(calls) == 4 else 1)

    assert trained("lama", tmp_path, run, "--steps", "2") == 0
    monkeypatch.setattr(loss, "masked_l1", spoilt)
    assert trained("lama", tmp_path, run, "--steps", "9", "--resume", "--log-steps", "3") == 1
    answer = capsys.readouterr().err
    assert "The loss of step 6 was not a number" in answer
    assert "the checkpoint of step 2 is kept" in answer
    assert all(bool(tensor.isfinite().all()) for tensor in weights(run).values())


def test_a_dry_run_shows_every_number_and_leaves_nothing(tmp_path, capsys):
    assert trained("lama", tmp_path, tmp_path / "run", "--recipe", "lama-fourier", "--set", "loss.perceptual=0",
                   "--dry-run") == 0  # fmt: skip
    shown = json.loads(capsys.readouterr().out)
    assert (shown["loss.known"], shown["loss.feature_matching"], shown["discriminator_rate"]) == (10, 100, 1e-4)
    assert not (tmp_path / "run").exists()
