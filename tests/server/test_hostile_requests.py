"""What hostile files, forms, names and addresses come to: a refusal in a sentence, and no harm."""

import asyncio
import io
import struct
import zlib

import pytest
from PIL import Image as Pillow
from serving import TOKEN, Client, assert_refused, file_of, jpeg, serving, upload

from retoucher.server import body, page_routes
from retoucher.server.app import guarded

NAME = "0" * 32


@pytest.fixture
def here(tmp_path):
    app, asking = serving(tmp_path, compat=True)
    yield app, asking
    app.state.desk.close()


@pytest.mark.parametrize(
    "name", ["../../../evil.jpg", "/etc/evil.jpg", "..\\evil.jpg", "a\0b.jpg", "x" * 5000, "evil.html", "CON", ""]
)
def test_the_name_of_an_uploaded_file_is_never_used(name, asking, tmp_path):
    data = jpeg()
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode()
    content = form + data + b"\r\n--b--\r\n"
    before = set(tmp_path.rglob("*"))
    answer = asking.post("/api/photos", content=content, headers={"content-type": "multipart/form-data; boundary=b"})
    if len(name) > 4000:  # no header of a part is that long
        assert_refused(answer, 400)
        return
    assert answer.status_code == 201
    photo = answer.json()["id"]
    new = {path.name for path in tmp_path.rglob("*")} - {path.name for path in before}
    assert new == {photo, "source", f"{photo}.json"}


def test_the_kind_of_a_file_is_decided_by_its_bytes(asking):
    answer = asking.post("/api/photos", files={"file": ("photo.jpg", file_of("PNG"), "image/jpeg")})
    assert answer.json()["container"] == "PNG"
    page = asking.post("/api/photos", files={"file": ("photo.jpg", b"<html><script>", "image/jpeg")})
    assert_refused(page, 422, "file")


def test_a_path_in_the_address_reaches_no_file(here, tmp_path):
    app, _ = here
    (tmp_path / "secret.js").write_text("secret")
    for path in ("/editor/../secret.js", "/editor/..%2fsecret.js", "/editor/%2e%2e/secret.js", "/editor//etc/passwd"):

        async def ask(path=path):
            answers = []
            scope = {
                "type": "http",
                "method": "GET",
                "path": path.replace("%2f", "/").replace("%2e", "."),
                "raw_path": path.encode(),
                "query_string": b"",
                "headers": [(b"host", b"127.0.0.1:8765")],
                "http_version": "1.1",
                "scheme": "http",
                "root_path": "",
                "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 8765),
            }

            async def receive():
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message):
                answers.append(message)

            await guarded(app)(scope, receive, send)
            return answers

        start, *rest = asyncio.run(ask())
        assert start["status"] == 404
        assert b"secret" not in b"".join(part.get("body", b"") for part in rest)


def chunk(name, data):
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


def huge_png(width=60_000, height=60_000):
    """A PNG of a few kilobytes that claims gigabytes."""
    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")


def animation():
    file = io.BytesIO()
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    return file.getvalue()


def test_a_picture_that_claims_too_many_pixels_is_refused_by_its_header(asking):
    assert_refused(asking.post("/api/photos", files={"file": ("p", huge_png())}), 422, "file", "60,000 x 60,000")
    name = upload(asking, jpeg())["id"]
    mask = asking.post("/api/masks", data={"photo": name}, files={"file": ("p", huge_png())})
    assert_refused(mask, 422, "file", "60,000 x 60,000")


def test_more_than_one_frame_is_refused(asking):
    assert_refused(asking.post("/api/photos", files={"file": ("p", animation())}), 422, "file", "3 pictures")


def test_metadata_that_unpacks_to_gigabytes_is_not_unpacked(asking):
    bomb = zlib.compress(bytes(50 << 20), 9)
    plain = file_of("PNG")
    data = plain[:33] + chunk(b"iCCP", b"p\0\0" + bomb) + chunk(b"zTXt", b"k\0\0" + bomb) + plain[33:]
    answer = asking.post("/api/photos", files={"file": ("p", data)})
    if answer.status_code == 201:
        assert asking.get(f"/api/photos/{answer.json()['id']}/view").status_code == 200
    else:
        assert_refused(answer, 422, "file")


def test_a_body_is_counted_while_it_streams(tmp_path):
    app, asking = serving(tmp_path, max_bytes=1 << 20)
    sent = 0

    async def endless():
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="p"\r\n\r\n'
        while sent < 40 << 20:
            sent += 1 << 20
            yield bytes(1 << 20)

    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = asking.post("/api/photos", content=endless(), headers=kind)
    assert_refused(answer, 413, "file", "2 MB")
    said = asking.post("/api/photos", content=b"x" * 10, headers={**kind, "content-length": str(10**12)})
    assert_refused(said, 413, "file")
    slightly = asking.post("/api/photos", files={"file": ("p", jpeg() + bytes(1 << 20))})
    assert_refused(slightly, 413, "file", "1 MB")
    app.state.desk.close()


def test_a_body_that_comes_too_slowly_is_given_up(here, monkeypatch):
    monkeypatch.setattr(body, "PATIENCE", 0.02)
    _, asking = here

    async def slow():
        yield b"--b\r\n"
        await asyncio.Event().wait()

    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert_refused(asking.post("/api/photos", content=slow(), headers=kind), 408, None, "in time")


def test_a_form_of_a_thousand_parts_is_refused(asking):
    files = [("file", ("p", b"x"))] * 1000
    answer = asking.post("/api/photos", files=files)
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"detail", "field"}
    twice = asking.post("/api/photos", files=[("file", ("p", jpeg()))] * 2)
    assert_refused(twice, 422, "file", "twice")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--b",
        b"--b\r\n\r\n\r\n--b--",
        b"--c\r\n",
        b'--b\r\nContent-Disposition: form-data; name="\r\n',
        b"\0" * 99,
    ],
)
def test_a_broken_form_is_a_refusal_and_not_an_error(content, asking):
    for kind in ("multipart/form-data; boundary=b", "multipart/form-data", "multipart/form-data; boundary="):
        for path in ("/api/photos", "/api/masks", "/api/edits/inpaint"):
            answer = asking.post(path, content=content, headers={"content-type": kind})
            assert 400 <= answer.status_code < 500
            assert set(answer.json()) == {"detail", "field"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"1", b'{"a":' * 5000, b"\xff\xfe", b'{"photo": 1}'])
def test_broken_json_is_a_refusal_and_not_an_error(content, asking):
    for path in (f"/api/folder/{NAME}/save", "/api/v1/inpaint"):
        answer = asking.post(path, content=content, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500
        assert set(answer.json()) == {"detail", "field"}


def test_an_error_of_ours_is_one_sentence_without_a_word_of_python(here, monkeypatch):
    app, asking = here

    def broken(name):
        raise ZeroDivisionError("a secret path: /home/somebody")

    monkeypatch.setattr(app.state.desk.store, "facts", broken)
    answer = asking.get(f"/api/photos/{NAME}")
    assert_refused(answer, 500, None, "Something went wrong inside Retoucher")
    assert "secret" not in answer.text
    monkeypatch.setattr(app.state.desk.store, "facts", lambda name: (_ for _ in ()).throw(MemoryError()))
    assert_refused(asking.get(f"/api/photos/{NAME}"), 503, None, "not enough memory")


def test_addresses_and_methods_that_do_not_exist_are_plain_refusals(asking):
    assert_refused(asking.get("/api/nothing"), 404)
    assert_refused(asking.get("/nothing"), 404)
    assert_refused(asking.request("PUT", "/api/photos", json={}), 405)
    assert_refused(asking.request("DELETE", "/"), 405)


def test_kinds_of_files_are_written_out_and_never_asked_of_the_system(tmp_path, monkeypatch):
    import mimetypes

    monkeypatch.setattr(mimetypes, "guess_type", lambda *more: ("text/plain", None))
    folder = tmp_path / "editor" / "state"
    folder.mkdir(parents=True)
    (tmp_path / "editor" / "index.html").write_text('<meta name="retoucher-token" content="%TOKEN%">')
    for suffix in (*page_routes.TYPES, ".py", ".map"):
        (folder / f"file{suffix}").write_bytes(b"x")
    (folder / "link.js").symlink_to("/etc/passwd")
    (folder / ".hidden.js").write_bytes(b"x")
    app, asking = serving(tmp_path)
    for suffix, kind in page_routes.TYPES.items():
        answer = asking.get(f"/editor/state/file{suffix}")
        assert answer.headers["content-type"] == kind
        again = asking.get(f"/editor/state/file{suffix}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for name in ("file.py", "file.map", "link.js", ".hidden.js", "nothing.js"):
        assert_refused(asking.get(f"/editor/state/{name}"), 404)
    page = Client(app, {}).get("/")
    assert f'content="{TOKEN}"' in page.text
    assert page.headers["cache-control"] == "no-store"
    app.state.desk.close()


def test_a_page_that_is_missing_says_so_and_what_to_do(asking):
    page = asking.get("/")
    assert page.status_code == 503
    assert "pip install --force-reinstall" in page.text
