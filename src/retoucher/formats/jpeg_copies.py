"""Copies of the old picture that a JPEG carries beside its scans, taken out when the picture is retouched.

Whoever removes something from a photo must not find it again in a preview, a second picture or a maker's segment.
"""

from __future__ import annotations

from dataclasses import replace

from retoucher.formats import photoshop
from retoucher.formats import xmp as packets
from retoucher.formats.jpeg_segments import APP0, APP1, APP2, APP13, Segment

EXIF, XMP, EXTENDED = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
ICC, PHOTOSHOP, JUMBF = b"ICC_PROFILE\0", b"Photoshop 3.0\0", b"JP"
APP11 = 0xEB
MINDED = ((APP1, EXIF), (APP1, XMP), (APP2, ICC), (APP13, PHOTOSHOP))
"""Segments that others look after, or that never hold a picture."""

ATTACHED = "What was stored beside the photo (a second picture, a depth map or a film) was dropped."
PREVIEW = "A preview of the photo as it was, which one of its segments held, was dropped."
CREDENTIALS = "The photo's Content Credentials (C2PA) vouch for the picture as it was, so they were dropped."
MORE_XMP = "Further XMP that held a picture was dropped."


def without_copies(parts: list[Segment]) -> tuple[list[Segment], set[str]]:
    """The segments without other pictures, and a sentence for each kind that went."""
    gone: set[str] = set()
    extended = b"".join(part.payload[len(EXTENDED) + 40 :] for part in parts if _is(part, APP1, EXTENDED))
    suspects = {_kind(part) for part in parts if part.is_metadata and _holds_jpeg(part)}
    kept = []
    for part in parts:
        reason = None
        if _is(part, APP0, b"JFXX\0"):
            reason = PREVIEW
        elif _is(part, APP2, b"MPF\0"):
            reason = ATTACHED
        elif _is(part, APP11, JUMBF):
            reason = CREDENTIALS
        elif _is(part, APP1, EXTENDED):
            reason = MORE_XMP if packets.holds_picture(extended) else None
        elif part.is_metadata and _kind(part) in suspects:
            reason = PREVIEW
        elif _is(part, APP13, PHOTOSHOP):
            rest, held = photoshop.without_pictures(part.payload[len(PHOTOSHOP) :])
            gone |= {PREVIEW} if held else set()
            part = replace(part, payload=PHOTOSHOP + rest) if held else part
        if reason is None:
            kept.append(part)
        else:
            gone.add(reason)
    return kept, gone


def _is(part: Segment, code: int, name: bytes) -> bool:
    return part.code == code and part.payload.startswith(name)


def _holds_jpeg(part: Segment) -> bool:
    """Whether a segment that nobody looks after has the beginning of a JPEG in it."""
    return not any(_is(part, code, name) for code, name in MINDED) and b"\xff\xd8\xff" in part.payload


def _kind(part: Segment) -> tuple[int, bytes]:
    """A segment's code and the name it begins with: what is split over several segments has the same."""
    return part.code, part.payload[:32].partition(b"\0")[0]
