"""Photoshop's image resources (APP13 in JPEG, tag 34377 in TIFF): IPTC fields, paths, and small copies of the photo."""

from __future__ import annotations

import struct

THUMBNAILS = (1033, 1036)  # Photoshop File Formats Specification, "Image Resource IDs"


def without_pictures(resources: bytes) -> tuple[bytes, bool]:
    """The resources without thumbnails, and whether there were any; all are dropped where they cannot be read."""
    kept, held, place = b"", False, 0
    while place + 4 <= len(resources) and resources[place : place + 4].strip(b"\0"):
        try:
            signature, number, length = struct.unpack_from(">4sHB", resources, place)
            after_name = place + 6 + (length + 2) // 2 * 2  # a Pascal string, padded to an even size
            size = struct.unpack_from(">L", resources, after_name)[0]
        except struct.error:
            return b"", True
        end = after_name + 4 + size + size % 2
        if signature not in (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR") or after_name + 4 + size > len(resources):
            return b"", True
        if number in THUMBNAILS:
            held = True
        else:
            kept += resources[place:end]
        place = end
    return kept, held
