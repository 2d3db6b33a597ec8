"""Persons: changes of low rank, tuning that resumes to the same numbers, anchors, and searches in their space."""

import pytest
import torch

from people import WIDTH, numbers, pictures, tiny_base, tiny_look, tiny_person
from retoucher.errors import RetoucherError
from retoucher.models.mystyle import space, tune
from retoucher.models.mystyle.degrade import FewPixels, Hole, Nothing, blurred, smaller
from retoucher.models.mystyle.deltas import Deltas, apply, of_tensors
from retoucher.models.mystyle.invert import Plan as InvertPlan
from retoucher.models.mystyle.invert import anchors
from retoucher.models.mystyle.look import unlikeness
from retoucher.models.mystyle.person import ANCHORS, from_published, tuned
from retoucher.models.mystyle.search import PUBLISHED, Plan, beginning, search


@pytest.mark.parametrize("rank", [0, 2, 5])
def test_changes_are_nothing_at_first_and_come_back_from_their_tensors(rank):
    synthesis = tiny_base().core.synthesis
    deltas = Deltas(synthesis, rank)
    before = numbers(synthesis)
    apply(synthesis, deltas)
    assert torch.equal(numbers(synthesis), before)
    for parameter in deltas.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    again = of_tensors(synthesis, deltas.tensors())
    assert again.rank == rank
    changed = deltas(synthesis)
    assert all(torch.equal(value, changed[name]) for name, value in again(synthesis).items())
    apply(synthesis, again)
    assert all(torch.equal(value, changed[name]) for name, value in synthesis.named_parameters())


def test_changes_have_the_rank_and_the_size_that_is_said():
    synthesis = tiny_base().core.synthesis
    deltas = Deltas(synthesis, 2)
    for parameter in deltas.parameters():
        torch.nn.init.normal_(parameter)
    name = "b16.conv1.weight"
    change = (deltas(synthesis)[name] - synthesis.get_parameter(name)).flatten(1)
    assert int(torch.linalg.matrix_rank(change, atol=1e-3)) == 2
    assert sum(tensor.numel() for tensor in deltas.tensors().values()) < 0.7 * numbers(synthesis).numel()
    with pytest.raises(RetoucherError, match="another base"):
        of_tensors(tiny_base(side=64).core.synthesis, deltas.tensors())


def _tuning(plan, seed=0):
    base, look = tiny_base(seed), tiny_look()
    torch.manual_seed(3)
    styles = torch.randn(6, WIDTH)
    photos = pictures(tiny_base(seed + 9), styles).clamp(-1, 1)
    return tune.Tuning(base.core.synthesis, photos, styles, look, plan)


def test_tuning_learns_the_photos_of_its_anchors():
    tuning = _tuning(tune.Plan(passes=12, batch=3, rate=0.04, rank=4, least=0))
    first = tuning.take()
    losses = [first]
    tuning.run(lambda step, total, loss: losses.append(loss) or False)
    assert tuning.step == tuning.total == 24
    assert min(losses[-4:]) < 0.7 * first


@pytest.mark.parametrize(
    "plan", [tune.Plan(passes=4, batch=4, rank=3, least=0), tune.Plan(passes=3, batch=1, rank=0, least=0)]
)
def test_tuning_resumes_to_the_same_numbers(plan):
    whole = _tuning(plan)
    whole.run(lambda step, total, loss: False)
    half = _tuning(plan)
    half.run(lambda step, total, loss: step == 3)
    assert half.step == 3
    kept = {name: tensor.clone() for name, tensor in half.tensors().items()}
    again = _tuning(plan)
    again.resume(kept)
    assert tune.plan_of(kept) == plan
    again.run(lambda step, total, loss: False)
    assert all(torch.equal(tensor, again.deltas.tensors()[name]) for name, tensor in whole.deltas.tensors().items())
    with pytest.raises(RetoucherError, match="begin anew"):
        again.resume({name: tensor for name, tensor in kept.items() if name != "total"})


def test_the_published_tuning_takes_photos_in_their_order_at_full_size():
    tuning = _tuning(tune.PUBLISHED)
    assert tuning.total == 6000
    assert [int(tuning._rows()) for tuning.step in range(7)] == [0, 1, 2, 3, 4, 5, 0]
    tuning.step = 0
    made = pictures(tiny_base(), tuning.anchors[:1])
    wanted = float(
        tuning.look((made + 1) / 2, (tuning.photos[:1] + 1) / 2) + (made - tuning.photos[:1]).square().mean()
    )
    assert tuning.take() == pytest.approx(wanted, rel=1e-4)
    # Adam's first step is as long as its rate for whatever has a slope
    moved = max(float(tensor.abs().max()) for tensor in tuning.deltas.tensors().values())
    assert moved == pytest.approx(3e-4, rel=1e-3)


def test_a_loss_that_is_no_number_stops_tuning_with_a_sentence():
    tuning = _tuning(tune.Plan(passes=2, least=9))
    tuning.photos[0] = float("nan")
    with pytest.raises(RetoucherError, match="no number"):
        tuning.run(lambda step, total, loss: False)


@pytest.mark.parametrize("encoder", [True, False])
def test_anchors_come_nearer_to_the_photos(encoder):
    base, look = tiny_base(encoder=encoder), tiny_look()
    torch.manual_seed(5)
    photos = pictures(base, torch.randn(5, WIDTH))
    told = []
    plan = InvertPlan(steps=15, far=15, batch=3, rate=0.2, pull=0)
    found = anchors(base, photos, look, plan, lambda done, of: told.append((done, of)))
    start = base.encode((photos + 1) / 2) if encoder else base.core.mapping.w_avg.expand(5, -1)
    assert told == [(3, 5), (5, 5)]
    before, after = (unlikeness(look, pictures(base, styles), photos) for styles in (start, found))
    assert float(after.mean()) < 0.7 * float(before.mean())


def test_a_person_is_its_base_changed_and_the_base_stays():
    base = tiny_base()
    before = numbers(base)
    person = tiny_person(base=base)
    assert torch.equal(numbers(base), before)
    assert not torch.equal(numbers(person.base), before)
    styles = person.anchors[:2, None].expand(-1, person.synthesis.rows, -1)
    picture = person(styles)
    assert picture.shape == (2, 3, 32, 32)
    assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
    assert person.beta == pytest.approx(2 / 6)
    assert person.contributors(torch.tensor([[0.1, 0.6, 0.0, 0.3, -0.2, 0.2]]), 2) == ("1.jpg", "3.jpg")
    with pytest.raises(RetoucherError, match="another base"):
        tuned(base, {ANCHORS: torch.zeros(3, WIDTH + 1)}, ["a", "b", "c"])
    with pytest.raises(RetoucherError, match="damaged"):
        tuned(base, {ANCHORS: torch.zeros(3, WIDTH), **_deltas_of(base)}, ["a"])


def _deltas_of(base):
    return {f"deltas.{name}": tensor for name, tensor in Deltas(base.core.synthesis, 3).tensors().items()}


def test_a_published_person_is_a_synthesis_with_anchors_for_all_rows():
    base = tiny_base()
    tensors = {
        n.removeprefix("core.synthesis."): t for n, t in base.state_dict().items() if n.startswith("core.synthesis.")
    }
    styles = torch.randn(4, WIDTH)
    person = from_published(tensors, styles[:, None, None].expand(-1, 1, 8, -1), list("abcd"))
    rows = styles[:, None].expand(-1, 8, -1)
    assert torch.equal(person.anchors, styles)
    assert torch.allclose(person(rows), base(rows), atol=1e-6)
    with pytest.raises(RetoucherError, match="one for all rows"):
        from_published(tensors, torch.randn(4, 8, WIDTH), list("abcd"))


PLAN = Plan(steps=30, rate=0.08)


def test_a_search_finds_a_face_of_the_space_again():
    person, look = tiny_person(), tiny_look()
    truth = torch.tensor([0.5, 0.2, 0.1, 0.1, 0.05, 0.05]) @ person.anchors
    with torch.no_grad():
        target = person.synthesis(truth.expand(1, person.synthesis.rows, -1), "const")
    found = search(person.synthesis, person.anchors, Nothing(target), look, person.beta, PLAN)
    assert found.styles.shape == (1, 8, WIDTH)
    assert torch.allclose(found.coefficients.sum(1), torch.ones(8), atol=1e-5)
    assert float(found.coefficients.min()) >= -person.beta / 0.5
    mean = person.anchors.mean(0)
    assert float((found.styles[0] - truth).norm(dim=1).mean()) < 0.6 * float((mean - truth).norm())
    again = search(person.synthesis, person.anchors, Nothing(target), look, person.beta, PLAN)
    assert torch.equal(again.styles, found.styles)


def test_without_plus_all_rows_are_alike_and_beginnings_are_near():
    person, look = tiny_person(), tiny_look()
    target = pictures(person.base, person.anchors[2:3])
    near = beginning(person.anchors[2], person.anchors, 0.0)
    assert torch.allclose(near @ person.anchors, person.anchors[2], atol=1e-2)
    found = search(person.synthesis, person.anchors, Nothing(target), look, 0.1, Plan(steps=4, plus=False), near)
    assert torch.equal(found.styles[0], found.styles[0, :1].expand(8, -1))
    assert float((found.styles[0, 0] - person.anchors[2]).norm()) < 1.0


def test_what_lies_in_a_hole_is_never_looked_at():
    person, look = tiny_person(), tiny_look()
    torch.manual_seed(7)
    target, known = torch.rand(1, 3, 32, 32) * 2 - 1, torch.ones(1, 1, 32, 32)
    known[..., 8:20, 5:30] = 0
    other = torch.where(known > 0, target, torch.rand(1, 3, 32, 32))
    plan = Plan(steps=5)
    one, two = (
        search(person.synthesis, person.anchors, Hole(each, known), look, 0.2, plan) for each in (target, other)
    )
    assert torch.equal(one.styles, two.styles)
    assert one.losses == two.losses


def test_degradations_treat_what_was_made_as_what_was_seen():
    torch.manual_seed(2)
    picture, known = torch.rand(1, 3, 32, 32), (torch.rand(1, 1, 32, 32) > 0.3).float()
    assert torch.equal(Nothing(picture)(picture), Nothing(picture).wanted(32))
    hole = Hole(picture, known)
    assert torch.equal(hole(picture), hole.wanted(32))
    few = FewPixels(smaller(picture, 8))
    assert torch.equal(few(picture), few.wanted(32))
    assert few(picture).shape[-1] == 8
    assert few.wanted(4).shape[-1] == few(smaller(picture, 4)).shape[-1] == 4
    odd = FewPixels(torch.rand(1, 3, 11, 11))
    assert odd(picture).shape == odd.wanted(32).shape == (1, 3, 11, 11)
    flat = torch.full((1, 3, 9, 9), 0.25)
    assert torch.allclose(blurred(flat, 1.3), flat, atol=1e-6)


def test_plans_go_from_coarse_to_fine_and_the_published_one_does_not():
    assert [Plan(steps=10).size(step, 256) for step in (0, 3, 4, 6, 9)] == [64, 64, 128, 128, 256]
    assert [Plan(steps=10).size(step, 64) for step in (0, 9)] == [32, 64]
    assert {PUBLISHED.size(step, 1024) for step in range(1000)} == {1024}
    assert {PUBLISHED.rate_at(step) for step in range(1000)} == {5e-3}
    assert (PUBLISHED.steps, space.PUBLISHED_BETA) == (1000, 0.03)


def test_a_photo_is_learnt_at_test_time_and_the_person_stays():
    person, look = tiny_person(), tiny_look()
    torch.manual_seed(0)
    target = pictures(tiny_base(4), person.anchors[:1])
    styles = person.anchors[:1, None].expand(-1, person.synthesis.rows, -1)
    before = numbers(person)
    steps = []
    synthesis = tune.learnt(person.synthesis, Nothing(target), styles, look, 12, steps.append)
    assert steps == list(range(1, 13))
    assert torch.equal(numbers(person), before)
    with torch.no_grad():
        far, near = (float(unlikeness(look, s(styles, "const"), target)) for s in (person.synthesis, synthesis))
    assert near < 0.8 * far
