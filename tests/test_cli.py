import io
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from fakes import Nosy
from retoucher.cli import main
from retoucher.edits.inpaint import Inpaint
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.progress import Bar

SIZE = (40, 60)
HOLE = Mask.from_boxes(SIZE, [(20, 10, 12, 9)])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a photo and a mask, and a network that needs no weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Nosy())
    photo().save("photo.png")
    (tmp_path / "mask.png").write_bytes(HOLE.encode())
    return tmp_path


def photo(seed=0, channels=3):
    return Image.from_array(np.random.default_rng(seed).integers(0, 256, (*SIZE, channels), dtype=np.uint8))


def run(*words):
    return main(["inpaint", *map(str, words)])


def filled(image=None, mask=HOLE, **options):
    return Inpaint(**options).run(image or photo(), mask, load=lambda name: Nosy()).image.samples


def test_a_photo_and_a_mask_make_the_same_picture_as_in_python(here, capsys):
    assert run("photo.png", "--mask", "mask.png", "--output", "out.png", "--grow", 2) == 0
    assert np.array_equal(Image.open("out.png").samples, filled(grow=2))
    said = capsys.readouterr()
    assert said.out.startswith("out.png: filled by nosy in ")
    assert said.err == ""


def test_the_suffix_of_the_output_chooses_the_container():
    assert run("photo.png", "--mask", "mask.png", "-o", "out.jpg") == 0
    assert Image.open("out.jpg").container == "JPEG"


def test_boxes_and_transparency_and_a_mask_add_up():
    samples = photo(channels=4).samples.copy()
    samples[..., 3] = 255
    samples[30:35, :9, 3] = 0
    clear = Image.from_array(samples)
    clear.save("clear.png")
    words = ["--mask", "mask.png", "--box", "0,0,5,5", "--box", "50,2,3,4", "--transparent", "--grow", 0]
    assert run("clear.png", "-o", "out.png", *words) == 0
    mask = HOLE | Mask.from_boxes(SIZE, [(0, 0, 5, 5), (50, 2, 3, 4), (0, 30, 9, 5)])
    result = Image.open("out.png").samples
    assert np.array_equal(result, filled(clear, mask, grow=0, opaque=True))
    assert result[..., 3].min() == 255


def test_an_empty_mask_says_that_there_is_nothing_to_do(here, capsys):
    (here / "empty.png").write_bytes(Mask.none(SIZE).encode())
    assert run("photo.png", "--mask", "empty.png", "-o", "out.png") == 0
    assert np.array_equal(Image.open("out.png").samples, photo().samples)
    assert "out.png: nothing to do.\n  The mask is empty" in capsys.readouterr().out


def test_quiet_says_nothing(capsys):
    assert run("photo.png", "--mask", "mask.png", "-o", "out.png", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_standard_input_to_standard_output_keeps_the_container_and_talks_on_the_error_stream(here, capsys, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((here / "photo.png").read_bytes())))
    monkeypatch.setattr("sys.stdout", out)
    assert run("-", "--mask", "mask.png", "--output", "-") == 0
    data = out.buffer.getvalue()
    assert data.startswith(b"\x89PNG")
    assert np.array_equal(Image.open(data).samples, filled())
    assert capsys.readouterr().err.startswith("standard output: filled by nosy")


def test_an_existing_folder_or_a_trailing_slash_keeps_the_name(here):
    assert run("photo.png", "--mask", "mask.png", "-o", "new/folder/") == 0
    assert run("photo.png", "--mask", "mask.png", "-o", "new") == 0
    assert sorted(str(path.relative_to(here)) for path in (here / "new").rglob("*.png")) == [
        "new/folder/photo.png",
        "new/photo.png",
    ]


def test_several_photos_share_a_mask(here):
    for seed in (1, 2):
        photo(seed).save(f"{seed}.png")
    assert run("1.png", "2.png", "--mask", "mask.png", "-o", "out") == 0
    for seed in (1, 2):
        assert np.array_equal(Image.open(f"out/{seed}.png").samples, filled(photo(seed)))


def test_several_photos_have_each_their_mask_in_a_folder(here, capsys):
    (here / "masks").mkdir()
    other = Mask.from_boxes(SIZE, [(1, 1, 4, 4)])
    for seed, mask in ((1, HOLE), (2, other)):
        photo(seed).save(f"{seed}.png")
        (here / f"masks/{seed}.png").write_bytes(mask.encode())
    photo(3).save("3.png")
    assert run("1.png", "3.png", "2.png", "--mask", "masks", "-o", "out") == 1
    assert np.array_equal(Image.open("out/2.png").samples, filled(photo(2), other))
    assert sorted(path.name for path in (here / "out").iterdir()) == ["1.png", "2.png"]
    assert capsys.readouterr().err == (
        "retoucher: 3.png: There is no mask for 3.png in masks: exactly one must be named 3.*.\n"
    )


def test_a_stopped_batch_is_continued_by_the_same_command(here, capsys):
    for seed in (1, 2, 3):
        photo(seed).save(f"{seed}.png")
    words = ["1.png", "2.png", "3.png", "--mask", "mask.png", "-o", "out"]
    assert run("1.png", "--mask", "mask.png", "-o", "out/") == 0
    first = (here / "out/1.png").stat().st_mtime_ns
    assert run(*words) == 0
    assert "1 of 3 results are already there and are left as they are" in capsys.readouterr().out
    assert (here / "out/1.png").stat().st_mtime_ns == first
    assert len(list((here / "out").iterdir())) == 3
    assert run(*words, "--overwrite") == 0
    assert (here / "out/1.png").stat().st_mtime_ns > first


def test_a_batch_stopped_in_the_middle_keeps_what_is_finished(here, monkeypatch, capsys):
    for seed in (1, 2, 3):
        photo(seed).save(f"{seed}.png")
    calls = []

    class Interrupted(Nosy):
        def forward(self, image, mask):
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return super().forward(image, mask)

    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Interrupted())
    words = ["1.png", "2.png", "3.png", "--mask", "mask.png", "-o", "out"]
    assert run(*words) == 130
    assert [path.name for path in (here / "out").iterdir()] == ["1.png"]
    assert capsys.readouterr().err == "retoucher: Stopped: what was finished is kept, and nothing half done is left.\n"
    assert run(*words) == 0
    assert len(list((here / "out").iterdir())) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
@pytest.mark.parametrize("name", ["Grüße 写真 📷.png", "new\nline.png", "\udcff.png", "-dash.png", "<->.png"])
def test_a_photo_may_have_any_name(here, name):
    (here / "photo.png").rename(here / name)
    words = [sys.executable, "-m", "retoucher.cli", "inpaint", "--mask", "empty.png", "-o", "out/", "--", name]
    (here / "empty.png").write_bytes(Mask.none(SIZE).encode())
    done = subprocess.run(words, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert (here / "out" / name).read_bytes() == (here / name).read_bytes()


def test_options_of_the_edit_are_options_of_the_command(monkeypatch):
    seen = []
    monkeypatch.setattr(Inpaint, "run", lambda self, *inputs, **doors: seen.append(self) or 1 / 0)
    words = ["--model", "lama", "--weights", "big-lama", "--grow", 9, "--seed", 5, "--opaque"]
    run("photo.png", "--mask", "mask.png", "-o", "out.png", *words)
    assert seen == [Inpaint(model="lama", weights="big-lama", grow=9, seed=5, opaque=True)]


def test_the_device_reaches_the_loader(monkeypatch):
    asked = []
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: asked.append((name, device)) or Nosy())
    assert run("photo.png", "--mask", "mask.png", "-o", "out.png", "--device", "cpu") == 0
    assert asked == [("auto", "cpu")]


def test_demo_shows_where_its_pictures_are(here, capsys):
    assert main(["demo", "--output", "shown"]) == 0
    said = capsys.readouterr().out
    assert "Pixels changed outside the mask: 0." in said
    for name in ("result.png", "before_after.png"):
        assert str(here / "shown" / name) in said
    result, both = Image.open("shown/result.png"), Image.open("shown/before_after.png")
    assert both.size == (result.height, 2 * result.width)
    assert all(
        b"DigitalSourceType" in (here / "shown" / name).read_bytes() for name in ("result.png", "before_after.png")
    )
    assert main(["demo", "--output", "shown"]) == 2
    assert main(["demo", "--output", "shown", "--overwrite"]) == 0


def test_help_and_version_name_what_there_is(capsys):
    assert main(["--help"]) == 0
    assert main(["inpaint", "--help"]) == 0
    said = capsys.readouterr().out
    for word in ("inpaint", "demo", "weights", "--mask", "--grow", "--model", "--no-mark", "--max-pixels"):
        assert word in said
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "0.1.0\n"
    assert main([]) == 0


def test_a_bar_appears_only_on_a_terminal_and_when_the_work_is_slow(capsys, monkeypatch):
    def shown(**options):
        with Bar("photo", **options) as bar:
            time.sleep(0.1)
            return bar._bar is not None

    assert not shown(patience=0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert not shown(patience=60)
    assert not shown(patience=0, quiet=True)
    with Bar("photo", patience=0) as bar:
        bar._timer.join()
        bar(0.4, "filling 1 of 2")
        assert bar._bar.tasks[0].completed == 0.4
        assert bar._bar.tasks[0].fields["message"] == "filling 1 of 2"
    assert bar._bar.live.is_started is False


def test_the_installed_command_exits_with_the_code(here):
    done = subprocess.run([sys.executable, "-m", "retoucher.cli", "inpaint"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "retoucher: --output is missing; see --help.\n"
