"""The editor's server: does its memory stay flat over 300 mixed requests, and what does a request cost beside the work?

    python benchmarks/server.py [--photo PHOTO] [--requests 300]

Starts `retoucher serve` as a process of its own. Without a photo the sample is enlarged to 12 megapixels.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from statistics import median

import httpx
import numpy as np
from PIL import Image as Pillow

from retoucher.image import Image
from retoucher.mask import Mask

SIDE = 300  # pixels of the hole that is timed
SMALL = 40  # pixels of the holes of the mixed requests: what is filled there is not the question
SETTLED = 0.2  # share of the requests after which memory is compared


def twelve_megapixels():
    """The sample, enlarged, as the bytes of a JPEG."""
    file = io.BytesIO()
    with Pillow.open(files("retoucher") / "data" / "sample.jpg") as sample:
        sample.resize((4000, 3000), Pillow.Resampling.BICUBIC).save(file, "JPEG", quality=92)
    return file.getvalue()


@contextlib.contextmanager
def server():
    """A running server: a client with its token, and the process's number."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "RETOUCHER_HOME": home}
        words = [sys.executable, "-m", "retoucher", "serve", "--no-open"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            url = process.stdout.readline().split()[-1]
            token = (Path(home) / "state" / "token").read_text()
            with httpx.Client(base_url=url, headers={"x-retoucher-token": token}, timeout=300) as client:
                yield client, process.pid
        finally:
            process.terminate()
            process.wait()


def resident(number):
    """Megabytes that a process has in memory now."""
    for line in Path(f"/proc/{number}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise SystemExit("This system does not tell a process's memory.")


def followed(client, address):
    """Wait for a job by its events; the last."""
    last = ""
    with client.stream("GET", address, headers={"accept": "text/event-stream"}) as events:
        for line in events.iter_lines():
            last = line or last
    return json.loads(last.removeprefix("data: "))


def edit(client, photo, size, box, **options):
    """Fill a box of a photo: the job's address, and the seconds until it was there."""
    mask, form = Mask.from_boxes(size, [box]).encode(), {"photo": photo, "options": json.dumps(options)}
    started = time.perf_counter()
    answer = client.post("/api/edits/inpaint", data=form, files={"mask": ("mask", mask)})
    answer.raise_for_status()
    return answer.headers["location"], time.perf_counter() - started


def hand_over(client, data, size, model):
    """Medians over five strokes: seconds to accept, of work, until the patch is here, and to save."""
    photo = client.post("/api/photos", files={"file": ("photo", data)}).json()["id"]
    rows = []
    for turn in range(6):
        started = time.perf_counter()
        box = (400 + 500 * turn, 1200, SIDE, SIDE)
        address, accepted = edit(client, photo, size, box, model=model)
        result = followed(client, address)["result"]
        client.get(result["patch"]["url"]).raise_for_status()
        there = time.perf_counter() - started
        work, saving = result["report"]["seconds"], time.perf_counter()
        client.get(f"/api/photos/{result['photo']['id']}/file").raise_for_status()
        rows.append((accepted, work, there, there - work, time.perf_counter() - saving))
    return [median(column) for column in zip(*rows[1:], strict=True)]


def mixed(client, photos, number, random):
    """One round of different requests; how many they were."""
    data, size = photos[number % len(photos)]
    photo = client.post("/api/photos", files={"file": ("photo", data)}).json()["id"]
    x, y = (int(random.integers(SMALL, side - 2 * SMALL)) for side in (size[1], size[0]))
    address, _ = edit(client, photo, size, (x, y, SMALL, SMALL), model="exemplar")
    result = followed(client, address)["result"]
    version = result["photo"]["id"]
    for path in (
        result["patch"]["url"],
        f"/api/photos/{version}/plan?container=WEBP&quality=70" if max(size) < 2000 else f"/api/photos/{version}/plan",
        f"/api/photos/{version}/file",
        f"/api/photos/{version}/view?max=1024",
        "/api/about",
        "/api/samples/sample.jpg",
    ):
        client.get(path).raise_for_status()
    again, _ = edit(client, version, size, (x, y, SMALL, SMALL), model="exemplar")
    client.delete(again).raise_for_status()
    client.delete(f"/api/photos/{photo}").raise_for_status()
    return 12


def flatness(client, number, photos, requests):
    """Megabytes after each round."""
    random, done, seen = np.random.default_rng(0), 0, []
    turn = 0
    while done < requests:
        done += mixed(client, photos, turn, random)
        turn += 1
        if turn % len(photos) == 0:  # the same photos have been through
            seen.append((done, resident(number)))
    return seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    data = options.photo.read_bytes() if options.photo else twelve_megapixels()
    image = Image.open(data)
    small = Image.from_array(np.random.default_rng(1).integers(0, 256, (600, 900, 4), np.uint8))
    photos = [(data, image.size)]
    photos += [(small.encode(kind).data, small.size) for kind in ("PNG", "JPEG", "WEBP")]
    with server() as (client, number):
        for model in ("exemplar", "lama"):
            accepted, work, there, beside, saving = hand_over(client, data, image.size, model)
            print(
                f"{model}, hole of {SIDE} pixels in {image.width}×{image.height}: accepted after {accepted:.3f} s, "
                f"work {work:.2f} s, patch here after {there:.2f} s (beside the work {beside:.2f} s), "
                f"saved in {saving:.2f} s",
                flush=True,
            )
        seen = flatness(client, number, photos, options.requests)
    print("requests, resident megabytes:", ", ".join(f"{done}: {size:.0f}" for done, size in seen))
    settled = [size for done, size in seen if done >= SETTLED * options.requests]
    middle = median(settled)
    print(
        f"after the first fifth: median {middle:.0f} MB, least {min(settled) / middle - 1:+.1%}, "
        f"most {max(settled) / middle - 1:+.1%}"
    )


if __name__ == "__main__":
    main()
