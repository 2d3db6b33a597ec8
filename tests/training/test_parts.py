"""The small parts of training: the average, the schedule, the meter, the log and the checkpoint."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from retoucher.errors import RetoucherError
from retoucher.models.common.objective import Batch, schedule
from retoucher.training import checkpoint
from retoucher.training.average import Average
from retoucher.training.kinds import ALL_WIDTHS, OneOf
from retoucher.training.log import Log, duration, read, sheet
from retoucher.training.meter import Meter


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def test_the_average_is_the_weighted_sum_of_all_steps() -> None:
    trained = network()
    average = Average(trained, decay=0.5)
    wanted = copy.deepcopy(trained.state_dict())
    for step in range(1, 30):
        trained.train()(torch.rand(4, 1, 8, 8))
        with torch.no_grad():
            trained[0].weight.add_(torch.randn_like(trained[0].weight))
        keep = min(0.5, (step + 1) / (step + 10))
        for name, value in trained.state_dict().items():
            wanted[name] = keep * wanted[name] + (1 - keep) * value if value.is_floating_point() else value.clone()
        average.update(trained, step)
    found = average.network.state_dict()
    assert all(torch.allclose(found[name], wanted[name], atol=1e-6) for name in wanted)
    assert int(found["1.num_batches_tracked"]) == 29
    assert not average.network.training


def test_no_average_is_the_network_itself() -> None:
    trained = network()
    average = Average(trained, decay=0)
    nn.init.ones_(trained[0].weight)
    average.update(trained, 5)
    assert bool((average.network[0].weight == 1).all())
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        Average(trained, 1.0)


def test_the_rate_rises_stays_and_falls() -> None:
    follow = schedule(2.0, steps=100, warmup=10, cooldown=20)
    rates = [follow(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert set(rates[9:81]) == {2.0}
    assert rates[99] == pytest.approx(0.1)
    assert follow(150) == 0
    assert {schedule(3.0, steps=5)(step) for step in range(5)} == {3.0}


def test_the_meter_gives_means_and_names_the_first_bad_step(tmp_path: Path) -> None:
    meter = Meter(tmp_path, torch.device("cpu"))
    for step, value in enumerate((1.0, 3.0)):
        meter.add(step, {"loss": torch.tensor(value)}, images=4)
    line = meter.line(2)
    assert (line["step"], line["loss"]) == (2, 2.0)
    assert line["images_per_second"] > 0
    for step, value in ((2, 1.0), (3, float("inf")), (4, float("nan"))):
        meter.add(step, {"loss": torch.tensor(value)}, images=4)
    with pytest.raises(RetoucherError, match="The loss of step 4 was not a number"):
        meter.check(5)


def test_the_log_forgets_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    log = Log(tmp_path, 0)
    for step in (1, 2, 3):
        log.write({"step": step, "loss": float("nan") if step == 2 else 0.5})
    with log.path.open("a") as file:
        file.write('{"step": 4, "lo')  # cut off when it was killed
    assert [line["loss"] for line in read(log.path)] == [0.5, None, 0.5]
    Log(tmp_path, 2)
    assert [line["step"] for line in read(log.path)] == [1, 2]


def test_the_sheet_shows_hole_filling_and_photo_side_by_side(tmp_path: Path) -> None:
    image, mask = torch.rand(2, 3, 4, 6), torch.zeros(2, 1, 4, 6)
    mask[:, :, 1:3, 2:4] = 1
    sheet(tmp_path / "deep" / "sheet.png", Batch(image, mask), 1 - image)
    with Image.open(tmp_path / "deep" / "sheet.png") as picture:
        found = np.asarray(picture)
    assert found.shape == (8, 18, 3)
    assert found[1, 2].tolist() == [128, 128, 128]
    for column, part in ((6, 1 - image), (12, image)):
        wanted = (part[1].permute(1, 2, 0) * 255).round().numpy()
        assert np.array_equal(found[4:8, column : column + 6], wanted)


def test_durations_are_told_as_people_tell_them() -> None:
    assert [duration(seconds) for seconds in (-1, 59.4, 61, 7260)] == ["0 s", "59 s", "1 min 01 s", "2 h 01 min"]


def test_a_checkpoint_comes_back_as_it_was_and_older_ones_go(tmp_path: Path) -> None:
    parts = {"one": {"a": torch.rand(3), "b": torch.tensor(4)}, "none": {}}
    for step in (5, 12):
        checkpoint.save(tmp_path, step, parts, {"seconds": step / 2})
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    assert checkpoint.number(newest) == 12
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000000012"]
    found, state = checkpoint.load(newest)
    assert state == {"step": 12, "seconds": 6.0}
    assert torch.equal(found["one"]["a"], parts["one"]["a"])
    assert int(found["one"]["b"]) == 4


def test_a_half_written_checkpoint_is_none_and_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    assert checkpoint.latest(tmp_path) is None
    (tmp_path / "checkpoint-000000007").mkdir()
    assert checkpoint.latest(tmp_path) is None
    whole = checkpoint.save(tmp_path, 8, {"one": {"a": torch.rand(9)}}, {})
    (whole / "one.safetensors").write_bytes((whole / "one.safetensors").read_bytes()[:-5])
    with pytest.raises(RetoucherError, match="is damaged"):
        checkpoint.load(whole)
    (whole / "state.json").write_text(json.dumps({"step": 8})[:-2])
    with pytest.raises(RetoucherError, match="is damaged"):
        checkpoint.load(whole)


def test_adam_remembers_what_it_did() -> None:
    def stepped(steps: int, module: nn.Module, adam: torch.optim.Optimizer) -> None:
        for number in range(steps):
            adam.zero_grad()
            (module(torch.full((2, 1, 8, 8), number + 0.5)) ** 2 + module(torch.rand(2, 1, 8, 8)) ** 2).sum().backward()
            adam.step()

    one = network()
    first = torch.optim.Adam(one.parameters(), 0.01)
    stepped(3, one, first)
    other = copy.deepcopy(one)
    second = torch.optim.Adam(other.parameters(), 0.01)
    names = [name for name, _ in one.named_parameters()]
    memory = {name: tensor.clone() for name, tensor in checkpoint.adam_tensors(first, names).items()}
    checkpoint.restore_adam(second, names, memory)
    for module, adam in ((one, first), (other, second)):
        torch.manual_seed(9)
        stepped(2, module, adam)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_holes_of_several_kinds_come_with_their_shares_and_scale() -> None:
    class Flat:
        def __init__(self, rows: int) -> None:
            self.rows = rows

        def draw(self, height: int, width: int, random: np.random.RandomState) -> np.ndarray:
            return np.arange(height)[:, None] < np.full(width, self.rows)

    holes = OneOf((Flat(1), Flat(5)), (0.25, 0.75))  # type: ignore[arg-type]
    random = np.random.RandomState(0)
    rows = [int(holes.draw(8, 8, random)[:, 0].sum()) for _ in range(400)]
    assert 70 < rows.count(1) < 130
    small, large = (np.mean([kind.draw(256, 256, np.random.RandomState(i)).sum() for i in range(60)])
                    for kind in (ALL_WIDTHS.scaled(0.5), ALL_WIDTHS))  # fmt: skip
    assert small < 0.9 * large
