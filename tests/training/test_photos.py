"""Photos come out of folders and tars alike, in one order, the right way up; what cannot be read is said by name."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import struct
import tarfile
import threading
import zlib
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from retoucher.errors import RetoucherError, UsageError
from retoucher.training.decode import decoded
from retoucher.training.photos import Entry, Photos


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    small = np.random.RandomState(seed).randint(0, 256, (4, 4, 3)).astype(np.uint8)
    return np.asarray(Pictures.fromarray(small).resize((width, height), Pictures.Resampling.BICUBIC))


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    Pictures.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


FILES = {
    "b.JPG": encoded(picture(31, 47, 1), "JPEG"),
    "a.png": encoded(picture(33, 20, 2)),
    "deep/er/c.webp": encoded(picture(40, 40, 3), "WEBP", lossless=True),
    "deep/d.bmp": encoded(picture(32, 35, 4), "BMP"),
    "deep/e.TIFF": encoded(picture(36, 32, 5), "TIFF"),
    "f.jpeg": encoded(picture(301, 203, 6), "JPEG"),
    "g.tif": encoded(picture(50, 32, 7), "TIFF", compression="tiff_lzw"),
}
OTHERS = {".hidden.png": b"x", ".thumbnails/a.png": b"x", "SOURCES.csv": b"a,b", "png": b"x"}


def folder(path: Path, files: dict[str, bytes] | None = None) -> Path:
    for name, data in ({**FILES, **OTHERS} if files is None else files).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def packed(path: Path, files: dict[str, bytes] | None = None, mode: str = "w", start: str = "./") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in ({**FILES, **OTHERS} if files is None else files).items():
            member = tarfile.TarInfo(start + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_a_folder_and_a_tar_of_the_same_files_give_the_same_arrays_in_the_same_order(tmp_path: Path) -> None:
    loose = Photos.open([folder(tmp_path / "loose")])
    shard = Photos.open([packed(tmp_path / "photos.tar")])
    assert [entry.name for entry in loose.entries] == [entry.name for entry in shard.entries] == sorted(FILES)
    assert loose.fingerprint() == shard.fingerprint()
    for index, name in enumerate(sorted(FILES)):
        np.testing.assert_array_equal(loose.decode(index), shard.decode(index))
        assert shard.name(index) == f"photos.tar/{name}"
    np.testing.assert_array_equal(loose.decode(0), picture(33, 20, 2))


def test_two_shards_are_the_folder_they_were_made_of_and_nothing_counts_twice(tmp_path: Path) -> None:
    parts = [dict(list(FILES.items())[:3]), dict(list(FILES.items())[3:])]
    shards = [packed(tmp_path / f"{i}.tar", part) for i, part in enumerate(parts)]
    loose = folder(tmp_path / "loose")
    assert Photos.open(shards).fingerprint() == Photos.open([loose]).fingerprint()
    assert (
        Photos.open([tmp_path]).fingerprint() != Photos.open([loose]).fingerprint()
    )  # shards and what they were made of
    assert len(Photos.open([tmp_path])) == 2 * len(FILES)
    assert len(Photos.open([loose, loose / "deep", loose / "a.png", *shards, shards[0]])) == 2 * len(FILES)


def test_the_fingerprint_changes_with_a_name_a_size_and_a_photo_less(tmp_path: Path) -> None:
    longer = {**FILES, "a.png": FILES["a.png"] + b"\0"}
    renamed = {name.replace("a.png", "aa.png"): data for name, data in FILES.items()}
    fewer = dict(list(FILES.items())[1:])
    sets = [FILES, longer, renamed, fewer]
    prints = {Photos.open([packed(tmp_path / f"{i}.tar", files)]).fingerprint() for i, files in enumerate(sets)}
    assert len(prints) == 4


@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_photos_are_left_out_by_their_names_without_folders(tmp_path: Path, kind: str) -> None:
    source = folder(tmp_path / "x") if kind == "folder" else packed(tmp_path / "x.tar")
    photos = Photos.open([source], leave_out=["a.png", "c.webp", "nobody.png", "deep"])
    assert [entry.name for entry in photos.entries] == ["b.JPG", "deep/d.bmp", "deep/e.TIFF", "f.jpeg", "g.tif"]
    assert photos.left_out == 2
    with pytest.raises(UsageError, match=r"no photos in .* \(7 are left out by their names\): give"):
        Photos.open([source], leave_out={Path(name).name for name in FILES})


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_photos_stand_upright_whatever_the_orientation_they_were_stored_in(kind: str, orientation: int) -> None:
    upright = np.zeros((48, 80, 3), np.uint8)
    upright[:24, :40] = 255  # bright at the top left
    turned = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}[orientation]
    stored = np.rot90(upright, turned)
    if orientation in (2, 4, 5, 7):
        stored = stored[:, ::-1]
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    pixels = decoded(encoded(np.ascontiguousarray(stored), kind, exif=exif))
    assert pixels.shape == (48, 80, 3)
    assert abs(pixels.astype(int) - upright).mean() < 2


@pytest.mark.parametrize("size", [(2999, 2003), (641, 330), (1024, 512), (257, 256), (256, 400), (100, 90)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_hint_reduces_the_shorter_side_to_it_and_never_enlarges(size: tuple[int, int], kind: str) -> None:
    data = encoded(picture(*size), kind)
    whole, reduced = decoded(data), decoded(data, shorter=256)
    shorter = min(256, *size)
    by = shorter / min(size)
    assert reduced.shape == (round(size[0] * by), round(size[1] * by), 3)
    assert min(reduced.shape[:2]) == shorter
    wanted = Pictures.fromarray(whole).resize(reduced.shape[1::-1], Pictures.Resampling.BOX)
    assert abs(reduced.astype(int) - np.asarray(wanted)).mean() < 1.5


def test_16_bits_palettes_grey_cmyk_and_transparency_become_rgb() -> None:
    deep = np.array([[0, 257 * 100, 65535, 257 * 100 + 120]], np.uint16)
    np.testing.assert_array_equal(decoded(encoded(deep))[0, :, 1], [0, 100, 255, 100])
    np.testing.assert_array_equal(decoded(encoded(deep, "TIFF"))[0, :, 0], [0, 100, 255, 100])
    grey = np.array([[0, 7, 255]], np.uint8)
    np.testing.assert_array_equal(decoded(encoded(grey))[0], [[0] * 3, [7] * 3, [255] * 3])
    np.testing.assert_array_equal(decoded(encoded(grey > 0))[0], [[0] * 3, [255] * 3, [255] * 3])
    clear = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    np.testing.assert_array_equal(decoded(encoded(clear))[0], [[10, 20, 30], [255] * 3, [127] * 3])
    file = io.BytesIO()
    palette = Pictures.fromarray(np.array([[0, 1, 1]], np.uint8), "L").convert("P")
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.save(file, "PNG", transparency=b"\xff\x00")
    np.testing.assert_array_equal(decoded(file.getvalue())[0], [[255, 0, 0], [255] * 3, [255] * 3])
    file = io.BytesIO()
    Pictures.new("CMYK", (16, 16), (0, 255, 255, 0)).save(file, "JPEG")
    assert abs(decoded(file.getvalue())[8, 8].astype(int) - [255, 0, 0]).max() <= 2


def bomb(width: int, height: int) -> bytes:
    """A PNG of 70 bytes that claims to be that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


BAD = {
    "empty.png": (b"", "it is no picture"),
    "text.jpg": (b"hello", "it is no picture"),
    "cut.jpg": (FILES["f.jpeg"][: len(FILES["f.jpeg"]) // 2], "truncated"),
    "headless.jpg": (FILES["f.jpeg"][:40], ""),
    "large.png": (bomb(12000, 11000), "12000x11000 pixels, more than 120,000,000"),
    "huge.png": (bomb(60000, 60000), ""),
    "zero.png": (bomb(0, 5), ""),
    "float.tif": (encoded(np.ones((300, 300), np.float32), "TIFF"), "32 bits"),
    "wrong.png": (encoded(picture(300, 300), "GIF"), "it is no picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_decoded_is_named_with_the_reason(tmp_path: Path, name: str) -> None:
    data, why = BAD[name]
    photos = Photos.open([folder(tmp_path / "x", {name: data})])
    with pytest.raises(RetoucherError, match=f"^x/{name}: cannot be read \\(.*\\)\\.$") as said:
        photos.decode(0)
    assert why in str(said.value)
    assert "\n" not in str(said.value)


def test_every_file_cut_anywhere_is_read_or_refused_in_one_sentence(tmp_path: Path) -> None:
    random = np.random.RandomState(0)
    for name, data in FILES.items():
        for _ in range(8):
            hurt = bytearray(data[: random.randint(1, len(data))])
            hurt[random.randint(len(hurt))] ^= 1 << random.randint(8)
            photos = Photos.open([folder(tmp_path / "x", {Path(name).name: bytes(hurt)}) / Path(name).name])
            with contextlib.suppress(RetoucherError):  # and nothing else
                assert photos.decode(0).shape[2] == 3


def test_small_and_unreadable_photos_are_told_and_the_others_kept(tmp_path: Path) -> None:
    files = {"a.jpg": FILES["f.jpeg"], "b.png": FILES["a.png"], "c.jpg": b"", "d.png": encoded(picture(300, 200))}
    photos, problems = Photos.open([packed(tmp_path / "x.tar", files)]).check(200)
    assert [entry.name for entry in photos.entries] == ["a.jpg", "d.png"]
    assert problems == [
        "x.tar/b.png: 20x33 is smaller than the crop of 200.",
        "x.tar/c.jpg: cannot be read (it is no picture, or one of another kind).",
    ]
    with pytest.raises(UsageError, match=r"None of the 4 photos can be used: .*at least 400 .*x\.tar/a\.jpg: 203x301"):
        Photos.open([tmp_path / "x.tar"]).check(400)


def test_a_header_that_lies_far_into_the_file_is_found(tmp_path: Path) -> None:
    noise = np.random.RandomState(0).randint(0, 256, (200, 300, 3)).astype(np.uint8)
    data = encoded(noise, "TIFF")
    assert len(data) > 1 << 16
    photos, problems = Photos.open([folder(tmp_path / "x", {"a.tif": data})]).check(200)
    assert (len(photos), problems) == (1, [])


def test_sources_that_are_missing_empty_compressed_or_no_tar_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no .*nowhere: give a folder or a tar"):
        Photos.open([tmp_path / "nowhere"])
    with pytest.raises(UsageError, match=r"There are no photos in .*OTHERS: give folders or tars"):
        Photos.open([folder(tmp_path / "OTHERS", OTHERS)])
    with pytest.raises(UsageError, match="There are no photos in nothing: give"):
        Photos.open([])
    for mode in ("w:gz", "w:bz2", "w:xz"):
        with pytest.raises(UsageError, match=r"x\.tar is compressed, and single photos cannot be read from it"):
            Photos.open([packed(tmp_path / "x.tar", mode=mode)])
    (tmp_path / "notes.txt").write_text("no photos here" * 100)
    with pytest.raises(UsageError, match=r"notes\.txt is neither a folder nor a tar"):
        Photos.open([tmp_path / "notes.txt"])
    os.mkfifo(tmp_path / "pipe")  # which nobody writes to: reading it would wait for ever
    with pytest.raises(UsageError, match=r"pipe is neither a folder nor a tar"):
        Photos.open([tmp_path / "pipe"])
    (tmp_path / "nil.tar").write_bytes(b"")
    with pytest.raises(UsageError, match=r"nil\.tar is neither a folder nor a tar"):
        Photos.open([tmp_path / "nil.tar"])


def test_a_truncated_tar_gives_what_is_whole_and_says_that_it_was_cut(tmp_path: Path) -> None:
    whole = packed(tmp_path / "x.tar", FILES).read_bytes()
    with tarfile.open(tmp_path / "x.tar") as archive:
        members = [(str(Path(member.name)), member.offset, member.offset_data, member.size) for member in archive]
    for name, offset, data, size in members[1:]:
        before = sorted(other for other, start, *_ in members if start < offset)
        for stop, also in [(offset, []), (offset + 100, []), (data, []), (data + size // 2, []), (data + size, [name])]:
            (tmp_path / "x.tar").write_bytes(whole[:stop])
            photos = Photos.open([tmp_path / "x.tar"])
            assert [entry.name for entry in photos.entries] == sorted([*before, *also])
            for index in range(len(photos)):
                photos.decode(index)
            assert len(photos.problems) == 1
            assert ("damaged at" if stop == offset + 100 else "cut short") in photos.problems[0]
            assert "x.tar" in photos.problems[0]
            assert photos.check(16)[1] == list(photos.problems)


def test_behind_a_damaged_header_the_rest_of_a_tar_is_found(tmp_path: Path) -> None:
    data = bytearray(packed(tmp_path / "x.tar", FILES).read_bytes())
    with tarfile.open(tmp_path / "x.tar") as archive:
        third = archive.getmembers()[2]
    data[third.offset + 5] ^= 1
    (tmp_path / "x.tar").write_bytes(bytes(data))
    photos = Photos.open([tmp_path / "x.tar"])
    assert [entry.name for entry in photos.entries] == sorted(set(FILES) - {"deep/er/c.webp"})
    assert photos.problems == (f"x.tar: damaged at byte {third.offset}; what could be read of it is used.",)


def test_links_to_nothing_are_told_and_a_photo_that_went_is_an_error_with_its_name(tmp_path: Path) -> None:
    (folder(tmp_path / "x") / "z.png").symlink_to(tmp_path / "gone.png")
    photos = Photos.open([tmp_path / "x"])
    assert photos.problems == (f"{tmp_path / 'x' / 'z.png'}: cannot be read (No such file or directory).",)
    (tmp_path / "x" / "a.png").unlink()
    with pytest.raises(RetoucherError, match=r"^x/a\.png: cannot be read \(No such file or directory\)\.$"):
        photos.decode(0)


def test_names_that_are_no_unicode_can_be_printed(tmp_path: Path) -> None:
    photos = Photos((Entry(tmp_path, "\udcff.png", 3),))
    assert photos.name(0).isascii()
    assert len(photos.fingerprint()) == 64


def first_photo(photos: Photos) -> bytes:
    return photos.decode(0).tobytes()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_an_open_tar_can_be_read_from_other_processes_and_threads(tmp_path: Path, start: str) -> None:
    photos = Photos.open([packed(tmp_path / "x.tar")])
    wanted = [photos.decode(index).tobytes() for index in range(len(photos))]
    with get_context(start).Pool(1) as pool:
        assert pool.apply(first_photo, [photos]) == wanted[0]
    assert pickle.loads(pickle.dumps(photos)) == photos
    seen: list[bool] = []

    def read() -> None:
        seen.extend(photos.decode(index).tobytes() == wanted[index] for index in range(len(photos)) for _ in range(10))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 30 * len(photos)
