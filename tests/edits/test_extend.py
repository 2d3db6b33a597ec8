import io
from dataclasses import replace

import numpy as np
import pytest
from test_edit_promises import CAMERA, EVERY, JPEGS, LOSSLESS, LOSSY, PALETTES, every

from fakes import Lots, Nosy
from retoucher.cli import main
from retoucher.edit import schema
from retoucher.edits.extend import Extend, extend
from retoucher.edits.inpaint import Inpaint
from retoucher.errors import UsageError
from retoucher.formats import exif as exif_fields
from retoucher.formats import xmp as packets
from retoucher.image import MAX_PIXELS, Image
from retoucher.mask import Mask

SIDES = {"left": 5, "top": 3, "right": 9, "bottom": 4}
PLACE = np.s_[3:48, 5:72]
"""Where the old samples of the 67×45 photos lie then."""


def nosy(name):
    return Nosy()


def photo(height=40, width=60, channels=3, seed=0):
    return Image.from_array(np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8))


@every(EVERY)
def test_the_photo_is_bit_identical_in_the_larger_one_and_only_the_border_changed(kind):
    image = Image.open(EVERY[kind]())
    result = Extend(**SIDES).run(image, load=nosy)
    assert result.image.size == (52, 81)
    assert result.image.samples.dtype == image.samples.dtype
    assert np.array_equal(result.image.samples[PLACE], image.samples)
    assert not result.changed.array[PLACE].any()
    assert result.changed.area == 52 * 81 - 45 * 67
    assert np.array_equal(result.image.changed, result.changed.array)


@every(LOSSLESS | PALETTES)
def test_the_photo_is_bit_identical_in_the_lossless_file(kind):
    image = Image.open((LOSSLESS | PALETTES)[kind]())
    result = Extend(**SIDES).run(image, load=nosy).image
    back = Image.open(result.encode().data)
    assert (back.container, back.color, back.has_alpha) == (image.container, image.color, image.has_alpha)
    assert np.array_equal(back.samples, result.samples)


@every(EVERY)
def test_what_the_file_knows_comes_back_from_the_larger_one(kind):
    image = Image.open(EVERY[kind]())
    back = Image.open(Extend(**SIDES).run(image, load=nosy).image.encode().data)
    assert back.size == (52, 81)
    assert (back.container, back.profile, back.dpi) == (image.container, image.profile, image.dpi)
    assert back.has_alpha == image.has_alpha
    assert (CAMERA.encode() in (image.exif or b"")) == (CAMERA.encode() in (back.exif or b""))


@every(JPEGS | {"JPEG CMYK": LOSSY["JPEG CMYK"]})
def test_a_jpeg_is_encoded_as_a_whole_with_its_own_tables_and_says_so(kind):
    image = Image.open((JPEGS | LOSSY)[kind]())
    result = Extend(**SIDES).run(image, load=nosy).image
    encoded = result.encode()
    assert any("another size than before" in note for note in encoded.notes)
    back = Image.open(encoded.data)
    assert back.color == image.color
    apart = np.abs(back.samples[PLACE].astype(int) - image.samples.astype(int))
    assert apart.mean() < 4
    again = Inpaint(grow=0).run(back, Mask.from_boxes(back.size, [(1, 1, 2, 2)]), load=nosy).image.encode()
    assert not any("encoded again" in note for note in again.notes)  # an ordinary JPEG, changed block by block


@pytest.mark.parametrize("container", ["JPEG", "TIFF", "PNG"])
def test_a_turned_photo_is_extended_as_it_is_seen_and_saved_upright_with_its_new_size(container):
    from PIL import Image as Pillow

    about = Pillow.Exif()
    about[0x0112] = 6
    about.get_ifd(0x8769).update({0xA002: 60, 0xA003: 40})
    file = io.BytesIO()
    Pillow.fromarray(photo().samples).save(file, container, exif=about, quality=95)
    image = Image.open(file.getvalue())
    assert image.size == (60, 40)
    result = Extend(top=10).run(image, load=nosy).image
    back = Image.open(result.encode().data)
    assert back.size == result.size == (70, 40)
    assert exif_fields.orientation(back.exif) == 1
    if container != "TIFF":  # whose own fields say how large it is
        assert exif_fields.first(back.exif, 0xA002, 0x8769) == 40
        assert exif_fields.first(back.exif, 0xA003, 0x8769) == 70
    assert np.abs(back.samples[10:].astype(int) - image.samples.astype(int)).mean() < (
        6 if container == "JPEG" else 0.01
    )


def test_the_xmp_of_a_jpeg_says_its_new_size():
    width = b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:ImageWidth="60"/>'
    xmp = packets.stamp(None, "algorithmicallyEnhanced").replace(b"</rdf:RDF>", width + b"</rdf:RDF>")
    image = Image.open(replace(photo(), xmp=xmp).encode("JPEG").data)
    assert b'ImageWidth="60"' in image.xmp
    back = Image.open(Extend(right=17).run(image, load=nosy).image.encode().data)
    assert b'ImageWidth="77"' in back.xmp


@pytest.mark.parametrize("channels", [2, 4])
def test_the_border_of_a_photo_with_transparency_is_opaque_and_the_photo_keeps_its_own(channels):
    image = photo(channels=channels)
    result = Extend(left=7, bottom=2).run(image, load=nosy)
    alpha = result.image.samples[..., -1]
    assert (alpha[result.changed.array] == 255).all()
    assert np.array_equal(alpha[:40, 7:], image.samples[..., -1])


def test_extended_alone_has_black_transparent_borders_and_nothing_else_new():
    image = photo(channels=4)
    larger = image.extended(1, 2, 3, 4)
    assert larger.size == (46, 64)
    assert np.array_equal(larger.samples[2:42, 1:61], image.samples)
    assert larger.samples.sum() == image.samples.sum()
    assert larger.mark is None
    assert image.extended() is image


def test_what_was_filled_before_is_still_known_as_changed():
    first = Inpaint(grow=0).run(photo(), Mask.from_boxes((40, 60), [(10, 10, 5, 5)]), load=lambda name: Lots()).image
    second = Extend(top=6).run(first, load=nosy).image
    assert second.changed[16:21, 10:15].all()
    assert np.count_nonzero(second.changed) == 25 + 6 * 60
    assert second.mark == "compositeWithTrainedAlgorithmicMedia"


def test_nothing_to_add_returns_the_very_photo_and_says_so():
    image = photo()
    result = Extend().run(image, load=lambda name: pytest.fail("nothing to load"))
    assert result.image is image
    assert result.changed.empty
    assert "say how many pixels" in result.report.notes[0]


def test_a_border_wider_than_the_photo_is_made_and_doubted():
    result = Extend(right=61).run(photo(), load=nosy)
    assert result.image.size == (40, 121)
    assert any("wider than the photo" in note for note in result.report.notes)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not():
    def once(seed):
        return Extend(right=9, seed=seed).run(photo(), load=lambda name: Lots()).image.samples.tobytes()

    assert once(3) == once(3) != once(4)


def test_sizes_that_cannot_be_are_refused_with_a_sentence():
    with pytest.raises(UsageError, match="should be less than or equal to 20000, not '20001'"):
        Extend.parse({"left": 20001})
    with pytest.raises(UsageError, match="should be greater than or equal to 0, not '-1'"):
        Extend.parse({"top": -1})
    wide = Image.from_array(np.zeros((9500, 1000), np.uint8))
    with pytest.raises(UsageError, match=f"more than the {MAX_PIXELS:,} allowed; extend it by less"):
        Extend(left=20000, right=2000).run(wide, load=nosy)
    flat = Image.open(Image.from_array(np.zeros((1, 16000), np.uint8)).encode("WEBP").data)
    with pytest.raises(UsageError, match="A WEBP has at most 16,383 pixels a side, and this one would have 16,400"):
        Extend(right=400).run(flat, load=nosy)


def test_the_options_of_the_model_reach_it():
    asked = []
    Extend(right=4, weights="big-lama").run(photo(), load=lambda name: asked.append(name) or Nosy())
    Extend(right=4, model="exemplar").model_dump()
    assert asked == ["big-lama"]
    assert schema(Extend)["inputs"] == [
        {"name": "image", "kind": "image", "description": "the photo", "required": True}
    ]


def test_python_and_command_line_make_the_same_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("retoucher.catalogue.load", lambda name, device=None: Nosy())
    photo().save("photo.png")
    assert main(["extend", "photo.png", "--right", "12", "--top", "3", "--output", "wide.png"]) == 0
    assert capsys.readouterr().out.startswith("wide.png: filled by nosy")
    extend("photo.png", right=12, top=3).image.save("python.png")
    assert (tmp_path / "wide.png").read_bytes() == (tmp_path / "python.png").read_bytes()
    assert main(["extend", "photo.png", "--right", "12", "--output", "wide.png"]) == 2
    assert "already exists" in capsys.readouterr().err
    assert main(["extend", "photo.png", "--output", "other.png"]) == 2
    assert capsys.readouterr().err == "retoucher: Say by how much: --left, --top, --right or --bottom PIXELS.\n"
    assert main(["extend", "--right", "1", "--output", "other.png"]) == 2
    assert "Name a photo" in capsys.readouterr().err
    assert main(["extend", "photo.png", "--right", "-1", "--output", "other.png"]) == 2
    assert not (tmp_path / "other.png").exists()
