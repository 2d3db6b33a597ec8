"""Whatever goes wrong: one clear sentence, the right exit code, no traceback, no file left behind."""

import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from fakes import Nosy
from retoucher import catalogue
from retoucher.cli import main
from retoucher.errands import _check_brightness
from retoucher.errors import RetoucherError, UsageError
from retoucher.image import Image
from retoucher.mask import Mask

SIZE = (40, 60)
LOAD = catalogue.load


def photo(seed=0):
    return Image.from_array(np.random.default_rng(seed).integers(0, 256, (*SIZE, 3), dtype=np.uint8))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a good photo and a good mask, and a network that needs no weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Nosy())
    photo().save("photo.png")
    (tmp_path / "mask.png").write_bytes(Mask.from_boxes(SIZE, [(20, 10, 12, 9)]).encode())
    return tmp_path


def refused(capsys, code, *words):
    """Run the command, which must fail with `code`, leave the folder as it was and say one sentence: that sentence."""
    before = files()
    assert main(["inpaint", *map(str, words)]) == code
    assert files() == before
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("retoucher: ")
    assert said.err.count("\n") == 1
    assert said.err.endswith((".\n", "?\n"))
    assert "Traceback" not in said.err
    return said.err.removeprefix("retoucher: ").removesuffix("\n")


def files():
    """Every file below the current folder with its contents."""
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(Path().rglob("*"))}


def usual(photo="photo.png", mask="mask.png", output="out.png"):
    return [photo, "--mask", mask, "--output", output]


def bomb(width, height):
    """A PNG of 20 KB that claims to be width × height grey pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(20_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


BAD_FILES = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(Path("photo.png").read_bytes()[:3000]),
    "header only": lambda path: path.write_bytes(Path("photo.png").read_bytes()[:20]),
    "of a wrong type": lambda path: path.write_bytes(b"#!/bin/sh\necho hello\n" * 50),
    "random": lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)),
    "a folder": lambda path: path.mkdir(),
    "missing": lambda path: None,
    "a bomb": lambda path: path.write_bytes(bomb(60_000, 60_000)),
    "a dangling link": lambda path: path.symlink_to("nowhere.png"),
}
DAMAGED = ("truncated", "header only")


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_photo_that_cannot_be_read_is_refused(here, capsys, kind):
    BAD_FILES[kind](here / "bad.png")
    said = refused(capsys, 1 if kind in DAMAGED else 2, *usual(photo="bad.png"))
    assert "bad.png" in said


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_mask_that_cannot_be_read_is_refused(here, capsys, kind):
    BAD_FILES[kind](here / "bad.png")
    said = refused(capsys, 1 if kind in DAMAGED else 2, *usual(mask="bad.png"))
    if kind != "a folder":  # a folder of masks, in which there is none
        assert "bad.png" in said


def test_the_claimed_size_is_named_with_the_way_out(here, capsys):
    (here / "bad.png").write_bytes(bomb(60_000, 60_000))
    said = refused(capsys, 2, *usual(photo="bad.png"))
    assert "--max-pixels" in said
    assert refused(capsys, 2, *usual(), "--max-pixels", 2399)
    assert main(["inpaint", *usual(), "--max-pixels", "2400"]) == 0


def test_an_unreadable_photo_is_refused(capsys, monkeypatch):
    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("retoucher.files.Path.read_bytes", closed)
        patched.setattr(f"{__name__}.files", lambda: None)
        assert "permissions" in refused(capsys, 2, *usual())


@pytest.mark.parametrize("container", ["GIF", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("role", ["photo", "mask"])
def test_animated_files_are_refused(here, capsys, container, role):
    frames = [Pillow.fromarray(photo(seed).samples) for seed in range(3)]
    name = f"moving.{container.lower()}"
    frames[0].save(here / name, container, save_all=True, append_images=frames[1:])
    refused(capsys, 2, *usual(**{role: name}))


def test_a_mask_of_another_size_is_refused_with_both_sizes(here, capsys):
    (here / "mask.png").write_bytes(Mask.from_boxes((60, 40), [(1, 1, 5, 5)]).encode())
    said = refused(capsys, 2, *usual())
    assert "The mask is 40×60 pixels but the photo is 60×40" in said
    assert refused(capsys, 2, *usual(), "--box", "1,2,3,4") == said


def test_a_mask_that_covers_everything_is_refused(here, capsys):
    (here / "mask.png").write_bytes(Mask.none(SIZE).invert().encode())
    assert "covers the whole photo" in refused(capsys, 2, *usual())


def test_an_unknown_model_is_refused_with_those_there_are(capsys):
    said = refused(capsys, 2, *usual(), "--model", "lamma")
    choices = "'auto', 'lama', 'partialconv' or 'exemplar'"
    assert said == f"The option 'model' should be {choices}, not 'lamma' (did you mean 'lama'?)."


def test_unknown_weights_are_refused_with_a_close_name(capsys, monkeypatch):
    monkeypatch.setattr("retoucher.catalogue.load", LOAD)
    assert "big-lama" in refused(capsys, 2, *usual(), "--weights", "big-lma")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gorw", "3"], "Unknown option: --gorw. Did you mean --grow?"),
        (["--grow", "-3"], "The option 'grow' should be greater than or equal to 0, not '-3'."),
        (["--grow", "x"], "The option 'grow' should be a valid integer, not 'x'."),
        (["--grow"], "--grow needs a value; see --help."),
        (["--box", "1,2,3"], "'1,2,3' is not a box: give X,Y,WIDTH,HEIGHT in pixels, such as 10,20,300,200."),
        (["--box", "60,2,3,4"], "The box 60,2,3,4 covers no pixel of this photo of 60×40"),
        (["--transparent"], "The photo has no transparency to fill"),
    ],
)
def test_a_mistyped_option_is_refused_with_what_was_meant(capsys, words, said):
    assert refused(capsys, 2, *usual(), *words).startswith(said)


def test_a_misspelt_device_is_refused_even_where_none_is_needed(capsys):
    assert "cudda" in refused(capsys, 2, *usual(), "--device", "cudda")


@pytest.mark.parametrize(
    "words", [["inpant"], ["inpaint"], ["inpaint", "-o", "x.png"], ["inpaint", "photo.png", "-o", "x.png"]]
)
def test_half_a_command_is_refused(capsys, words):
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_existing_output_is_never_overwritten_unasked(here, capsys):
    (here / "out.png").write_bytes(b"precious")
    assert "--overwrite" in refused(capsys, 2, *usual())
    assert main(["inpaint", *usual(), "--overwrite"]) == 0
    assert Image.open("out.png").size == SIZE


@pytest.mark.parametrize("output", ["photo.png", "./photo.png", "link.png", "."])
def test_the_photo_itself_is_never_written_even_when_asked(here, capsys, output):
    (here / "link.png").symlink_to("photo.png")
    assert "is the photo itself" in refused(capsys, 2, *usual(output=output), "--overwrite")


@pytest.mark.parametrize("output", ["out.xyz", "out", "mask.png/out.png", "photo.png/"])
def test_an_output_that_cannot_be_written_is_refused_before_any_work(monkeypatch, capsys, output):
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: pytest.fail("too late"))
    refused(capsys, 2, *usual(output=output))


def test_an_unwritable_folder_is_refused_before_any_work(capsys, monkeypatch):
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: pytest.fail("too late"))
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)  # even the superuser may not
    assert "may not be written to" in refused(capsys, 2, *usual())


def test_a_full_disk_leaves_no_file(capsys, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert "no space left" in refused(capsys, 1, *usual()).lower()


@pytest.mark.parametrize("words", [["-", "photo.png"], ["photo.png", "sub/photo.png"]])
def test_photos_that_would_need_one_name_are_refused(capsys, words):
    refused(capsys, 2, *words, "--mask", "mask.png", "--output", "out")


def test_several_photos_do_not_fit_in_one_file_or_stream(capsys):
    for output in ("mask.png", "-"):
        assert "folder" in refused(capsys, 2, "photo.png", "other.png", "--mask", "mask.png", "--output", output)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Stopped: what was finished is kept, and nothing half done is left."),
        (RetoucherError("Too bad: do it again."), 1, "Too bad: do it again."),
        (MemoryError(), 1, "There is not enough memory for this photo: close other programs, or use a smaller"),
        (RuntimeError("CUDA out of memory.\nTried to"), 1, "There is not enough memory for this photo"),
        (ValueError("odd\nthing"), 1, "Something went wrong inside Retoucher; please report it with the command"),
    ],
)
def test_what_happens_inside_a_model_ends_in_one_sentence(capsys, monkeypatch, error, code, said):
    class Broken(Nosy):
        def forward(self, image, mask):
            raise error

    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Broken())
    assert refused(capsys, code, *usual()).startswith(said)


def test_one_bad_photo_does_not_stop_the_others(here, capsys):
    (here / "bad.png").write_bytes(b"")
    photo(1).save("good.png")
    assert main(["inpaint", "bad.png", "good.png", "--mask", "mask.png", "--output", "out"]) == 1
    assert [path.name for path in (here / "out").iterdir()] == ["good.png"]
    assert capsys.readouterr().err.count("\n") == 1


SLOW = """
import sys, time
from retoucher import catalogue, cli
from fakes import Nosy

class Slow(Nosy):
    def forward(self, image, mask):
        print("working", flush=True)
        time.sleep(30)

catalogue.load = lambda name, device=None: Slow()
sys.exit(cli.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_in_the_middle_ends_at_once_with_one_sentence_and_no_file(here):
    before = files()
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = [sys.executable, "-c", SLOW, "inpaint", *usual()]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as running:
        assert running.stdout.readline() == "working\n"
        stopped = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert time.monotonic() - stopped < 5
    assert running.returncode == 130
    assert said == "retoucher: Stopped: what was finished is kept, and nothing half done is left.\n"
    assert files() == before


def test_the_mask_is_never_written_either(here, capsys):
    assert "mask itself" in refused(capsys, 2, *usual(output="mask.png"), "--overwrite")
    (here / "masks").mkdir()
    (here / "masks" / "photo.png").write_bytes((here / "mask.png").read_bytes())
    assert "mask itself" in refused(capsys, 2, *usual(mask="masks", output="masks"), "--overwrite")


def test_several_photos_do_not_turn_a_file_name_into_a_folder(capsys):
    said = refused(capsys, 2, "photo.png", "mask.png", "--box", "1,1,9,9", "--output", "out.png")
    assert "need a folder" in said


def test_a_mask_of_zeros_and_ones_is_refused_with_its_brightest_value(here, capsys):
    Pillow.fromarray(np.eye(*SIZE, dtype=np.uint8)).save(here / "ones.png")
    assert "brightest value is 1 of 255" in refused(capsys, 2, *usual(mask="ones.png"))


def test_a_picture_is_not_poured_into_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "terminal" in refused(capsys, 2, *usual(output="-"))


def test_a_folder_is_no_photo_and_nothing_is_no_output(here, capsys):
    (here / "album").mkdir()
    assert "is a folder" in refused(capsys, 2, *usual(photo="album"))
    assert "no name" in refused(capsys, 2, *usual(output=""))


def test_a_demonstration_that_cannot_be_written_is_refused_before_any_work(here, capsys):
    assert main(["demo", "--output", str(here / "photo.png" / "x")]) == 2
    assert "cannot be a folder" in capsys.readouterr().err


def test_one_photo_for_a_folder_is_continued_like_many(here, capsys):
    for _ in range(2):
        assert main(["inpaint", *usual(output="done/")]) == 0
    assert "already there" in capsys.readouterr().out


def test_ctrl_c_while_everything_is_still_being_imported_ends_with_a_sentence(tmp_path):
    (tmp_path / "cyclopts.py").write_text("raise KeyboardInterrupt")
    told = subprocess.run(
        [sys.executable, "-m", "retoucher", "--help"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 130
    assert told.stderr.count("\n") == 1


def test_the_second_look_at_an_empty_mask_keeps_to_the_cap_that_was_given(here):
    Pillow.fromarray(np.zeros(SIZE, np.uint8)).save(here / "black.png")
    _check_brightness("black.png", SIZE[0] * SIZE[1])
    with pytest.raises(UsageError, match="--max-pixels"):
        _check_brightness("black.png", SIZE[0] * SIZE[1] - 1)
