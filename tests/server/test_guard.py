"""Who may ask for what: the guard's rules, tried on every route that there is."""

import json
import logging

import pytest
from serving import HOLE, TOKEN, Client, assert_refused, client, jpeg, serving, settings, upload

from retoucher.server.app import make

NAME = "0" * 32
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def here(tmp_path):
    app, asking = serving(tmp_path, compat=True)
    yield app, asking
    app.state.desk.close()


def every_route(app):
    """Method and path of all that the application answers to, with ids that nothing has."""
    found = []
    waiting = list(app.router.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        if inner is not None and not hasattr(route, "methods"):
            waiting += inner.routes
        elif hasattr(route, "methods"):
            path = route.path.replace("{path:path}", "main.js").replace("{name}", NAME)
            found += [(method, path) for method in sorted(route.methods)]
    return sorted(set(found))


def ask(asking, method, path, **headers):
    body = {"content": b"{}", "headers": {"content-type": "application/json", **headers}} if method == "POST" else {}
    return asking.request(method, path, **({"headers": headers} | body))


def assert_refused_anyhow(answer, status):
    """Also what was asked with HEAD, whose answers have no body."""
    assert answer.status_code == status
    if answer.request.method != "HEAD":
        assert_refused(answer, status)


def test_the_walk_finds_the_routes(here):
    routes = every_route(here[0])
    assert len(routes) >= 25
    for known in [
        ("GET", "/"),
        ("POST", "/api/photos"),
        ("DELETE", f"/api/photos/{NAME}"),
        ("POST", "/api/v1/inpaint"),
    ]:
        assert known in routes
    documented = {
        (method.upper(), path.replace("{name}", NAME))
        for path, methods in here[0].openapi()["paths"].items()
        for method in methods
    }
    assert documented <= set(routes)


def test_without_the_token_nothing_can_be_changed_through_any_route(here):
    app, asking = here
    for token in ({}, {"x-retoucher-token": TOKEN[:-1] + "x"}, {"authorization": f"Basic {TOKEN}"}):
        stranger = Client(app, token)
        for method, path in every_route(app):
            answer = ask(stranger, method, path)
            if method in CHANGING and path != "/api/v1/inpaint":
                assert_refused(answer, 401, None, "token")
            else:
                assert answer.status_code not in (401, 403), (method, path)
    bearer = Client(app, {"authorization": f"Bearer {TOKEN}"})
    assert bearer.delete(f"/api/jobs/{NAME}").status_code == 404
    assert asking.delete(f"/api/jobs/{NAME}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8765"},
        {"origin": "http://127.0.0.1:8765.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example"},
        {"host": "evil.example:8765"},
        {"host": "127.0.0.1:9999"},
        {"host": "127.0.0.1"},
        {"host": "localhost.evil.example:8765"},
        {"host": "127.0.0.1:8765@evil.example"},
        {"host": ""},
    ],
    ids=str,
)
def test_other_sites_and_other_names_get_nothing_from_any_route(headers, here):
    app, asking = here
    for method, path in every_route(app):
        assert_refused_anyhow(ask(asking, method, path, **headers), 403)


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765", "LOCALHOST:8765"])
def test_our_own_names_are_answered_from_our_own_page(host, asking):
    headers = {"host": host, "origin": f"http://{host.lower()}", "sec-fetch-site": "same-origin"}
    assert asking.get("/api/edits", headers=headers).status_code == 200
    assert ask(asking, "DELETE", f"/api/jobs/{NAME}", **headers).status_code == 404


def test_a_link_from_elsewhere_opens_the_page_and_nothing_more(asking):
    visit = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert asking.get("/", headers=visit).status_code == 503  # no editor is installed in this test
    assert_refused(asking.get("/api/about", headers=visit), 403)
    assert_refused(asking.get("/", headers={**visit, "sec-fetch-mode": "no-cors"}), 403)


def test_a_header_that_is_there_twice_is_refused(here):
    app, _ = here
    for name, values in [("host", ["127.0.0.1:8765", "evil.example"]), ("x-retoucher-token", [TOKEN, TOKEN])]:
        raw = [(name, value) for value in values]
        raw += [] if name == "host" else [("host", "127.0.0.1:8765")]
        assert_refused(Client(app, raw).delete(f"/api/jobs/{NAME}"), 400, None, "twice")


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_only_json_and_forms_are_read(kind, here):
    app, asking = here
    for method, path in every_route(app):
        if method == "POST":
            assert_refused(asking.post(path, content=b"{}", headers={"content-type": kind}), 415)


def test_served_to_the_network_every_call_of_the_api_needs_the_token(tmp_path):
    app = make(settings(tmp_path, host="192.0.2.7", share=True, compat=True))
    stranger = Client(app, {"host": "192.0.2.7:8765"})
    for method, path in every_route(app):
        answer = ask(stranger, method, path)
        if path.startswith("/api"):
            assert_refused_anyhow(answer, 401)
        else:
            assert answer.status_code not in (401, 403)
            assert TOKEN not in answer.text
    friend = client(app, host="192.0.2.7:8765")
    assert friend.get("/api/edits").status_code == 200
    assert_refused(friend.get("/api/edits", headers={"host": "evil.example:8765"}), 403)
    app.state.desk.close()


def test_where_all_addresses_are_served_a_bare_address_is_ours_and_a_name_is_not(tmp_path):
    app = make(settings(tmp_path, host="0.0.0.0", share=True))
    friend = client(app)
    for host, status in [("192.0.2.7:8765", 200), ("[2001:db8::1]:8765", 200), ("rebound.example:8765", 403)]:
        assert friend.get("/api/edits", headers={"host": host}).status_code == status
    app.state.desk.close()


def test_every_answer_carries_the_headers_that_keep_a_browser_safe(here):
    app, asking = here
    for method, path in every_route(app):
        for answer in (ask(asking, method, path), ask(Client(app, {}), method, path, host="evil.example")):
            assert answer.headers["x-content-type-options"] == "nosniff"
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in answer.headers
            assert answer.headers["cache-control"] in ("no-store", "no-cache")
            assert "server" not in answer.headers


def test_the_token_is_compared_in_constant_time(here, monkeypatch):
    import hmac

    seen, compare = [], hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, two: seen.append((one, two)) or compare(one, two))
    Client(here[0], {"x-retoucher-token": "guess"}).delete(f"/api/jobs/{NAME}")
    assert seen == [(b"guess", TOKEN.encode())]


def test_the_log_names_no_file(here, caplog):
    _, asking = here
    log = logging.getLogger("retoucher.server")
    monkey = log.propagate
    log.propagate = True
    try:
        with caplog.at_level(logging.INFO, "retoucher.server"):
            asking.get("/?image=holiday-with-anna.jpg")
            asking.post("/api/photos", files={"file": ("holiday-with-anna.jpg", jpeg())})
            asking.post("/api/masks", data={"photo": NAME}, files={"file": ("anna.png", HOLE.encode())})
    finally:
        log.propagate = monkey
    assert len(caplog.records) == 3
    assert "POST /api/photos 201" in caplog.text
    assert "anna" not in caplog.text


def test_nothing_is_fetched_from_elsewhere_by_the_list_of_calls(asking):
    page = asking.get("/api/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "/api/photos/{name}/patch" in page.text
    assert "/api/photos" in json.loads(asking.get("/api/openapi.json").content)["paths"]


def test_a_misspelt_name_in_an_address_is_refused_on_every_route(here):
    app, asking = here
    for method, path in every_route(app):
        if path.startswith("/api") and path != "/api/openapi.json" and method != "HEAD":
            assert_refused(ask(asking, method, f"{path}?qualty=5"), 422, "qualty", "no 'qualty'")
    name = upload(asking, jpeg())["id"]
    answer = asking.get(f"/api/photos/{name}/plan?qualty=5")
    assert_refused(answer, 422, "qualty", "did you mean 'quality'?")
    assert_refused(asking.get(f"/api/photos/{name}/plan?quality=5&quality=50"), 422, "quality", "twice")
    assert asking.get("/?image=some%20photo.jpg").status_code == 503  # no editor is installed in this test
