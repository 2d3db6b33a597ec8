import io

import pytest

from checkpoints import published, save_lightning, save_torchscript, toy, toy_entry
from loopback import Server
from retoucher import catalogue, download, weights
from retoucher.cli import main


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setattr(catalogue, "ENTRIES", (toy_entry(), toy_entry("other")))
    save_lightning(tmp_path / "best.ckpt", toy())


@pytest.fixture
def run(capsys):
    """Run a command: exit code, standard output, standard error."""

    def run(*words):
        code = main(["weights", *map(str, words)])
        return code, *capsys.readouterr()

    return run


def assert_one_sentence(errors):
    assert errors.startswith("retoucher: ")
    assert errors.count("\n") == 1
    assert "Traceback" not in errors


def test_list_says_what_is_here_and_what_is_not(tmp_path, run):
    code, out, _ = run("list")
    assert code == 0
    assert out.count("not here; add it with `retoucher weights add ") == 2
    assert run("add", "toy", tmp_path / "best.ckpt")[0] == 0
    code, out, _ = run("list")
    assert "toy: here (added, not one of the published files), 0 MB" in out
    assert "licence: none; commercial use: unclear" in out
    assert f"where: {weights.folder() / 'toy.safetensors'}" in out
    assert "other: not here" in out


def test_list_shows_what_a_download_would_take(run, monkeypatch):
    monkeypatch.undo()
    assert "big-lama: not here; get it with `retoucher weights pull big-lama` (206 MB)" in run("list")[1]


def test_add_says_what_it_took_and_the_sha256_it_saw(tmp_path, run):
    code, out, _ = run("add", "toy", tmp_path / "best.ckpt")
    assert code == 0
    assert weights.digest(tmp_path / "best.ckpt") in out
    assert "no published file with this sha256 is known" in out


def test_a_published_file_is_recognised(tmp_path, run, monkeypatch):
    monkeypatch.setattr(catalogue, "ENTRIES", (toy_entry(files=(published(tmp_path / "best.ckpt"),)),))
    assert "from the published best.ckpt" in run("add", "toy", tmp_path / "best.ckpt")[1]
    assert "toy: here (added), " in run("list")[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["add", "toy", "missing.ckpt"], 2, "no file at missing.ckpt"),
        (["add", "tyo", "missing.ckpt"], 2, "did you mean toy"),
        (["add", "toy", "noise"], 1, "noise"),
        (["add", "toy"], 2, "FILE"),
        (["pull", "nothing"], 2, "did you mean other"),
        (["pull", "toy", "--yes"], 2, "retoucher weights add toy FILE"),
        (["verify", "toy"], 2, "toy is not here"),
        (["verify", "zzz"], 2, "choose toy or other"),
        (["lst"], 2, ""),
    ],
)
def test_wrong_use_gets_one_sentence(tmp_path, run, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    result, _, errors = run(*words)
    assert result == code
    assert said in errors
    assert_one_sentence(errors)
    assert not weights.folder().exists()


def test_verify_is_content_until_a_byte_changes(tmp_path, run):
    assert run("verify") == (0, "No weights are here, so there is nothing to verify.\n", "")
    run("add", "toy", tmp_path / "best.ckpt")
    run("add", "other", tmp_path / "best.ckpt")
    path = weights.folder() / "toy.safetensors"
    code, out, _ = run("verify")
    assert (code, out.count(": good (")) == (0, 2)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    code, out, errors = run("verify")
    assert code == 1
    assert f"toy: DAMAGED ({path})" in out
    assert "other: good (" in out
    assert "toy.safetensors is not what it was" in errors
    assert run("verify", "other")[0] == 0
    assert run("verify", "toy")[0] == 1


@pytest.fixture
def server(tmp_path, monkeypatch):
    save_torchscript(tmp_path / "toy.pt", toy())
    with Server((tmp_path / "toy.pt").read_bytes()) as server:
        monkeypatch.setattr(catalogue, "ENTRIES", (toy_entry(files=(published(tmp_path / "toy.pt", server.url),)),))
        yield server


def test_pull_shows_the_licence_first_and_asks(run, server, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, out, _ = run("pull", "toy")
    assert code == 1
    for text in ("by Somebody", "Licence: none.", "Commercial use: unclear.", "Nobody said anything.", server.url):
        assert text in out
    assert out.endswith("Nothing was downloaded.\n")
    assert server.asked == []
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, out, _ = run("pull", "toy")
    assert code == 0
    assert f"toy is ready: {weights.folder() / 'toy.safetensors'}" in out
    assert server.asked == [None]


def test_pull_does_not_hang_where_nobody_answers(run, server, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, errors = run("pull", "toy")
    assert code == 2
    assert "--yes" in errors
    assert server.asked == []


def test_pull_takes_what_is_here_and_replaces_what_is_damaged(run, server):
    assert run("pull", "toy", "--yes")[0] == 0
    assert "toy is already here (pulled)" in run("pull", "toy")[1]
    assert len(server.asked) == 1
    (weights.folder() / "toy.safetensors").write_bytes(b"damaged")
    assert "retoucher weights pull toy" in run("verify")[2]
    assert run("pull", "toy", "-y")[0] == 0
    assert run("verify")[0] == 0
    assert len(server.asked) == 2


def test_no_network_is_one_sentence(run, server):
    server.status = 503
    code, _, errors = run("pull", "toy", "--yes")
    assert code == 1
    assert_one_sentence(errors)
    assert "retoucher weights add toy FILE" in errors


def test_help_names_the_four_commands(run):
    code, out, _ = run("--help")
    assert code == 0
    assert [word for word in ("list", "pull", "add", "verify") if word in out] == ["list", "pull", "add", "verify"]
