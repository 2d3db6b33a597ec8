"""Source files for the promises: every container, depth, colour and alpha that it can have, with metadata."""

import io
import struct
import zlib

import numpy as np
from pictures import XMP, cmyk_profile, display_p3, exif, grey_profile, jpeg, photo, png
from PIL import Image as Pillow

from retoucher.formats.orientation import stored

KINDS = [
    *(f"PNG {depth} {color}" for depth in (8, 16) for color in ("L", "LA", "RGB", "RGBA")),
    *(f"TIFF {depth} {color}" for depth in (8, 16) for color in ("L", "LA", "RGB", "RGBA", "CMYK")),
    *("JPEG 8 L", "JPEG 8 RGB", "JPEG 8 CMYK"),
    *("WEBP 8 RGB", "WEBP 8 RGBA", "lossy WEBP 8 RGB", "lossy WEBP 8 RGBA"),
    *("BMP 8 L", "BMP 8 RGB", "BMP 8 RGBA"),
    *("AVIF 8 L", "AVIF 8 RGB", "AVIF 8 RGBA"),
    *("HEIC 8 L", "HEIC 8 RGB", "HEIC 8 RGBA", "HEIC 16 RGB"),
]
LOSSLESS = [kind for kind in KINDS if kind.startswith(("PNG", "TIFF", "WEBP", "BMP"))]
BLOCKWISE = [kind for kind in KINDS if kind.startswith("JPEG")]
CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}


def upright_samples(kind, size=(37, 53)):
    """The picture that `source(kind)` holds, upright."""
    depth, color = kind.split()[-2:]
    return photo(*size, CHANNELS[color], np.uint16 if depth == "16" else np.uint8)


def source(kind, orientation=1, size=(37, 53), plain=False):
    """A file of this kind, the picture stored so that `orientation` turns it upright; `plain` without metadata."""
    color = kind.split()[-1]
    rows = np.ascontiguousarray(stored(upright_samples(kind, size), orientation))
    about = {} if plain else _about(color, orientation)
    container = kind.replace("lossy ", "").split()[0]
    return {"PNG": _png, "TIFF": _tiff, "JPEG": _jpeg, "WEBP": _webp, "BMP": _bmp, "AVIF": _avif, "HEIC": _heic}[
        container
    ](rows, about, kind)


def _about(color, orientation):
    profile = {"L": grey_profile, "LA": grey_profile, "CMYK": cmyk_profile}.get(color, display_p3)()
    return {"icc_profile": profile, "exif": exif(orientation), "xmp": XMP % orientation}


def _png(rows, about, kind):
    chunks = []
    if about:
        chunks.append((b"iCCP", b"name\0\0" + zlib.compress(about["icc_profile"])))
        chunks += [(b"pHYs", struct.pack(">LLB", 11811, 11811, 1)), (b"eXIf", about["exif"])]
        chunks += [(b"tEXt", b"Comment\0kept as it is"), (b"tIME", struct.pack(">HBBBBB", 2024, 5, 6, 7, 8, 9))]
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + about["xmp"]))
    return png(rows, *chunks)


def _tiff(rows, about, kind):
    import tifffile

    color = kind.split()[-1]
    tags, more = [], {}
    if about:
        tags = [
            (700, 1, len(about["xmp"]), about["xmp"], True),
            (34675, 7, len(about["icc_profile"]), about["icc_profile"], True),
        ]
        tags += [(274, 3, 1, _orientation(about), True), (315, 2, 0, "Ann", True), (33432, 2, 0, "Bo", True)]
        more = {"resolution": (300, 300), "resolutionunit": 2}
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        rows[:, :, 0] if rows.shape[2] == 1 else rows,
        photometric={"L": "minisblack", "LA": "minisblack", "CMYK": "separated"}.get(color, "rgb"),
        extrasamples=["unassalpha"] if color in ("LA", "RGBA") else None,
        planarconfig="contig" if rows.shape[2] > 1 else None,
        compression="zlib",
        predictor=True,
        rowsperstrip=8,
        metadata=None,
        software=False,
        extratags=tags,
        **more,
    )
    return file.getvalue()


def _orientation(about):
    return int(about["xmp"].partition(b'tiff:Orientation="')[2][:1])


def _jpeg(rows, about, kind):
    options = {"exif": b"Exif\0\0" + about["exif"], "dpi": (300, 300)} if about else {}
    return jpeg(rows, quality=90, **{**about, **options})


def _webp(rows, about, kind):
    file = io.BytesIO()
    options = {"quality": 80} if kind.startswith("lossy") else {"lossless": True, "exact": True}
    Pillow.fromarray(rows).save(file, "WEBP", **options, **about)
    return file.getvalue()


def _bmp(rows, about, kind):
    if rows.shape[2] < 4:
        file = io.BytesIO()
        Pillow.fromarray(rows[:, :, 0] if rows.shape[2] == 1 else rows).save(file, "BMP", dpi=(300, 300))
        return file.getvalue()
    head = struct.pack(
        "<LllHHLLllLL4LL",
        108,
        rows.shape[1],
        rows.shape[0],
        1,
        32,
        3,
        rows.nbytes,
        11811,
        11811,
        0,
        0,
        *(0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        0x73524742,
    ).ljust(108, b"\0")
    body = rows[::-1, :, [2, 1, 0, 3]].tobytes()
    return struct.pack("<2sLLL", b"BM", 122 + len(body), 0, 122) + head + body


def _avif(rows, about, kind):
    file = io.BytesIO()
    Pillow.fromarray(rows[:, :, 0] if rows.shape[2] == 1 else rows).save(file, "AVIF", quality=90, speed=10, **about)
    return file.getvalue()


def _heic(rows, about, kind):
    import pillow_heif

    mode = kind.split()[-1] + (";16" if rows.dtype == np.uint16 else "")
    made = pillow_heif.from_bytes(mode, (rows.shape[1], rows.shape[0]), rows.tobytes())
    made[0].info |= about and {**about, "exif": b"Exif\0\0" + about["exif"]}
    file = io.BytesIO()
    made.save(file, quality=90, format="HEIF")
    return file.getvalue()
