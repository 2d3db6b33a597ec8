import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from painters import SIZE, Harmonization, disc, painting, spot
from retoucher.cli import main
from retoucher.edits.harmonize import Harmonize
from retoucher.image import Image
from retoucher.mask import Mask


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a painting, an object, a composite and a mask, and a network that needs no weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Harmonization())
    painting().save("painting.png")
    painting(seed=5).save("naive.png")
    disc().save("disc.png")
    disc(channels=3).save("solid.png")
    (tmp_path / "mask.png").write_bytes(spot().encode())
    (tmp_path / "round.png").write_bytes(Mask(disc().samples[..., 3] > 127).encode())
    return tmp_path


def run(*words):
    return main(["harmonize", *map(str, words)])


def made(thing=None, composite=None, mask=None, **options):
    return Harmonize(**options).run(painting(), thing, composite, mask, load=lambda name: Harmonization()).image.samples


def files():
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def refused(capsys, *words, code=2):
    """Run the command, which must fail, leave the folder as it was and say one sentence: that sentence."""
    before = files()
    assert run(*words) == code
    assert files() == before
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.endswith((".\n", "?\n"))
    return said.err.removeprefix("retoucher: ").removesuffix("\n")


def test_an_object_at_a_place(capsys):
    words = ["--object", "disc.png", "--at", "20,22.5", "--scale", 0.8, "--rotate", 12, "--flip", "-o", "out.png"]
    assert run("painting.png", *words) == 0
    wanted = made(disc(), x=20, y=22.5, scale=0.8, rotate=12, flip=True)
    assert np.array_equal(Image.open("out.png").samples, wanted)
    said = capsys.readouterr()
    assert said.out.startswith("out.png: painted by harmonization in ")
    assert said.out.splitlines()[1:] == ["  Strength 0.25 was measured from the painting."]
    assert said.err == ""


def test_an_object_with_its_mask_and_a_composite_with_its_mask():
    assert run("painting.png", "--object", "solid.png", "--mask", "round.png", "-o", "one.png") == 0
    mask = Mask.open("round.png")
    assert np.array_equal(Image.open("one.png").samples, made(disc(channels=3), mask=mask))
    assert run("painting.png", "--composite", "naive.png", "--mask", "mask.png", "--passes", 1, "-o", "two.png") == 0
    assert np.array_equal(Image.open("two.png").samples, made(None, painting(seed=5), spot(), passes=1))


def test_options_of_the_edit_are_options_of_the_command(monkeypatch):
    seen = []
    monkeypatch.setattr(Harmonize, "run", lambda self, *inputs, **doors: seen.append(self) or 1 / 0)
    options = {"x": 3.0, "y": -4.0, "scale": 0.5, "rotate": -90.0, "flip": True, "strength": 0.3, "passes": 1}
    options |= {"finish": False, "like": "1,2,3,4", "size": 256, "steps": 9, "seed": 5, "weights": "features-small"}
    words = ["--at=3,-4", "--scale", 0.5, "--rotate=-90", "--flip", "--strength", 0.3, "--passes", 1, "--no-finish"]
    words += ["--like", "1,2,3,4", "--size", 256, "--steps", 9, "--seed", 5, "--weights", "features-small"]
    run("painting.png", "--object", "disc.png", "-o", "out.png", *words)
    run("painting.png", "--object", "disc.png", "-o", "out.png", "--strength", "auto")
    assert seen == [Harmonize(**options), Harmonize()]


def test_the_map_is_written_beside_the_result():
    assert run("painting.png", "--object", "disc.png", "-o", "out.png", "--map", "map.png") == 0
    assert Image.open("map.png").size == SIZE
    before = files()
    assert run("painting.png", "--object", "disc.png", "-o", "other.png", "--map", "map.png") == 2
    assert files() == before


def test_one_object_goes_into_several_paintings(capsys):
    painting(seed=2).save("second.png")
    assert run("painting.png", "second.png", "--object", "disc.png", "-o", "done", "--quiet") == 0
    assert sorted(each.name for each in Path("done").iterdir()) == ["painting.png", "second.png"]
    assert np.array_equal(Image.open("done/painting.png").samples, made(disc()))
    assert "cannot show several" in refused(
        capsys, "painting.png", "second.png", "--object", "disc.png", "-o", "more", "--map", "map.png"
    )


def test_standard_input_to_standard_output(capsys, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("painting.png").read_bytes())))
    monkeypatch.setattr("sys.stdout", out)
    assert run("-", "--object", "disc.png", "-o", "-") == 0
    assert np.array_equal(Image.open(out.buffer.getvalue()).samples, made(disc()))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say what is to be painted in: --object OBJECT.png, or --composite NAIVE.png --mask MASK.png."),
        (["--object", "disc.png", "--composite", "naive.png"], "Give either --object or --composite, not both."),
        (["--composite", "naive.png"], "A composite needs the mask of what was pasted: give --mask MASK.png."),
        (["--object", "solid.png"], "The object has no transparent background"),
        (["--object", "disc.png", "--mask", "mask.png"], "The mask is 64×48 pixels but the object is 30×24"),
        (["--composite", "disc.png", "--mask", "mask.png"], "The composite is 30×24 pixels but the painting is 64×48"),
        (["--object", "disc.png", "--at", "900,20"], "The object lies outside of the painting"),
        (["--object", "disc.png", "--scale", "4"], "The object is 112×88 pixels and the painting only 64×48: scale it"),
        (["--object", "disc.png", "--at", "9"], "'9' is not a point"),
        (["--object", "missing.png"], "There is no file at missing.png"),
        (["--object", "disc.png", "--strength", "2"], "The option 'strength' should be 'auto' or a number from 0 to 1"),
        (["--object", "disc.png", "--passes", "3"], "The option 'passes' should be less than or equal to 2, not '3'."),
        (["--object", "disc.png", "--like", "1,2,3"], "The option 'like' should be X,Y,WIDTH,HEIGHT in pixels such as"),
        (["--object", "disc.png", "--like", "0,0,65,9"], "The part 0,0,65,9 does not lie on the painting of 64×48"),
        (["--object", "disc.png", "--stength", "1"], "Unknown option: --stength. Did you mean --strength?"),
        (["--object", "disc.png", "--map", "map.jpg"], "The map is written as PNG: end map.jpg in .png."),
        (["--object", "disc.png", "--map", "map.png", "--passes", "1"], "Only the second pass makes a map"),
        (["--object", "disc.png", "--map", "out.png"], "The map needs a file of its own"),
        (["--object", "disc.png", "--map", "disc.png", "--overwrite"], "disc.png is the object itself"),
        (["--object", "disc.png", "--max-pixels", "700"], "painting.png"),
        (["--object", "disc.png", "--device", "cudda"], "cudda"),
    ],
)
def test_wrong_use_is_refused_in_a_sentence_and_nothing_is_written(capsys, words, said):
    assert said in refused(capsys, "painting.png", "-o", "out.png", *words)


def test_a_mask_of_zeros_and_ones_is_refused_with_its_brightest_value(capsys):
    Image.from_array(spot().array.astype(np.uint8)).save("ones.png")
    words = ["--composite", "naive.png", "--mask", "ones.png", "-o", "out.png"]
    assert "brightest value is 1 of 255" in refused(capsys, "painting.png", *words)


@pytest.mark.parametrize("output", ["painting.png", "disc.png", "round.png", "naive.png"])
def test_no_picture_that_is_read_is_ever_written(capsys, output):
    words = ["--composite", "naive.png"] if output == "naive.png" else ["--object", "disc.png"]
    mask = "round.png" if output != "naive.png" else "mask.png"
    assert "itself" in refused(capsys, "painting.png", *words, "--mask", mask, "-o", output, "--overwrite")


def test_no_painting_is_refused(capsys):
    assert "Name a painting" in refused(capsys, "--object", "disc.png", "-o", "out.png")


SLOW = """
import sys, time
from retoucher import catalogue, cli
import painters

class Harmonization(painters.Harmonization):
    def forward(self, painting, composite, mask, *, tell, **more):
        tell(0.3, "repainting", composite)
        print("working", flush=True)
        time.sleep(30)

catalogue.load = lambda name, device=None: Harmonization()
sys.exit(cli.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_in_the_middle_writes_nothing():
    before = files()
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = ["harmonize", "painting.png", "--object", "disc.png", "--map", "map.png", "-o", "out.png"]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as running:
        assert running.stdout.readline() == "working\n"
        stopped = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert time.monotonic() - stopped < 5
    assert running.returncode == 130
    assert said == "retoucher: Stopped: what was finished is kept, and nothing half done is left.\n"
    assert files() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--object", "object.png", "--at", "3,3", "--x", "2"], "not both"),
        (["--composite", "composite.png", "--mask", "mask.png", "--scale", "2"], "in place already"),
        (["--object", "object.png", "--map", "nowhere/map.png"], "does not exist"),
    ],
)
def test_what_would_be_ignored_or_fail_late_is_refused_first(more, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["harmonize", "painting.png", *more, "--output", "out.png"]) == 2
    assert said in capsys.readouterr().err


def test_a_middle_left_of_the_painting_is_no_option(tmp_path):
    assert run("painting.png", "--object", "disc.png", "--at", "-3,20", "--output", "out.png") == 0
    assert np.array_equal(Image.open("out.png").samples, made(disc(), x=-3, y=20))
