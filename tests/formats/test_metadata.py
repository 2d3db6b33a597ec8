"""EXIF mended in place, XMP merged into what is there, Photoshop's resources, orientation."""

import numpy as np
import pytest
from pictures import XMP, exif

from retoucher.formats import exif as fields
from retoucher.formats import photoshop, xmp
from retoucher.formats.orientation import stored, upright

NETWORK, PLAIN = "compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced"
CODE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_are_read_and_turned_as_pillow_turns_them(orientation):
    from PIL import Image as Pillow
    from PIL import ImageOps

    rows = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Pillow.fromarray(rows)
    picture.getexif()[0x0112] = orientation
    assert np.array_equal(upright(rows, orientation), np.asarray(ImageOps.exif_transpose(picture)))
    assert np.array_equal(stored(upright(rows, orientation), orientation), rows)
    assert fields.orientation(exif(orientation)) == orientation


def test_exif_becomes_upright_with_no_byte_moved():
    before = exif(6, thumbnail=True)
    after = fields.upright(before, (37, 53))
    assert len(after) == len(before)
    assert fields.orientation(after) == 1
    assert fields.first(after, fields.WIDTH, fields.EXIF_IFD) == 53
    assert fields.first(after, fields.HEIGHT, fields.EXIF_IFD) == 37
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 1  # sizes were right already


def test_exif_loses_its_pictures_and_nothing_else():
    note = b"\xff\xd8\xff\xdbpreview\xff\xd9 and more"
    before = exif(3, thumbnail=True, note=note)
    after, held = fields.without_pictures(before)
    assert held
    assert b"\xff\xd8\xff" not in after
    assert b"preview" not in after
    assert b" and more" in after
    kept = {(e.directory, e.tag) for e in fields.entries(before) if e.directory != 1}
    assert {(e.directory, e.tag) for e in fields.entries(after)} == kept
    assert len(after) < len(before) - 200  # the thumbnail's bytes are cut off
    assert fields.without_pictures(exif(3)) == (exif(3), False)


def test_exif_without_its_tag_keeps_the_rest():
    after = fields.without_orientation(exif(8, thumbnail=True))
    assert fields.first(after, fields.ORIENTATION) is None
    assert fields.dpi(after) == (300, 300)
    assert any(entry.directory == 1 for entry in fields.entries(after))


def test_exif_survives_taking_apart_and_packing():
    for start in (8, 1000):
        found = fields.fields(exif(5))
        packed = b"MM\0*" + start.to_bytes(4) + b"\0" * (start - 8) + fields.pack(found, ">", start)
        assert fields.fields(packed) == {name: sorted(some) for name, some in found.items()}


@pytest.mark.parametrize(
    "junk", [b"", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 50, b"abc", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_broken_exif_is_passed_over(junk):
    assert fields.orientation(junk) == 1
    assert fields.dpi(junk) is None
    assert fields.upright(junk, (3, 4)) == junk
    assert fields.without_pictures(junk) == (junk, False)
    assert fields.fields(junk) == {}


def test_exif_that_points_at_itself_ends():
    loop = bytearray(exif(1))
    place = loop.index(b"\x87\x69") + 8
    loop[place : place + 4] = (8).to_bytes(4)
    assert len(list(fields.entries(bytes(loop)))) < 50


def test_random_damage_to_exif_never_raises():
    random = np.random.default_rng(0)
    for _ in range(2000):
        data = bytearray(exif(6, thumbnail=True))
        for place in random.integers(0, len(data), 4):
            data[place] = random.integers(0, 256)
        after, _ = fields.without_pictures(fields.upright(bytes(data), (3, 4)))
        fields.build(fields.fields(after), ">")
        fields.without_orientation(after)
        fields.dpi(after)


# XMP


def test_a_mark_is_made_where_there_was_no_packet():
    packet = xmp.stamp(None, NETWORK)
    assert xmp.is_readable(packet)
    assert f">{CODE}{NETWORK}<".encode() in packet
    assert b'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"' in packet


def test_a_mark_is_merged_and_every_other_byte_stays():
    before = XMP % 1
    after = xmp.stamp(before, PLAIN)
    cut = next(i for i, (one, two) in enumerate(zip(before, after, strict=False)) if one != two)
    assert after.startswith(before[:cut])
    assert after.endswith(before[cut:])
    assert xmp.source_type(after) == PLAIN


@pytest.mark.parametrize(
    "old", [None, "digitalCapture", PLAIN, NETWORK, "trainedAlgorithmicMedia", "compositeSynthetic"]
)
@pytest.mark.parametrize("new", [PLAIN, NETWORK])
@pytest.mark.parametrize("form", ["element", "attribute", "resource"])
def test_a_mark_is_replaced_but_never_weakened(old, new, form):
    before = XMP % 1
    space = b' xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    if old:
        value = (CODE + old).encode()
        element = {
            "element": b"<e:DigitalSourceType" + space + b">" + value + b"</e:DigitalSourceType>",
            "resource": b"<e:DigitalSourceType" + space + b' rdf:resource="' + value + b'"/>',
        }
        if form == "attribute":
            before = before.replace(b" tiff:Orient", space + b' e:DigitalSourceType="' + value + b'" tiff:Orient')
        else:
            before = before.replace(b"<dc:creator>", element[form] + b"<dc:creator>")
        assert xmp.source_type(before) == old
    after = xmp.stamp(before, new)
    order = [None, "digitalCapture", *xmp.STRENGTH]
    assert xmp.source_type(after) == max(old, new, key=order.index)
    assert after.count(CODE.encode()) == 1
    assert b"Ann\xc3\xa4 &amp; Bo" in after


def test_unusual_packets_take_the_mark():
    default = b'<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Description about=""/></RDF>'
    empty = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    wide = xmp.tidy(("\ufeff" + (XMP % 1).decode()).encode("utf-16-le"))
    subject = (XMP % 1).replace(b'rdf:about=""', b'rdf:about="uuid:1 &amp; 2"')
    for packet in (default, empty, wide, subject):
        after = xmp.stamp(packet, NETWORK)
        assert xmp.is_readable(after)
        assert xmp.source_type(after) == NETWORK
    assert after.count(b'rdf:about="uuid:1 &amp; 2"') == 2


@pytest.mark.parametrize(
    "broken",
    [
        b"<x",
        b"\xff\xfe\xfd",
        (XMP % 1)[:-9],
        b'<!DOCTYPE a [<!ENTITY b "c">]><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&b;</r:RDF>',
        b"<a/>",
    ],
)
def test_a_packet_that_cannot_be_read_makes_way_for_a_new_one(broken):
    assert not xmp.is_readable(broken)
    assert xmp.source_type(broken) is None
    assert xmp.source_type(xmp.stamp(broken, NETWORK)) == NETWORK
    assert xmp.without(broken, xmp.is_picture) == broken
    assert xmp.put(broken, xmp.TIFF, "Orientation", "1") == broken


def test_entities_do_not_unfold():
    bombs = b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12))
    bomb = b'<!DOCTYPE x [<!ENTITY a0 "lol">' + bombs + b"]><x>&a11;</x>"
    assert not xmp.is_readable(bomb)


def test_pictures_and_attachments_are_taken_out_of_a_packet():
    more = (
        b'<xmp:Thumbnails xmlns:xmp="http://ns.adobe.com/xap/1.0/"><rdf:Alt><rdf:li>x</rdf:li></rdf:Alt></xmp:Thumbnails>'
        b'<c:Data xmlns:c="http://c/">/9j/' + b"A" * 300 + b"</c:Data>"
        b'<c:Directory xmlns:c="http://ns.google.com/photos/1.0/container/"><rdf:Seq/></c:Directory>'
    )
    packet = (XMP % 1).replace(b"<dc:creator>", more + b"<dc:creator>")
    motion = b' xmlns:g="http://ns.google.com/photos/1.0/camera/" g:MotionPhoto="1" g:Other="2" tiff:Orient'
    packet = packet.replace(b" tiff:Orient", motion)
    after = xmp.without(xmp.without(packet, xmp.is_picture), xmp.is_attachment)
    for gone in (b"Thumbnails", b"/9j/", b"Directory", b"MotionPhoto"):
        assert gone not in after
    assert b'g:Other="2"' in after
    assert b"Bo" in after
    assert xmp.is_readable(after)


def test_a_property_is_set_in_either_form():
    packet = XMP % 6
    assert b'tiff:Orientation="1"' in xmp.put(packet, xmp.TIFF, "Orientation", "1")
    element = b'<t:Orientation xmlns:t="http://ns.adobe.com/tiff/1.0/">8</t:Orientation>'
    packet = packet.replace(b"<dc:creator>", element + b"<dc:creator>")
    assert b">1</t:Orientation>" in xmp.put(packet, xmp.TIFF, "Orientation", "1")


# Photoshop's resources


def test_resources_lose_thumbnails_only():
    def resource(number, data, name=b"\0\0"):
        return b"8BIM" + number.to_bytes(2) + name + len(data).to_bytes(4) + data + b"\0" * (len(data) % 2)

    iptc, path = resource(1028, b"abc"), resource(2000, b"path", b"\x05Path1")
    old, new = resource(1033, b"old"), resource(1036, b"new!")
    assert photoshop.without_pictures(iptc + old + path + new) == (iptc + path, True)
    assert photoshop.without_pictures(iptc + path) == (iptc + path, False)
    assert photoshop.without_pictures(b"8BIMjunk") == (b"", True)
