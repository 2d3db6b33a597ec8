"""On two processes StyleGAN2 stays one network: slopes, strength and mean path length are shared."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from retoucher.errors import UsageError
from retoucher.models.mystyle.stylegan2.objective import Objective, mean_over_devices
from retoucher.models.mystyle.stylegan2.recipe import Recipe

SCRIPT = """
import json, sys, torch
from pathlib import Path
from retoucher.models.common.objective import Batch, inner
from retoucher.models.mystyle.stylegan2.objective import Objective
from retoucher.models.mystyle.stylegan2.recipe import Recipe
from retoucher.training.fabric import fabric_for
from retoucher.training.loop import step
from retoucher.training.options import parse
from retoucher.training.run import prepare

if __name__ == "__main__":
    words = ["stylegan2", "--photos", "none", "--output", "none", "--device", "cpu", "--devices", "2"]
    fabric = fabric_for(parse(words, "train"))
    torch.manual_seed(1)
    numbers = Recipe(
        size=8, batch=8, steps=9, base=32, most=4, style=4, depth=1, r1_every=2, path_every=2, strength=0.3, adapt=320
    )
    run = prepare(Path(sys.argv[1]), fabric, Objective(numbers, {}), 0.9, 8)
    for number in range(5):
        seed = torch.Generator().manual_seed(2 * number + fabric.global_rank)
        step(run, Batch(torch.rand(4, 3, 8, 8, generator=seed), torch.zeros(4, 1, 8, 8)))
        run.step += 1
    judge = inner(run.objective.networks["judge"])
    told = [each.detach().double().sum() for name in run.objective.networks.values() for each in name.parameters()]
    told += [judge.strength.double(), judge.length.double(), *judge.signs.double()]
    (Path(sys.argv[1]) / str(fabric.global_rank)).write_text(json.dumps([float(each) for each in told]))
"""


def test_two_processes_keep_the_same_networks(tmp_path) -> None:
    (tmp_path / "two.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "two.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / rank).read_text()) for rank in "01")
    assert first == second
    assert first[-4] in (pytest.approx(0.2), pytest.approx(0.4))  # by the 32 pictures of both in four steps
    assert first[-3] > 0
    assert first[-1] == 8  # signs of the fifth step


def test_a_devices_share_that_cannot_be_grouped_is_named(monkeypatch) -> None:
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    with pytest.raises(UsageError, match="share of the batch, 6, must be a multiple of 4"):
        Objective(Recipe(size=8, batch=12, steps=1, base=32, most=4, style=4, depth=1), {})
    Objective(Recipe(size=8, batch=8, steps=1, base=32, most=4, style=4, depth=1), {})


def test_of_one_process_the_mean_over_devices_is_the_value() -> None:
    assert mean_over_devices(torch.tensor(3.0)) == 3
