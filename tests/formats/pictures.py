"""Small pictures and the files that hold them, made here with other programs than the ones under test."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image as Pillow

TOP, MADE = 255, "algorithmicallyEnhanced"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    b' tiff:Orientation="%d"><dc:creator><rdf:Seq><rdf:li>Ann\xc3\xa4 &amp; Bo</rdf:li></rdf:Seq></dc:creator>'
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def photo(height, width, channels=3, kind=np.uint8):
    """A picture with slopes, an edge and a little noise; the last of 2 or 4 channels is alpha with all values."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(height * width).normal(0, 3, (height, width, channels))
    planes = [80 + 80 * x / width, 150 - 60 * y / height, 90 + 50 * (x + y) / (height + width), 130 + 0 * x]
    values = np.stack(planes[:channels], axis=2) + noise + 40 * (x > width // 2)[:, :, None]
    if channels in (2, 4):
        values[:, :, -1] = 255 * ((x + 2 * y) % 7) / 6
    values = np.clip(values, 0, 255) / 255
    top = np.iinfo(kind).max
    return np.rint(values * top).astype(kind)


def hole(height, width):
    """A mask (H, W) that touches a border, with single pixels and an odd outline."""
    y, x = np.mgrid[0:height, 0:width]
    mask = (y - height * 0.6) ** 2 + (x - width * 0.3) ** 2 < (min(height, width) * 0.25) ** 2
    mask[0, width // 2 :] = True
    mask[height // 2, width - 3] = True
    return mask


def exif(orientation=1, thumbnail=False, note=b""):
    """EXIF of a camera, big-endian, with a date, a maker's note, a place, and perhaps a thumbnail directory."""
    small = jpeg(photo(16, 16), quality=50) if thumbnail else b""
    main = [(0x010F, 2, b"Camera\0"), (0x0112, 3, struct.pack(">H", orientation))]
    main += [(0x011A, 5, struct.pack(">LL", 300, 1)), (0x011B, 5, struct.pack(">LL", 300, 1)), (0x0128, 3, b"\0\2")]
    shot = [(0x9003, 2, b"2024:05:06 07:08:09\0"), (0x927C, 7, b"maker's own " + note)]
    shot += [(0xA002, 4, struct.pack(">L", 53)), (0xA003, 4, struct.pack(">L", 37))]
    place = [(0x0001, 2, b"N\0"), (0x0002, 5, struct.pack(">6L", 48, 1, 8, 1, 30, 1))]
    sizes = {3: 2, 4: 4, 5: 8}
    body, start = b"", 8
    parts = [main, shot, place] + (
        [[(0x0201, 4, b"\0" * 4), (0x0202, 4, struct.pack(">L", len(small)))]] if small else []
    )
    spans = []
    for part in parts:
        spans.append(start)
        extra = 2 if part is main else 0
        start += 6 + 12 * (len(part) + extra) + sum(len(raw) + len(raw) % 2 for *_, raw in part if len(raw) > 4)
    main += [(0x8769, 4, struct.pack(">L", spans[1])), (0x8825, 4, struct.pack(">L", spans[2]))]
    if small:
        parts[3][0] = (0x0201, 4, struct.pack(">L", start))
    for part, at in zip(parts, spans, strict=True):
        values = at + 6 + 12 * len(part)
        head, outside = struct.pack(">H", len(part)), b""
        for tag, kind, raw in sorted(part):
            head += struct.pack(">HHL", tag, kind, len(raw) // sizes.get(kind, 1))
            if len(raw) > 4:
                head += struct.pack(">L", values + len(outside))
                outside += raw + b"\0" * (len(raw) % 2)
            else:
                head += raw.ljust(4, b"\0")
        body += head + struct.pack(">L", spans[3] if small and part is main else 0) + outside
    return b"MM\0*\0\0\0\x08" + body + small


def jpeg(samples, **options):
    """Pillow's JPEG of (H, W), (H, W, 1), (H, W, 3) or, as CMYK, (H, W, 4)."""
    samples = samples[:, :, 0] if samples.ndim == 3 and samples.shape[2] == 1 else samples
    size = samples.shape[1], samples.shape[0]
    picture = (
        Pillow.frombytes("CMYK", size, samples.tobytes()) if samples.shape[2:] == (4,) else Pillow.fromarray(samples)
    )
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def png(samples, *chunks, interlace=0, transparency=None):
    """A PNG written plainly: no filter, given chunks (name, data) before the picture."""
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    bits = 8 * samples.dtype.itemsize
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    return png_of(struct.pack(">LLBBBBB", width, height, bits, kind, 0, 0, interlace), raw, *chunks)


def png_of(header, raw, *chunks):
    """A PNG from its header, its unfiltered rows and further chunks."""

    def chunk(name, data):
        return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))

    parts = [chunk(b"IHDR", header), *(chunk(*one) for one in chunks), chunk(b"IDAT", zlib.compress(raw))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


@cache
def display_p3():
    """An RGB profile wider than sRGB."""
    import imagecodecs

    primaries = [0.680, 0.320, 1.0, 0.265, 0.690, 1.0, 0.150, 0.060, 1.0]
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=primaries, gamma=2.2))


@cache
def grey_profile():
    """A grey profile with gamma 1.8."""
    import imagecodecs

    return bytes(imagecodecs.cms_profile("gray", gamma=1.8))


@cache
def cmyk_profile():
    """A CMYK profile by plain formulas: 16-bit tables both ways, Lab in between."""
    import imagecodecs

    def table(ins, outs, grid, values):
        steps = struct.pack(">2H", 0, 65535)
        head = b"mft2\0\0\0\0" + bytes([ins, outs, grid, 0])
        head += struct.pack(">9l", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536) + struct.pack(">2H", 2, 2)
        return head + steps * ins + np.rint(np.clip(values, 0, 65535)).astype(">u2").tobytes() + steps * outs

    def lab_of(rgb):
        return imagecodecs.cms_transform(
            np.ascontiguousarray(rgb[None], np.float64),
            imagecodecs.cms_profile("srgb"),
            imagecodecs.cms_profile("lab4"),
            colorspace="rgb",
            outcolorspace="lab",
        )[0]

    step = np.linspace(0, 1, 9)
    inks = np.stack(np.meshgrid(step, step, step, step, indexing="ij"), axis=-1).reshape(-1, 4)
    lab = lab_of((1 - inks[:, :3]) * (1 - inks[:, 3:]))
    there = np.stack([lab[:, 0] * 652.8, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], axis=1)
    step = np.linspace(0, 1, 33)
    grid = np.stack(np.meshgrid(step, step, step, indexing="ij"), axis=-1).reshape(-1, 3)
    points = np.stack(
        [grid[:, 0] * 65535 / 652.8, grid[:, 1] * 65535 / 256 - 128, grid[:, 2] * 65535 / 256 - 128], axis=1
    )
    rgb = imagecodecs.cms_transform(
        np.ascontiguousarray(points[None]),
        imagecodecs.cms_profile("lab4"),
        imagecodecs.cms_profile("srgb"),
        colorspace="lab",
        outcolorspace="rgb",
    )[0]
    rgb = np.clip(rgb, 0, 1)
    white = rgb.max(axis=1, keepdims=True)
    back = np.concatenate([1 - rgb / np.maximum(white, 1e-6), 1 - white], axis=1)
    white_point = b"XYZ \0\0\0\0" + struct.pack(">3l", 63190, 65536, 54061)
    text = b"desc\0\0\0\0" + struct.pack(">L", 6) + b"inks\0\0" + b"\0" * 78
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": white_point}
    tags |= {b"A2B0": table(4, 3, 9, there), b"B2A0": table(3, 4, 33, back * 65535)}
    place, index, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        index += name + struct.pack(">LL", place + len(body), len(data))
        body += data
    head = struct.pack(
        ">L4sL4s4s4s12s4s", place + len(body), b"\0" * 4, 0x02400000, b"prtr", b"CMYK", b"Lab ", b"\0" * 12, b"acsp"
    )
    head += b"\0" * 28 + struct.pack(">3l", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">L", len(tags)) + index + body
