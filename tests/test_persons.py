"""What is kept of persons, and that deleting one removes all of it."""

import json

import pytest

from retoucher import persons
from retoucher.errors import RetoucherError, UsageError
from retoucher.persons import Record, Rejected

ADA = Record(
    "ada",
    "portraits-128",
    "ab" * 32,
    "portrait",
    ("1.jpg", "2.jpg"),
    (Rejected("3.jpg", "no face was found in it"),),
    ("smile: fair.",),
    ("few",),
    0.02,
    ("smile", "turn"),
    3,
    10,
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path))
    return tmp_path


def test_a_record_comes_back_with_its_size():
    persons.keep(ADA)
    (persons.folder("ada") / persons.UNFINISHED).write_bytes(b"x" * 1000)
    found = persons.record("ada")
    written = (persons.folder("ada") / persons.RECORD).stat().st_size
    assert found == Record(**{**vars(ADA), "size": 1000 + written})
    assert persons.names() == ["ada"]
    assert json.loads(json.dumps(found.as_json()))["rejected"] == [
        {"name": "3.jpg", "reason": "no face was found in it"}
    ]


@pytest.mark.parametrize("name", ["", "../ada", "a/b", "ada.json", "a" * 41, "con", "LPT1", "ä", "a b", ".", "a\n"])
def test_names_that_are_no_folders_everywhere_are_refused(name):
    with pytest.raises(UsageError, match="letters, digits"):
        persons.check_name(name)


def test_a_person_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(UsageError, match="there is none yet"):
        persons.record("ada")
    persons.keep(ADA)
    with pytest.raises(UsageError, match="did you mean 'ada'"):
        persons.record("adda")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"name": "ada"}', "\xff"])
def test_a_damaged_record_is_an_error_that_says_what_to_do(text):
    persons.keep(ADA)
    (persons.folder("ada") / persons.RECORD).write_text(text, "latin-1")
    with pytest.raises(RetoucherError, match="delete the person"):
        persons.record("ada")


def test_deleting_removes_every_file_and_says_which(home):
    persons.keep(ADA)
    place = persons.folder("ada")
    (place / persons.TENSORS).write_bytes(b"1")
    (place / "more").mkdir()
    (place / "more" / "file").write_bytes(b"2")
    outside = home / "elsewhere.txt"
    outside.write_text("mine")
    (place / "link").symlink_to(outside)
    gone = persons.delete("ada")
    assert gone == tuple(f"persons/ada/{name}" for name in ("link", "more/file", "person.json", "person.safetensors"))
    assert not place.exists()
    assert outside.read_text() == "mine"
    with pytest.raises(UsageError, match="no person"):
        persons.delete("ada")


def test_a_person_at_work_is_not_deleted():
    persons.keep(ADA)
    with persons.in_use("ada"):
        assert persons.busy("ada")
        with pytest.raises(UsageError, match="in use just now"):
            persons.delete("ada")
    assert not persons.busy("ada")
    assert persons.delete("ada")


def test_only_finished_persons_are_exported_and_into_new_folders(tmp_path):
    persons.keep(ADA)
    with pytest.raises(UsageError, match="not finished"):
        persons.export("ada", tmp_path / "out")
    persons.keep(Record(**{**vars(ADA), "finished": True}))
    (persons.folder("ada") / persons.TENSORS).write_bytes(b"12")
    persons.export("ada", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["person.json", "person.safetensors"]
    with pytest.raises(UsageError, match="new folder"):
        persons.export("ada", tmp_path / "out")
