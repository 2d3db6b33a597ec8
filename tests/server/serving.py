"""A server in this process, asked without a network, and small photos to ask it with."""

import asyncio
import io
import json
from threading import Event

import httpx
import numpy as np
from PIL import Image as Pillow

from fakes import Nosy
from retoucher.fit import Fit
from retoucher.image import Image
from retoucher.mask import Mask
from retoucher.server.app import guarded, make
from retoucher.server.settings import Settings

TOKEN = "t" * 43
SIZE = (48, 64)
HOLE = Mask.from_boxes(SIZE, [(20, 10, 12, 9)])
OTHER = Mask.from_boxes(SIZE, [(40, 30, 9, 11)])
SOON = 10


class Held:
    """An algorithm that waits to be let go, so that a test can look at work while it runs."""

    fit = Fit(best=0, context=1.0)

    def __init__(self):
        self.begun, self.go = Event(), Event()

    def __call__(self, image, mask, *, seed=0, tell):
        tell(0.5, "holding")
        self.begun.set()
        assert self.go.wait(SOON)
        tell(0.9, "let go")
        return image * 0 + 0.5


def settings(folder, **more):
    return Settings(**{"state": folder / "state", "token": TOKEN, "editor": folder / "editor", **more})


class Client:
    """Asks an application without a network; each answer is there as a whole."""

    def __init__(self, app, headers):
        self.transport = httpx.ASGITransport(guarded(app), raise_app_exceptions=False)
        self.base, self.headers = f"http://127.0.0.1:{app.state.desk.settings.port}", headers

    def request(self, method, path, *, headers=None, **more):
        async def ask():
            async with httpx.AsyncClient(transport=self.transport, base_url=self.base, headers=self.headers) as asking:
                return await asking.request(method, path, headers=headers, **more)

        return asyncio.run(ask())

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)


def client(app, token=TOKEN, **headers):
    """Asks like the page does: with the token."""
    return Client(app, {"x-retoucher-token": token, **headers} if token else headers)


def serving(folder, model=None, **more):
    """An application that fills with `model`, and a client for it."""
    model = model or Nosy()
    app = make(settings(folder, **more), load=lambda name: model)
    return app, client(app)


def samples(channels=3, seed=0, size=SIZE, kind=np.uint8):
    top = np.iinfo(kind).max
    return np.random.default_rng(seed).integers(0, top, (*size, channels), dtype=kind, endpoint=True)


def jpeg(seed=0, **options):
    """A JPEG with EXIF that turns it upright by a quarter, seen as SIZE."""
    file, exif = io.BytesIO(), Pillow.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    smooth = Pillow.fromarray(samples(seed=seed, size=(8, 6))).resize(SIZE, Pillow.Resampling.BICUBIC)
    smooth.save(file, "JPEG", quality=90, exif=exif, **options)
    return file.getvalue()


def file_of(container, channels=3, kind=np.uint8):
    return Image.from_array(samples(channels, kind=kind)).encode(container).data


def upload(client, data):
    answer = client.post("/api/photos", files={"file": ("any name.jpg", data)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def submit(client, photo, mask=HOLE, **options):
    form = {"photo": photo, "options": json.dumps(options)}
    return client.post("/api/edits/inpaint", data=form, files={"mask": ("m", mask.encode())})


def finished(app, client, answer):
    """The job of an answer once it is over."""
    assert answer.status_code == 202, answer.text
    app.state.desk.worker.wait(answer.json()["id"], SOON)
    return client.get(answer.headers["location"]).json()


def edited(app, client, photo, mask=HOLE, **options):
    """The result of an edit."""
    job = finished(app, client, submit(client, photo, mask, **options))
    assert job["status"] == "done", job
    return job["result"]


def assert_refused(answer, status, field=None, words=""):
    """One plain sentence, and the field's name."""
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert set(said) == {"detail", "field"}
    assert said["field"] == field
    assert words in said["detail"]
    assert said["detail"][-1] in ".?!"
    for word in ("Traceback", "Error", 'File "', "object at 0x"):
        assert word not in said["detail"]
