"""What this server can do: methods, containers, limits; the page asks again and again to see that we are here."""

from __future__ import annotations

from functools import cache
from time import monotonic
from typing import Any

from fastapi import APIRouter

from retoucher import __version__, catalogue, weights
from retoucher.formats import MODULES, SUFFIXES
from retoucher.server.desk import At
from retoucher.server.folder import listing

routes = APIRouter(prefix="/api", tags=["Server"])

LOSSY = ("JPEG", "WEBP", "AVIF", "HEIC")
LABELS = {"exemplar": "Basic fill", "lama": "LaMa", "partialconv": "Partial convolutions"}
NOTES = {
    "exemplar": "copies patches from elsewhere in the photo; needs no network",
    "lama": "a network that continues structure",
    "partialconv": "a network for irregular holes",
}
FRESH = 10.0
"""Seconds for which the list of methods is not made anew: weights seldom come and go."""


@routes.get("/about")
def about(desk: At) -> dict[str, Any]:
    """Version, device, methods, what could be added, limits and containers."""
    from retoucher.device import threads

    settings = desk.settings
    methods, advice = _methods(int(monotonic() / FRESH))
    named = None
    if settings.photos is not None:
        place = settings.photos if settings.photos.is_dir() else settings.photos.parent
        named = {"name": place.name, "count": len(listing(settings)), "writes": settings.output is not None}
    return {
        "version": __version__,
        "device": _device(settings.device),
        "threads": threads(),
        "exposed": settings.share,
        "methods": methods,
        "advice": advice,
        "limits": {"bytes": settings.max_bytes, "pixels": settings.max_pixels, "queue": settings.queue},
        "containers": containers(),
        "reads": list(MODULES),
        "folder": named,
        "keep": settings.keep,
    }


def _methods(moment: int) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    if _methods_at.cache_info().currsize > 8:
        _methods_at.cache_clear()
    return _methods_at(moment)


@cache
def _methods_at(moment: int) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The methods that can run, the one that is taken unasked first; and the networks that could be had."""
    usual = next(each for each in catalogue.METHODS if each == "exemplar" or catalogue.best(each, unasked=True))
    order = sorted(catalogue.METHODS, key=lambda each: each != usual)
    here = [(method, catalogue.best(method)) for method in order]
    methods = [
        {
            "name": method,
            "label": LABELS[method],
            "weights": copy.entry.name if copy else "",
            "note": copy.entry.title if copy else NOTES[method],
        }
        for method, copy in here
        if copy or method == "exemplar"
    ]
    wanted = [
        entry
        for entry in catalogue.ENTRIES
        if entry.method in catalogue.METHODS and weights.pullable(entry) and not entry.by_name_only
    ]
    return methods, [_advice(entry) for entry in wanted if weights.find(entry) is None]


def _advice(entry: weights.Weights) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "megabytes": round((weights.pullable(entry)[0].size or 0) / 1e6),
        "licence": entry.licence,
        "commercial": entry.commercial,
        "command": f"retoucher weights pull {entry.name}",
    }


@cache
def _device(asked: str) -> str:
    from retoucher.device import choose

    kind = choose(asked).type
    return {"cpu": "CPU", "cuda": "GPU (CUDA)", "mps": "GPU (MPS)"}.get(kind, kind)


@cache
def containers() -> list[dict[str, Any]]:
    """The kinds of file that can be written here, and whether a quality can be chosen for them."""
    import pillow_heif
    from PIL import features

    missing = set() if pillow_heif.libheif_info()["HEIF"] else {"HEIC"}
    missing |= set() if features.check("avif") else {"AVIF"}
    return [
        {
            "name": name,
            "suffix": next(suffix for suffix, each in SUFFIXES.items() if each == name),
            "quality": name in LOSSY,
            "lossless": name not in LOSSY or name == "WEBP",
        }
        for name in MODULES
        if name not in missing
    ]
