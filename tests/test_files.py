"""A result is there whole or not at all, and nothing that was there is lost."""

import os

import pytest

from retoucher import files
from retoucher.errors import RetoucherError, UsageError
from retoucher.files import read_whole, write_whole


def test_a_file_is_written_whole_and_alone(tmp_path):
    path = tmp_path / "ergebnis ä 结果.png"
    write_whole(path, b"abc", overwrite=False)
    assert read_whole(path) == b"abc"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o111 == 0


def test_an_existing_file_stays_unless_told(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(UsageError, match=r"already exists.*--overwrite"):
        write_whole(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"
    write_whole(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_stays(tmp_path, monkeypatch, links):
    path = tmp_path / "a"
    check = files.check_output

    def slow_check(path, *, overwrite):
        check(path, overwrite=overwrite)
        path.write_bytes(b"somebody else's")

    monkeypatch.setattr(files, "check_output", slow_check)
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    with pytest.raises(UsageError, match="already exists"):
        write_whole(path, b"ours", overwrite=False)
    assert path.read_bytes() == b"somebody else's"
    assert list(tmp_path.iterdir()) == [path]


def test_without_hard_links_the_file_is_still_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    write_whole(tmp_path / "a", b"abc", overwrite=False)
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("place", ["fsync", "link", "replace"])
def test_nothing_is_left_when_writing_fails(tmp_path, monkeypatch, place, failure):
    path = tmp_path / "a"
    if place == "replace":
        path.write_bytes(b"old")

    def fail(*_):
        raise failure

    monkeypatch.setattr("pathlib.Path.replace" if place == "replace" else f"os.{place}", fail)
    if place == "link" and isinstance(failure, OSError):
        monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(RetoucherError if isinstance(failure, OSError) else type(failure)):
        write_whole(path, b"new" * 1000, overwrite=place == "replace")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == ([b"old"] if place == "replace" else [])


def test_places_that_cannot_be_written_get_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    for path, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "missing" / "a.png", "does not exist; create it"),
        (tmp_path / "file" / "a.png", "does not exist"),
        (tmp_path / ("x" * 300 + ".png"), "cannot be written"),
        (tmp_path / "a\0b", "cannot be written"),
    ):
        with pytest.raises(UsageError, match=words):
            write_whole(path, b"abc", overwrite=False)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UsageError, match="may not be written"):
        write_whole(tmp_path / "a", b"abc", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_is_written_through_and_permissions_stay(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_read_gets_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="no file at"):
        read_whole(tmp_path / "missing")
    with pytest.raises(UsageError, match="is a folder"):
        read_whole(tmp_path)
    with pytest.raises(RetoucherError, match="cannot be read"):
        read_whole("a\0b")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a").write_bytes(b"abc")
    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(UsageError, match="may not be read"):
        read_whole(tmp_path / "a")
