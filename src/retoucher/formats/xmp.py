"""XMP changed where it must be, and nowhere else: every other byte of the packet stays as it was.

The packet is RDF in XML (ISO 16684-1). It is parsed only to learn where each element and attribute lies; changes are
then made to the text. A packet with a document type, or that is not well formed, is not touched at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TIFF = "http://ns.adobe.com/tiff/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

STRENGTH = (
    "algorithmicallyEnhanced",
    "compositeSynthetic",
    "algorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicMedia",
)
"""DigitalSourceType codes from the least to the most that a machine did; a mark never goes down this list."""

ATTRIBUTE = re.compile(rb"""([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
PICTURE = re.compile(r"\s*(/9j/|iVBORw0KGgo|UklGR)")  # JPEG, PNG, WebP in base64
LONG = 200

PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b' <rdf:RDF xmlns:rdf="' + RDF.encode() + b'">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
)


@dataclass(frozen=True)
class Attribute:
    """An attribute: resolved name, value, and where `name="value"` lies."""

    space: str
    name: str
    value: str
    start: int
    end: int


@dataclass
class Element:
    """An element: resolved name, attributes, the parent, and where its tags begin and end."""

    space: str
    name: str
    prefix: str
    parent: Element | None
    attributes: list[Attribute]
    start: int
    open_end: int
    close_start: int = 0
    end: int = 0
    text: str = ""
    children: int = 0
    spaces: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Collects the elements of a packet; `elements` is empty where it is not well formed."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.elements: list[Element] = []
        self.now: Element | None = None
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._stop
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        try:
            self.parser.Parse(data, True)
        except (expat.ExpatError, ValueError):
            self.elements = []

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document type has no place in XMP")

    def _start(self, name: str, values: dict[str, str]) -> None:
        start = self.parser.CurrentByteIndex
        tag = TAG.match(self.data, start)
        if tag is None or len(self.elements) > 100_000:
            raise ValueError("not XMP")
        spaces = self.now.spaces if self.now else {}
        if any(key.startswith("xmlns") for key in values):
            spaces = spaces | {key[6:]: value for key, value in values.items() if key.partition(":")[0] == "xmlns"}
        prefix, _, local = name.rpartition(":")
        places = {found[1].decode(): found.span() for found in ATTRIBUTE.finditer(self.data, start, tag.end())}
        attributes = [
            Attribute(
                spaces.get(key.rpartition(":")[0], "") if ":" in key else "",
                key.rpartition(":")[2],
                value,
                *places.get(key, (0, 0)),
            )
            for key, value in values.items()
        ]
        element = Element(spaces.get(prefix, ""), local, prefix, self.now, attributes, start, tag.end(), spaces=spaces)
        if self.now:
            self.now.children += 1
        self.elements.append(element)
        self.now = element

    def _stop(self, _: str) -> None:
        element = self.now
        assert element is not None
        alone = self.data[element.open_end - 2 : element.open_end] == b"/>"
        element.close_start = element.open_end if alone else self.parser.CurrentByteIndex
        element.end = element.open_end if alone else self.data.index(b">", element.close_start) + 1
        self.now = element.parent

    def _text(self, text: str) -> None:
        if self.now is not None:
            self.now.text += text


def tidy(xmp: bytes | None) -> bytes | None:
    """The packet as UTF-8 without what stands around it; None where there is nothing."""
    if not xmp:
        return None
    for mark, name in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"<\0?\0", "utf-16-le"),
        (b"\0<\0?", "utf-16-be"),
    ):
        if xmp.startswith(mark):
            xmp = xmp.decode(name, "replace").encode()
    xmp = xmp.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n")
    return xmp or None


def is_readable(xmp: bytes) -> bool:
    """Whether the packet is well formed and holds RDF."""
    return any(_is(element, RDF, "RDF") for element in _Reader(xmp).elements)


def source_type(xmp: bytes | None) -> str | None:
    """The DigitalSourceType code that the packet gives, without the address of the list."""
    found = _source_types(_Reader(xmp).elements) if xmp else []
    values = [value for *_, value in found]
    return values[0].rstrip("/").rpartition("/")[2] if values else None


def stamp(xmp: bytes | None, code: str) -> bytes:
    """The packet with DigitalSourceType `code`, all else as it is; a new packet where there is none that can be read.

    A packet that already says something stronger (see STRENGTH) keeps saying it.
    """
    data = xmp if xmp and is_readable(xmp) else PACKET
    now = source_type(data)
    if now in STRENGTH and (code not in STRENGTH or STRENGTH.index(now) >= STRENGTH.index(code)):
        return data
    elements = _Reader(data).elements
    edits = [(start, end, b"") for start, end, _ in _source_types(elements)]
    root = next(element for element in elements if _is(element, RDF, "RDF"))
    new = _description(elements, root, code)
    if root.close_start == root.open_end and data[root.open_end - 2 : root.open_end] == b"/>":
        name = (root.prefix + ":RDF" if root.prefix else "RDF").encode()
        edits.append((root.open_end - 2, root.open_end, b">" + new + b"</" + name + b">"))
    else:
        edits.append((root.close_start, root.close_start, new))
    return _edited(data, edits)


def _description(elements: list[Element], root: Element, code: str) -> bytes:
    """An rdf:Description of the same subject as the others, with the one property."""
    abouts = [a.value for e in elements if e.parent is root for a in e.attributes if a.name == "about"]
    about = (abouts[0] if abouts else "").replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    rdf = root.prefix or "rdf"
    return (
        f'<{rdf}:Description {rdf}:about="{about}" xmlns:{rdf}="{RDF}" xmlns:Iptc4xmpExt="{IPTC}">'
        f"<Iptc4xmpExt:DigitalSourceType>{NEWSCODES}{code}</Iptc4xmpExt:DigitalSourceType>"
        f"</{rdf}:Description>\n"
    ).encode()


def _source_types(elements: list[Element]) -> list[tuple[int, int, str]]:
    """(start, end, value) of each DigitalSourceType of the picture itself, as an attribute or an element."""
    found = []
    for element in elements:
        if element.parent is not None and _is(element.parent, RDF, "RDF"):
            for place in element.attributes:
                if (place.space, place.name) == (IPTC, "DigitalSourceType"):
                    found.append((place.start, place.end, place.value))
        grand = element.parent.parent if element.parent else None
        if grand is not None and _is(grand, RDF, "RDF") and _is(element, IPTC, "DigitalSourceType"):
            linked = [place.value for place in element.attributes if place.name == "resource"]
            found.append((element.start, element.end, linked[0] if linked else element.text.strip()))
    return found


def put(xmp: bytes, space: str, name: str, value: str) -> bytes:
    """Set a simple property wherever the packet has it."""
    edits = []
    for element in _Reader(xmp).elements:
        for place in element.attributes:
            if (place.space, place.name) == (space, name):
                key = xmp[place.start : place.end].partition(b"=")[0]
                edits.append((place.start, place.end, key + b'="' + value.encode() + b'"'))
        if _is(element, space, name) and not element.children and element.close_start > element.open_end:
            edits.append((element.open_end, element.close_start, value.encode()))
    return _edited(xmp, edits)


def without(xmp: bytes, unwanted: Callable[[str, str, str], bool]) -> bytes:
    """The packet without the properties for which `unwanted(namespace, name, value)` is true."""
    edits: list[tuple[int, int, bytes]] = []
    for element in _Reader(xmp).elements:
        if any(start <= element.start < end for start, end, _ in edits):
            continue  # inside one that goes already
        if element.parent is not None and unwanted(element.space, element.name, element.text):
            edits.append((element.start, element.end, b""))
            continue
        edits += [(a.start, a.end, b"") for a in element.attributes if a.end and unwanted(a.space, a.name, a.value)]
    return _edited(xmp, edits)


def is_picture(space: str, name: str, value: str) -> bool:
    """Whether a property is a small copy of the photo: xmp:Thumbnails, or any picture in base64."""
    if (space, name) == ("http://ns.adobe.com/xap/1.0/", "Thumbnails"):
        return True
    return len(value) > LONG and PICTURE.match(value) is not None


def is_attachment(space: str, name: str, value: str) -> bool:
    """Whether a property speaks of pictures or films behind the photo: a gain map, a depth map, a motion photo."""
    camera = space == "http://ns.google.com/photos/1.0/camera/" and name.startswith(("MotionPhoto", "MicroVideo"))
    spaces = ("http://ns.google.com/photos/1.0/container/", "http://ns.adobe.com/hdr-gain-map/1.0/")
    return camera or space in spaces


def is_extension(space: str, name: str, value: str) -> bool:
    """Whether a property says that a JPEG holds more XMP elsewhere (XMP Specification part 3, 1.1.3.1)."""
    return (space, name) == ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP")


def holds_picture(xmp: bytes) -> bool:
    """Whether text, such as the further XMP of a JPEG, has a picture in base64 in it."""
    return any(start in xmp for start in (b"/9j/", b"iVBORw0KGgo", b"UklGR"))


def shortened(xmp: bytes) -> bytes:
    """The packet without the blank padding before its end."""
    return re.sub(rb"\s{3,}(?=<\?xpacket end)", b"\n", xmp)


def _is(element: Element, space: str, name: str) -> bool:
    return (element.space, element.name) == (space, name)


def _edited(data: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """The text with each (start, end) replaced."""
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new + data[end:]
    return data
