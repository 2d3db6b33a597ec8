from dataclasses import replace

import pytest

from checkpoints import assert_holds, kept, published, save_torchscript, toy, toy_entry
from loopback import Server
from retoucher import download, weights
from retoucher.errors import RetoucherError, UsageError
from retoucher.jobs import Cancelled


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A data folder and a torch cache of the test's own."""
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(download, "PAUSE", 0.0)
    for proxy in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture
def source(tmp_path):
    save_torchscript(tmp_path / "toy.pt", toy())
    return tmp_path / "toy.pt"


def pulled(server, source, tell=lambda *_: None):
    return download.pull(toy_entry(files=(published(source, server.url),)), tell)


def test_a_download_is_verified_converted_and_told(source):
    told = []
    with Server(source.read_bytes()) as server:
        copy = pulled(server, source, lambda fraction, message, preview=None: told.append((fraction, message)))
    assert (copy.origin, copy.source, copy.published) == ("pulled", "toy.pt", True)
    assert_holds(copy, toy())
    assert kept() == ["toy.json", "toy.safetensors"]
    assert server.asked == [None]
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert told[-1] == (1.0, "toy is ready")


def test_an_answer_that_breaks_off_is_continued_where_it_stopped(source):
    size = source.stat().st_size
    with Server(source.read_bytes(), breaks=2) as server:
        assert_holds(pulled(server, source), toy())
    half = size // 2
    assert server.asked == [None, f"bytes={half}-", f"bytes={half + (size - half) // 2}-"]


def test_a_download_from_yesterday_is_continued(source):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(source.read_bytes()[:1000])
    with Server(source.read_bytes()) as server:
        assert_holds(pulled(server, source), toy())
    assert server.asked == ["bytes=1000-"]
    assert kept() == ["toy.json", "toy.safetensors"]


def test_a_complete_download_from_yesterday_is_not_asked_for_again(source):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(source.read_bytes())
    with Server(source.read_bytes()) as server:
        assert_holds(pulled(server, source), toy())
    assert server.asked == []


def test_a_server_that_cannot_continue_is_asked_for_everything(source):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(b"x" * 1000)
    with Server(source.read_bytes(), ranges=False) as server:
        assert_holds(pulled(server, source), toy())
    assert server.asked == ["bytes=1000-"]


def test_a_part_longer_than_the_file_is_thrown_away(source):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(source.read_bytes() + b"x")
    with Server(source.read_bytes()) as server:
        assert_holds(pulled(server, source), toy())
    assert server.asked == [None]


def test_a_part_of_another_file_is_noticed_and_deleted(source):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(b"x" * 1000)
    with Server(source.read_bytes()) as server:
        with pytest.raises(RetoucherError, match="sha256 differs"):
            pulled(server, source)
        assert kept() == []
        assert_holds(pulled(server, source), toy())


def test_a_file_that_was_exchanged_is_never_opened(source, monkeypatch):
    monkeypatch.setattr(weights, "add", lambda *anything, **more: pytest.fail("opened"))
    content = bytearray(source.read_bytes())
    content[500] ^= 1
    with Server(bytes(content)) as server, pytest.raises(RetoucherError, match="sha256 differs"):
        pulled(server, source)
    with Server(bytes(content[:-1])) as server, pytest.raises(RetoucherError, match="size is another"):
        pulled(server, source)
    assert kept() == []


def test_a_server_that_shortened_the_file_is_noticed(source):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(source.read_bytes()[:2000])
    with Server(source.read_bytes()[:1500]) as server, pytest.raises(RetoucherError, match="size is another"):
        pulled(server, source)
    assert server.asked == ["bytes=2000-", None]
    assert kept() == []


@pytest.mark.parametrize(("options", "said"), [({"status": 404}, "answers 404"), ({"shift": 3}, "another part")])
def test_an_address_without_the_file_gives_one_sentence_with_the_way_out(source, options, said):
    weights.folder().mkdir(parents=True)
    (weights.folder() / "toy.pt.part").write_bytes(source.read_bytes()[:1000])
    with Server(source.read_bytes(), **options) as server, pytest.raises(RetoucherError, match=said) as error:
        pulled(server, source)
    assert "retoucher weights add toy FILE" in str(error.value)
    assert server.url in str(error.value)
    assert "\n" not in str(error.value)
    assert kept() == ["toy.pt.part"]


def test_no_network_gives_one_sentence_with_the_way_out(source):
    with Server(b"") as server:
        pass
    with pytest.raises(RetoucherError, match=r"127\.0\.0\.1 cannot be reached") as error:
        pulled(server, source)
    assert "retoucher weights add toy FILE" in str(error.value)
    assert kept() == []


def test_the_next_address_is_tried_when_one_is_dead(source):
    with Server(b"", status=404) as dead, Server(source.read_bytes()) as alive:
        files = published(source, dead.url), published(source, alive.url)
        assert_holds(download.pull(toy_entry(files=files)), toy())
    assert (dead.asked, alive.asked) == ([None], [None])


def test_a_server_that_always_breaks_off_is_given_up(source):
    with Server(source.read_bytes(), mute=True) as server, pytest.raises(RetoucherError, match="broke off"):
        pulled(server, source)
    assert len(server.asked) == download.TRIES


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled("stopped")])
def test_a_stopped_download_is_kept_for_the_next_time_and_is_no_network(source, stop, monkeypatch):
    monkeypatch.setattr(download, "CHUNK", 1000)

    def tell(fraction, message, preview=None):
        if fraction > 0.3:
            raise stop

    entry = toy_entry(files=(published(source),))
    with Server(source.read_bytes()) as server:
        with pytest.raises((KeyboardInterrupt, Cancelled)):
            pulled(server, source, tell)
        assert kept() == ["toy.pt.part"]
        had = (weights.folder() / "toy.pt.part").stat().st_size
        assert 0 < had < source.stat().st_size
        assert weights.find(entry) is None
        assert_holds(pulled(server, source), toy())
    assert server.asked == [None, f"bytes={had}-"]


def test_a_disk_without_room_is_said_before_the_download(source, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with Server(source.read_bytes()) as server, pytest.raises(RetoucherError, match="no room"):
        pulled(server, source)
    assert server.asked == []


@pytest.mark.parametrize("unknown", ["url", "size", "sha256"])
def test_what_is_not_fully_known_cannot_be_pulled(source, unknown):
    file = replace(published(source, "http://127.0.0.1:9/toy.pt"), **{unknown: "" if unknown == "url" else None})
    with pytest.raises(UsageError, match="retoucher weights add toy FILE"):
        download.pull(toy_entry(files=(file,)))
