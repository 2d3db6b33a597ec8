"""Sample i of a run is the same wherever it is made: here or in a worker, at once or after a resume, on any rank."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from retoucher.errors import RetoucherError, UsageError
from retoucher.mask import Bools
from retoucher.training.augment import Distortions, Scaled
from retoucher.training.crops import Batch, Crops, Sample, batches
from retoucher.training.holes import TRAINING, Boxes, Chains
from retoucher.training.photos import Photos

SMALL = Chains(1, 2, width=6, length=12)


def jpeg(height: int, width: int, seed: int) -> bytes:
    small = np.random.RandomState(seed).randint(0, 256, (5, 7, 3)).astype(np.uint8)
    file = io.BytesIO()
    Pictures.fromarray(small).resize((width, height), Pictures.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(5):
        (tmp_path / f"{seed}.jpg").write_bytes(jpeg(50 + 7 * seed, 90 - 3 * seed, seed))
    return tmp_path


def crops(folder: Path, seed: int = 1, memory: bool = False, **others: int) -> Crops:
    return Crops(Photos.open([folder]), SMALL, 32, seed, Scaled(), memory=memory, **others)


def same(one: Sample | Batch, other: Sample | Batch) -> bool:
    return torch.equal(one.image, other.image) and torch.equal(one.hole, other.hole) and one[2:] == other[2:]


def taken(many: Crops, batch: int, first: int, workers: int, count: int, rank: int = 0, world: int = 1) -> list[Batch]:
    return list(islice(batches(many, batch, first, workers, rank, world), count))


def test_a_sample_is_a_square_of_bytes_and_a_hole_of_bits(folder: Path) -> None:
    sample = crops(folder)[7]
    assert (sample.image.dtype, sample.image.shape) == (torch.uint8, (3, 32, 32))
    assert (sample.hole.dtype, sample.hole.shape) == (torch.bool, (1, 32, 32))
    assert 0 < sample.hole.float().mean() < 1
    assert sample.image.is_contiguous()
    assert (0 <= sample.photo < 5, sample.failed) == (True, "")


def test_a_sample_depends_on_the_seed_and_its_number_alone(folder: Path) -> None:
    first, again = crops(folder), crops(folder)
    wanted = [first[i] for i in range(12)]
    for i in reversed(range(12)):
        assert same(again[i], wanted[i])
    assert not same(crops(folder, seed=2)[3], wanted[3])
    assert not torch.equal(wanted[0].hole, wanted[5].hole)
    far = 3 * 2**32 + 5
    assert same(first[far], again[far])
    assert not same(first[far], first[5])


def test_every_photo_comes_once_before_any_comes_again(folder: Path) -> None:
    many = crops(folder)
    turns = [[many[5 * turn + i].photo for i in range(5)] for turn in range(6)]
    assert [sorted(turn) for turn in turns] == [[0, 1, 2, 3, 4]] * 6
    assert len({tuple(turn) for turn in turns}) > 3


@pytest.mark.parametrize("memory", [False, True])
def test_batches_are_the_samples_in_order_whatever_the_workers(folder: Path, memory: bool) -> None:
    many = crops(folder, memory=memory)
    wanted = [many[i] for i in range(12)]
    for workers in (0, 1, 2):
        for number, batch in enumerate(taken(many, 4, 0, workers, 3)):
            samples = wanted[4 * number : 4 * number + 4]
            assert torch.equal(batch.image, torch.stack([sample.image for sample in samples]))
            assert torch.equal(batch.hole, torch.stack([sample.hole for sample in samples]))
            assert batch.failed == []


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_that_goes_on_sees_what_it_would_have_seen(folder: Path, workers: int) -> None:
    whole = taken(crops(folder), 3, 0, 0, 6)
    rest = taken(crops(folder), 3, 4 * 3, workers, 2)
    assert same(rest[0], whole[4])
    assert same(rest[1], whole[5])


def test_ranks_share_the_stream_out_among_them(folder: Path) -> None:
    alone = torch.cat([batch.image for batch in taken(crops(folder), 6, 12, 0, 2)])
    shared = [taken(crops(folder), 2, 12, rank % 2, 2, rank=rank, world=3) for rank in range(3)]
    for step in range(2):
        together = torch.stack([ranks[step].image for ranks in shared], 1).flatten(0, 1)
        assert torch.equal(together, alone[6 * step : 6 * step + 6])


def test_photos_in_memory_give_the_same_samples_also_where_not_all_fit(folder: Path) -> None:
    plain, held, some = crops(folder), crops(folder, memory=True), crops(folder, memory=True, budget=30_000)
    assert held.memory is not None
    assert some.memory is not None
    assert (len(held.memory), len(some.memory)) == (5, 2)  # 50 * 90 * 3 and 57 * 87 * 3 bytes
    for i in range(15):
        assert same(held[i], plain[i])
        assert same(some[i], plain[i])
    (folder / "4.jpg").unlink()
    assert held[15 + [held[15 + i].photo for i in range(5)].index(4)].photo == 4


def test_large_photos_are_reduced_to_what_the_augmentation_needs_before_they_are_held(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(300, 500, 0))
    held = Crops(Photos.open([tmp_path]), SMALL, 32, 0, Scaled(most=2), memory=True)
    assert held.memory is not None
    photo = held.memory.get(0)
    assert photo is not None
    assert photo.shape == (64, 107, 3)
    assert same(held[3], Crops(held.photos, SMALL, 32, 0, Scaled(most=2))[3])


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_photo_is_told_by_name_and_gives_way_to_another(folder: Path, memory: bool, workers: int) -> None:
    whole = (folder / "2.jpg").read_bytes()
    (folder / "2.jpg").write_bytes(whole[: len(whole) // 2])
    many = crops(folder, memory=memory)
    got = taken(many, 5, 0, workers, 4)
    said = f"{folder.name}/2.jpg: cannot be read (image file is truncated ("
    assert all(batch.failed and all(line.startswith(said) for line in batch.failed) for batch in got)
    samples = [many[i] for i in range(20)]
    assert 2 not in [sample.photo for sample in samples]
    assert Counter(sample.failed != "" for sample in samples)[True] == 4
    assert torch.equal(got[3].image, torch.stack([sample.image for sample in samples[15:]]))
    assert len(many.unreadable) == 1
    assert many.unreadable[0].startswith(said)


@pytest.mark.parametrize("workers", [0, 1])
def test_where_no_photo_can_be_read_the_run_ends_with_a_sentence(tmp_path: Path, workers: int) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    many = Crops(Photos.open([tmp_path]), SMALL, 32, 0, Scaled())
    with pytest.raises(RetoucherError, match=r"^Of the photos drawn, 100 in a row could not be read; .*a\.jpg: cannot"):
        next(batches(many, 2, 0, workers))


@pytest.mark.parametrize("workers", [0, 1])
def test_what_holes_refuse_reaches_the_user_as_it_was_said(folder: Path, workers: int) -> None:
    many = Crops(Photos.open([folder]), Boxes(1, 1, smallest=40, largest=50), 32, 0, Scaled())
    with pytest.raises(UsageError, match=r"^Holes with boxes of at least 40 px do not fit into 32x32: train"):
        next(batches(many, 2, 0, workers))


class Shares:
    """Holes of a share drawn evenly from 0 to 1, in whole rows."""

    def draw(self, height: int, width: int, random: np.random.RandomState) -> Bools:
        hole = np.zeros((height, width), bool)
        hole[: random.randint(height + 1)] = True
        return hole


def test_holes_that_are_empty_or_too_large_are_drawn_again(folder: Path) -> None:
    many = Crops(Photos.open([folder]), Shares(), 32, 0, Scaled(), largest=0.25)
    rows = Counter(int(many[i].hole.sum()) // 32 for i in range(200))
    assert sorted(rows) == [1, 2, 3, 4, 5, 6, 7, 8]
    with pytest.raises(UsageError, match=r"None of 100 holes drawn was of use in a crop of 32 pixels .*0\.01"):
        Crops(Photos.open([folder]), Shares(), 32, 0, Scaled(), largest=0.01)[0]


def test_a_seed_that_is_none_is_refused(folder: Path) -> None:
    for seed in (-1, 1 << 32):
        with pytest.raises(UsageError, match=r"^The seed .* cannot be used: give a whole number from 0 to 4294967295"):
            crops(folder, seed=seed)


def test_the_loader_leaves_the_random_numbers_of_the_run_alone(folder: Path) -> None:
    for workers in (0, 1):
        torch.manual_seed(5)
        before = torch.get_rng_state(), np.random.get_state()[1:3]  # noqa: NPY002 - that is the point
        taken(crops(folder), 2, 0, workers, 2)
        assert torch.equal(torch.get_rng_state(), before[0])
        np.testing.assert_equal(np.random.get_state()[1:3], before[1])  # noqa: NPY002


def test_more_workers_than_cores_are_no_warning(folder: Path) -> None:
    workers = (os.cpu_count() or 1) + 1
    if workers > 5:
        pytest.skip("too many processes for a test")
    assert len(taken(crops(folder), 2, 0, workers, 1)[0].image) == 2


def test_crops_can_be_sent_to_a_process_that_starts_from_nothing(folder: Path, tmp_path: Path) -> None:
    """As on macOS and Windows; started so here, in a program of its own."""
    many = Crops(Photos.open([folder]), TRAINING["places"].scaled(0.25), 64, 3, Distortions(), memory=True)
    wanted = tmp_path / "wanted"
    wanted.write_bytes(pickle.dumps([many[i].image.numpy() for i in range(4)]))
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(f"""
        import multiprocessing, pickle, warnings
        from pathlib import Path
        import numpy as np
        from retoucher.training.augment import Distortions
        from retoucher.training.crops import Crops, batches
        from retoucher.training.holes import TRAINING
        from retoucher.training.photos import Photos

        if __name__ == "__main__":
            warnings.simplefilter("error")
            multiprocessing.set_start_method("spawn")
            photos = Photos.open([{str(folder)!r}])
            many = Crops(photos, TRAINING["places"].scaled(0.25), 64, 3, Distortions(), memory=True)
            got = next(batches(many, 4, 0, 1)).image.numpy()
            np.testing.assert_array_equal(got, pickle.loads(Path({str(wanted)!r}).read_bytes()))
            print("same")
        """)
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("same\n", "")


def test_ctrl_c_is_left_to_the_process_that_trains(folder: Path) -> None:
    """The terminal sends it to all of them; the workers go on, and nothing is printed."""
    program = textwrap.dedent(f"""
        import os, signal, time
        from retoucher.training.augment import Scaled
        from retoucher.training.crops import Crops, batches
        from retoucher.training.holes import Chains
        from retoucher.training.photos import Photos

        stream = batches(Crops(Photos.open([{str(folder)!r}]), Chains(1, 2, 6, 12), 32, 0, Scaled()), 2, 0, 2)
        for _ in range(4):
            next(stream)
        try:
            print("ready", flush=True)
            time.sleep(30)
        except KeyboardInterrupt:
            print(sum(len(next(stream).image) for _ in range(30)), "after it")
    """)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (out, err, running.returncode) == ("60 after it\n", "", 0)


def test_a_worker_that_was_killed_is_said_in_a_sentence(folder: Path) -> None:
    program = textwrap.dedent(f"""
        import multiprocessing, os, signal, time
        from retoucher.errors import RetoucherError
        from retoucher.training.augment import Scaled
        from retoucher.training.crops import Crops, batches
        from retoucher.training.holes import Chains
        from retoucher.training.photos import Photos

        stream = batches(Crops(Photos.open([{str(folder)!r}]), Chains(1, 2, 6, 12), 32, 0, Scaled()), 2, 0, 1)
        next(stream)
        worker, = multiprocessing.active_children()
        try:
            os.kill(worker.pid, signal.SIGKILL)
            while True:
                next(stream)
        except (RetoucherError, RuntimeError) as error:
            print(type(error).__name__, error)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert "RetoucherError A process that prepares photos was ended from outside" in done.stdout, done.stdout
