import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace

import httpx
import pytest
import uvicorn
from serving import HOLE, SOON, TOKEN, Held, assert_refused, file_of, serving, settings

from retoucher.cli import main
from retoucher.server import app as application
from retoucher.server import protocol, run
from retoucher.server.settings import Settings, is_loopback

SECONDS = 60  # after which a test gives up on a process; starting one takes two


@contextlib.contextmanager
def command(home, *words):
    """`retoucher serve` as a process of its own, ready; gives the process and the address it printed."""
    environment = {**os.environ, "RETOUCHER_HOME": str(home), "OMP_WAIT_POLICY": "PASSIVE"}
    order = [sys.executable, "-m", "retoucher", "serve", "--no-open", *map(str, words)]
    process = subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    watch = threading.Timer(SECONDS, process.kill)
    watch.start()
    try:
        line = process.stdout.readline()
        assert "http://" in line, line + process.stderr.read()
        yield process, line.split()[-1]
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            stream.close()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def token(home):
    return (home / "state" / "token").read_text()


def test_a_session_survives_a_kill_and_ctrl_c_ends_it_with_one_sentence(tmp_path):
    port = free_port()
    with command(tmp_path, "--port", port) as (process, url):
        assert url == f"http://127.0.0.1:{port}/"
        asking = {"headers": {"x-retoucher-token": token(tmp_path)}, "timeout": SECONDS}
        photo = httpx.post(f"{url}api/photos", files={"file": ("p", file_of("PNG"))}, **asking).json()["id"]
        form = {"files": {"mask": ("m", HOLE.encode())}, "data": {"photo": photo, "options": '{"model": "exemplar"}'}}
        where = url[:-1] + httpx.post(f"{url}api/edits/inpaint", **form, **asking).headers["location"]
        with httpx.stream("GET", where, headers={"accept": "text/event-stream"}, timeout=SECONDS) as events:
            assert '"status": "done"' in events.read().decode()
        version = httpx.get(where).json()["result"]["photo"]["id"]
        data = httpx.get(f"{url}api/photos/{version}/file").content
        process.kill()
        process.wait()
    with command(tmp_path, "--port", port) as (process, url):
        assert httpx.get(f"{url}api/photos/{version}/file").content == data
        assert httpx.delete(f"{url}api/photos/{photo}", **asking).status_code == 204  # the old token
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert out.strip() == "Retoucher has stopped; your photos are kept for a week."
        assert errors == ""


def test_nothing_is_kept_where_that_was_asked_for(tmp_path, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with command(tmp_path / "home", "--no-keep", "--share") as (process, url):
        assert "can be reached from the network" in process.stdout.readline()
        url, _, given = url.partition("#token=")
        assert len(given) == 43
        assert httpx.get(f"{url}api/about").status_code == 401
        about = httpx.get(f"{url}api/about", headers={"x-retoucher-token": given}).json()
        assert (about["keep"], about["exposed"]) == (False, True)
        assert given not in httpx.get(url).text
        (folder,) = temporary.iterdir()
        assert [path.name for path in folder.iterdir()] == ["photos"]  # no token
        process.terminate()
        assert process.wait(SECONDS) == 0
        assert process.stdout.read().strip() == "Retoucher has stopped."
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "home").exists()


def refused(capsys, *words):
    assert main(["serve", "--no-open", *map(str, words)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("retoucher: ")
    assert errors.count("\n") == 1
    return errors


def test_wrong_use_is_one_sentence(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUCHER_HOME", str(tmp_path / "home"))
    (tmp_path / "photos").mkdir()
    photos = tmp_path / "photos"
    assert "--share" in refused(capsys, "--host", "0.0.0.0")
    assert "--share" in refused(capsys, "--host", "192.0.2.7")
    assert "nothing at" in refused(capsys, tmp_path / "missing.jpg")
    assert "name the folder, too" in refused(capsys, "--output", tmp_path / "out")
    assert "choose another" in refused(capsys, photos, "--output", photos)
    (tmp_path / "notes.txt").touch()
    assert "does not say what kind of file" in refused(capsys, tmp_path / "notes.txt")
    assert "no device called" in refused(capsys, "--device", "gpu7")
    assert "at least 1" in refused(capsys, "--queue", 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is taken by another program: choose one with --port." in refused(capsys, "--port", port)
    assert "no port 70000" in refused(capsys, "--port", 70000)


def test_the_next_free_port_is_taken_where_none_was_asked_for():
    with run.bind("127.0.0.1", None, first=20_865) as one, run.bind("127.0.0.1", None, first=20_865) as two:
        assert one.getsockname()[1] < two.getsockname()[1] <= 20_885


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3", "!0.0.0.0", "!::", "!192.168.1.5", "!example.org", "!"],
)
def test_only_loopback_is_served_unasked(host):
    assert is_loopback(host.removeprefix("!")) == (not host.startswith("!"))


def test_the_address_to_open_names_the_photo_and_hides_the_token(tmp_path):
    photo = tmp_path / "ein Föto #1.jpg"
    photo.write_bytes(b"x")
    here = settings(tmp_path, photos=photo)
    assert run.opening(here) == "http://127.0.0.1:8765/?image=ein%20F%C3%B6to%20%231.jpg"
    shared = Settings(state=tmp_path, token="abc", host="0.0.0.0", share=True)
    assert run.opening(shared) == "http://127.0.0.1:8765/#token=abc"
    assert run.opening(replace(shared, host="fe80::1")) == "http://[fe80::1]:8765/#token=abc"


@contextlib.contextmanager
def listening(folder, model=None):
    """A real server in a thread of this process; gives its port."""
    app, _ = serving(folder, model)
    found = run.bind("127.0.0.1", None, first=20_900)
    app.state.desk.settings = replace(app.state.desk.settings, port=found.getsockname()[1])
    config = uvicorn.Config(
        application.guarded(app), http=protocol.Protocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    ready = threading.Event()
    server = run.Server(config, app, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found]})
    thread.start()
    try:
        assert ready.wait(SOON)
        yield found.getsockname()[1]
    finally:
        server.should_exit = True  # what Ctrl-C does
        thread.join(SOON)
        assert not thread.is_alive()


def test_a_connection_that_never_sends_its_header_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(protocol, "PATIENCE", 0.05)
    with listening(tmp_path) as port:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: 127"):
            with socket.create_connection(("127.0.0.1", port), SOON) as silent:
                silent.sendall(begun)
                with contextlib.suppress(ConnectionResetError):
                    assert silent.recv(100) == b""


def test_a_connection_that_answers_in_time_stays_open_for_more(tmp_path):
    with listening(tmp_path) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as asking:
        for _ in range(3):
            assert asking.get("/api/edits").status_code == 200
        assert_refused(asking.post("/api/photos", json={}), 401)
        assert asking.head("/api/openapi.json").content == b""


def test_connections_have_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(protocol, "MOST", 5)
    with listening(tmp_path) as port, contextlib.ExitStack() as opened:
        for _ in range(5):
            held = opened.enter_context(socket.create_connection(("127.0.0.1", port), SOON))
            held.sendall(b"GET / HTTP/1.1\r\n")
        more = opened.enter_context(socket.create_connection(("127.0.0.1", port), SOON))
        with contextlib.suppress(ConnectionResetError):
            assert more.recv(10) == b""
        held.sendall(f"Host: 127.0.0.1:{port}\r\n\r\n".encode())
        assert held.recv(12) == b"HTTP/1.1 503"  # the page's files are missing here


def test_a_header_of_megabytes_is_refused(tmp_path):
    with (
        listening(tmp_path) as port,
        socket.create_connection(("127.0.0.1", port), SOON) as talker,
        contextlib.suppress(ConnectionError),
    ):
        talker.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (1 << 20))
        assert talker.recv(12) in (b"HTTP/1.1 400", b"")


def test_ctrl_c_does_not_wait_for_work_nor_for_who_follows_it(tmp_path):
    model, seen, following = Held(), [], threading.Event()

    def follow(address):
        with httpx.stream("GET", address, headers={"accept": "text/event-stream"}, timeout=SOON) as events:
            for line in events.iter_lines():
                seen.append(line)
                following.set()

    with listening(tmp_path, model) as port:
        asking = {"headers": {"x-retoucher-token": TOKEN}, "timeout": SOON}
        url = f"http://127.0.0.1:{port}"
        photo = httpx.post(f"{url}/api/photos", files={"file": ("p", file_of("PNG"))}, **asking).json()["id"]
        files = {"mask": ("m", HOLE.encode())}
        answer = httpx.post(f"{url}/api/edits/inpaint", files=files, data={"photo": photo}, **asking)
        assert model.begun.wait(SOON)
        thread = threading.Thread(target=follow, args=(url + answer.headers["location"],))
        thread.start()
        assert following.wait(SOON)
    assert not model.go.is_set()  # the server has stopped although the work has not
    thread.join(SOON)
    assert '"status": "cancelled"' in "".join(seen)
    model.go.set()


def test_help_for_serve_loads_nothing_heavy():
    code = "from retoucher.cli import main; main(['serve', '--help']); import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert not loaded & {"torch", "numpy", "PIL", "cv2", "numba", "fastapi", "starlette", "uvicorn"}
    for option in ("--host", "--port", "--share", "--no-open", "--device", "--output", "--compat", "--no-keep"):
        assert option in done.stdout
    for option in ("--max-bytes", "--max-pixels", "--queue", "--log"):
        assert option in done.stdout
