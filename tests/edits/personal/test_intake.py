"""Which photos of a person are used, and the reason of every other one."""

import cv2
import numpy as np
import pytest
import torch

from people import tiny_look
from portraits import lit, portrait
from retoucher.edits.personal.coverage import ALIKE, covered, strangers, warnings
from retoucher.edits.personal.intake import survey
from retoucher.errors import UsageError
from retoucher.image import Image
from retoucher.models.mystyle.identity import Descriptor, distances, equal_error, sharpness
from retoucher.templates import PORTRAIT


def png(image):
    return image.encode("PNG").data


def blurred(image, spread):
    return Image.from_array(cv2.GaussianBlur(image.samples, (0, 0), spread))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos of all kinds; the drawn faces vary a little, so that they are no twins."""
    place = tmp_path_factory.mktemp("photos")
    for number in range(3):
        drawn = portrait(faces=((108 + 4 * number, 120 + 5 * number, 104 + 6 * number, 3.0 * number),), noise=4)
        lit(drawn, number).save(place / f"good{number}.png")
    again = Image.open(place / "good0.png").samples
    Image.from_array(cv2.resize(again, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)).save(place / "twin.jpg")
    portrait(faces=()).save(place / "nobody.png")
    portrait((240, 460), ((110, 125, 110, 0.0), (340, 125, 108, 0.0))).save(place / "two.png")
    lit(portrait((240, 460), ((110, 125, 110, 0.0), (370, 125, 58, 0.0))), 5).save(place / "beside.png")
    small = lit(portrait(faces=((110, 125, 116, 0.0),)), 6)
    Image.from_array(cv2.resize(small.samples, None, fx=0.22, fy=0.22, interpolation=cv2.INTER_AREA)).save(
        place / "small.png"
    )
    blurred(portrait(), 7).save(place / "blurred.png")
    (place / "text.png").write_text("no picture")
    return place


def test_every_photo_is_used_or_has_its_reason(folder):
    told = []
    found = survey(sorted(folder.iterdir()), PORTRAIT, 128, lambda fraction, message: told.append(message))
    reasons = {each.name: each.reason for each in found.rejected}
    assert found.names == ("beside.png", "good0.png", "good1.png", "good2.png")
    assert reasons.pop("text.png").startswith("it cannot be read (")
    assert reasons == {
        "blurred.png": "the face is blurred",
        "nobody.png": "no face was found in it",
        "small.png": f"the face is only {reasons['small.png'].split()[4]} pixels wide",
        "twin.jpg": "it is the same photo as good0.png",
        "two.png": "2 faces of about one size are in it",
    }
    assert len(told) == 10
    assert all(each.face.shape == (3, 128, 128) for each in found.taken)


def test_faces_lie_in_the_template_whatever_their_place(folder):
    found = survey([folder / "good0.png", folder / "good2.png"], PORTRAIT, 128)
    one, two = (cv2.cvtColor(each.face.numpy().transpose(1, 2, 0), cv2.COLOR_RGB2GRAY) for each in found.taken)
    assert np.corrcoef(one[30:100, 30:98].ravel(), two[30:100, 30:98].ravel())[0, 1] > 0.3


def test_bytes_with_a_name_do_as_well_as_files(folder):
    files = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    assert survey(files, PORTRAIT, 64).names == survey(sorted(folder.iterdir()), PORTRAIT, 64).names
    with pytest.raises(UsageError, match="no photos"):
        survey([], PORTRAIT, 64)


def test_blur_lowers_sharpness():
    photo = portrait(noise=2)
    values = [float(sharpness(blurred(photo, spread).pixels[None])[0]) for spread in (0.3, 2, 5)]
    assert values[0] > 1.5 * values[1] > 1.5**2 * values[2]


def test_the_descriptor_is_of_unit_length_and_does_not_see_brightness():
    describe = Descriptor(tiny_look().features)
    torch.manual_seed(0)
    faces = torch.rand(3, 3, 128, 128)
    found = describe(faces)
    assert torch.allclose(found.norm(dim=1), torch.ones(3), atol=1e-5)
    assert float(distances(found, describe(0.5 * faces + 0.2)).diagonal().max()) < 0.01
    assert torch.allclose(distances(found, found).diagonal(), torch.zeros(3), atol=1e-5)
    shifted = Descriptor(tiny_look().features, describe.plain(faces).mean(0))
    assert float(distances(shifted(faces), shifted(faces))[0, 1]) > 1


def test_the_equal_error_is_where_both_kinds_are_told_wrongly_as_often():
    assert equal_error(torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.5, 0.6])) == (0.0, pytest.approx(0.3))
    error, limit = equal_error(torch.tensor([0.1, 0.2, 0.3, 0.9]), torch.tensor([0.25, 0.6, 0.7, 0.8]))
    assert error == 0.25
    assert 0.3 <= limit < 0.6


def test_somebody_else_is_warned_of_and_nobody_is_thrown_out():
    torch.manual_seed(1)
    middle = torch.nn.functional.normalize(torch.randn(2, 64), dim=1)
    many = torch.nn.functional.normalize(middle[:1] + 0.05 * torch.randn(40, 64), dim=1)
    other = torch.nn.functional.normalize(middle[1:] + 0.05 * torch.randn(3, 64), dim=1)
    assert float(1 - middle[0] @ middle[1]) > ALIKE
    assert strangers(torch.cat([many, other])) == [40, 41, 42]
    names = [f"{i}.jpg" for i in range(43)]
    (said,) = warnings(names, torch.cat([many, other]))
    assert "40.jpg, 41.jpg, 42.jpg" in said
    assert warnings(names, many.repeat(2, 1)[:43]) == ()
    assert warnings(names[:9], None)[0].startswith("Only 9 photos")


def test_coverage_is_told_in_what_faces_usually_vary():
    directions = {"smile": torch.tensor([2.0, 0, 0]), "turn": torch.tensor([0, 0.5, 0]), "variation-1": torch.ones(3)}
    anchors = torch.tensor([[0.0, 0, 1], [1.0, 2, 3]])
    smile, turn = covered(anchors, directions)
    assert smile.startswith("smile: narrow, 0.5 times what faces usually vary; photos that differ more")
    assert turn == "turn: wide, 4.0 times what faces usually vary."
