"""The bench measures every hole with every method once, and the summary equals means over its records."""

import math
from statistics import fmean, median

import numpy as np
import pytest
from evaluation_fakes import Album, hole, photo

from retoucher.errors import RetoucherError, UsageError
from retoucher.evaluation import metrics
from retoucher.evaluation.cases import Case
from retoucher.evaluation.measure import Bench, Record, pixels
from retoucher.evaluation.methods import Filled, Method
from retoucher.evaluation.sheet import Sheet
from retoucher.evaluation.summary import summed_up, table
from retoucher.jobs import silent


class Fixed:
    """The same hole for every photo; none for those that are too small."""

    name = "fixed"

    def next(self, photo):
        height, width = photo.shape[:2]
        return Case(photo, hole(height, width)) if height > 30 else None


def grey(value, calls=None):
    def fill(picture, where):
        if calls is not None:
            calls.append(picture)
        return Filled(np.full_like(picture, value), "paint")

    return fill


METRICS = {"l1": metrics.l1, "l1_hole": metrics.l1_hole, "psnr": metrics.psnr}


def test_a_record_holds_the_metrics_of_the_pasted_result():
    picture = photo(40, 50)
    bench = Bench([Method("grey", "grey", grey(128))], [Fixed()], METRICS)
    bench.run(Album(picture), None, silent)
    (record,) = bench.records
    pasted = np.where(hole(40, 50)[..., None], 128, picture).astype(np.uint8)
    assert record.figures["l1"] == metrics.l1(pixels(pasted), pixels(picture), None)
    assert record.share == hole(40, 50).mean()
    assert (record.photo, record.method, record.by) == ("0000.jpg", "grey", "paint")


def test_every_method_is_warmed_up_once():
    calls = []
    bench = Bench([Method("grey", "grey", grey(0, calls))], [Fixed()], METRICS)
    bench.run(Album(photo(), photo(seed=1)), None, silent)
    assert len(calls) == 3
    assert len(bench.records) == 2


def test_photos_that_cannot_be_used_are_named_and_do_not_count():
    bench = Bench([Method("grey", "grey", grey(0))], [Fixed()], METRICS)
    bench.run(Album(None, photo(), None, photo(seed=1), photo(seed=2)), 2, silent)
    assert [record.photo for record in bench.records] == ["0001.jpg", "0003.jpg"]
    assert bench.left_out == ["0000.jpg: cannot be read (damaged).", "0002.jpg: cannot be read (damaged)."]


def test_photos_of_the_same_name_are_told_apart():
    album = Album(photo(), photo(seed=1))
    album.name = lambda index: "photos/a.jpg"
    bench = Bench([Method("grey", "grey", grey(0))], [Fixed()], METRICS)
    bench.run(album, None, silent)
    assert [record.photo for record in bench.records] == ["photos/a.jpg", "photos/a.jpg (number 1)"]


def test_a_photo_without_a_hole_is_named():
    bench = Bench([Method("grey", "grey", grey(0))], [Fixed()], METRICS)
    bench.run(Album(photo(20, 20), photo()), None, silent)
    assert [record.photo for record in bench.records] == ["0001.jpg"]
    assert "no fixed hole fits" in bench.left_out[0]


def test_a_method_that_fails_is_named_with_the_photo():
    def broken(picture, where):
        raise RetoucherError("No usable pixels: try another device.")

    bench = Bench([Method("broken", "broken", broken)], [Fixed()], METRICS)
    with pytest.raises(RetoucherError, match=r"^broken failed on 0000\.jpg, fixed holes: No usable pixels"):
        bench.run(Album(photo()), None, silent)


def test_no_usable_photo_at_all_is_wrong_use():
    bench = Bench([Method("grey", "grey", grey(0))], [Fixed()], METRICS)
    with pytest.raises(UsageError, match=r"None of the 2 photos can be used.*0000\.jpg: cannot be read"):
        bench.run(Album(None, None), None, silent)


def test_progress_rises_from_nothing_to_all():
    told = []
    bench = Bench([Method(name, name, grey(0)) for name in "ab"], [Fixed()], METRICS)
    bench.run(Album(photo(), None, photo(seed=1)), None, lambda *words: told.append(words[:2]))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert told[-1] == (1, "done")
    assert any("0000.jpg, fixed holes, b" in message for _, message in told)


def records():
    values = {"telea": (2.0, 1.0), "ns": (1.0, 1.5), "auto": (0.5, 1.25)}
    return [
        Record(
            "narrow", f"{i}.jpg", name, "", (0.05, 0.15)[i], (3.0, 1.0)[i], {"feature_distance": value, "psnr": 20 + i}
        )
        for name, both in values.items()
        for i, value in enumerate(both)
    ]


def test_the_summary_has_means_medians_deciles_and_the_ratio_to_the_best_baseline():
    found = summed_up(records(), ["telea", "ns", "biharmonic"])["narrow"]
    assert found["auto"]["feature_distance"] == fmean((0.5, 1.25))
    assert found["auto"]["feature_distance_median"] == median((0.5, 1.25))
    assert found["auto"]["ratio"] == pytest.approx(0.875 / 1.25)  # ns is the best: 1.25 against telea's 1.5
    assert found["ns"]["ratio"] == 1
    assert found["telea"]["seconds"] == 2
    assert found["auto"]["deciles"]["0-10 %"] == {"photos": 1, "feature_distance": 0.5, "psnr": 20}
    assert found["auto"]["deciles"]["10-20 %"] == {"photos": 1, "feature_distance": 1.25, "psnr": 21}


def test_without_a_baseline_there_is_no_ratio():
    assert "ratio" not in summed_up(records(), ["biharmonic"])["narrow"]["auto"]


def test_the_table_has_the_best_of_each_column_in_bold():
    lines = table(
        {
            "a": {"psnr": 30.004, "l1": 0.02, "feature_distance": 1.0, "seconds": 0.1},
            "b": {"psnr": 30.001, "l1": 0.01, "feature_distance": 2.0, "seconds": None},
            "c": {"psnr": math.inf, "l1": 0.03, "feature_distance": 3.0, "seconds": 0.2},
        }
    ).splitlines()
    assert lines[0] == "| method | feature distance, hole | PSNR dB | L1 % | seconds |"
    assert lines[2] == "| a | **1.0000** | 30.00 | 2.000 | **0.10** |"
    assert lines[3] == "| b | 2.0000 | 30.00 | **1.000** | – |"
    assert lines[4] == "| c | 3.0000 | **∞** | 3.000 | 0.20 |"


def test_figures_that_look_equal_are_equally_bold():
    lines = table({"a": {"psnr": 30.004}, "b": {"psnr": 30.001}}).splitlines()
    assert lines[2:] == ["| a | **30.00** |", "| b | **30.00** |"]


def test_the_sheet_shows_photos_by_lot_with_all_their_results():
    from io import BytesIO

    from PIL import Image

    sheet = Sheet(rows=2, seed=0)
    methods = [Method("black", "black", grey(0)), Method("white", "white", grey(255))]
    bench = Bench(methods, [Fixed()], METRICS, [sheet])
    bench.run(Album(*(photo(300, 280, seed) for seed in range(5))), None, silent)
    shown = np.asarray(Image.open(BytesIO(sheet.png(["black", "white"]))).convert("RGB"))
    assert shown.shape == (22 + 22 + 2 * (256 + 22), 6 + 4 * 262, 3)
    place = round(300 * 0.3 * 256 / 300), round(280 * 0.4 * 256 / 300)  # in the box of the hole
    columns = [shown[44 + place[0], 6 + number * 262 + place[1]].tolist() for number in range(4)]
    assert columns[:3] == [[255, 0, 255], [0, 0, 0], [255, 255, 255]]
    lots = np.random.RandomState(0).random_sample(5)
    chosen = {f"{index:04}.jpg" for index in np.argsort(lots)[:2]}
    assert set(sheet._kept["fixed"]) == chosen
