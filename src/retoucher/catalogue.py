"""Every network that Retoucher knows, in one table, and `load`, which makes one ready to use."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retoucher import checkpoint, weights
from retoucher.errors import UsageError
from retoucher.face_entries import FACE_ENTRIES
from retoucher.feature_entries import FEATURE_ENTRIES
from retoucher.inpainting_entries import LAMA_ENTRIES, PARTIALCONV_ENTRIES
from retoucher.shipped_entries import SHIPPED_ENTRIES
from retoucher.stylegan2_entries import STYLEGAN2_ENTRIES
from retoucher.weights import Copy, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from retoucher.persons import Record

ENTRIES: tuple[Weights, ...] = (  # the best of each method first
    *LAMA_ENTRIES,
    *PARTIALCONV_ENTRIES,
    *SHIPPED_ENTRIES,
    *FACE_ENTRIES,
    *STYLEGAN2_ENTRIES,
    *FEATURE_ENTRIES,
)
METHODS = ("lama", "partialconv", "exemplar")
"""What `auto` tries, best first; networks only where weights are that are better than content-aware fill, as far as it
was measured (docs/evaluation.md, docs/decisions.md)."""

REDRAWING = "scfegan"
"""The method that draws faces after lines and colours; no kind of filling, so `auto` does not know it."""

PERSON, LOOK = "person:", "look"
"""What names of persons begin with, and what faces are compared with while one is searched."""
LPIPS, BACKBONES = "lpips", {"alex": "alexnet", "vgg": "vgg16"}
"""The linear layers that make LPIPS of a backbone, and the backbones by the names that those give them."""
HARMONIZATION, WITH_VGG = "harmonization", "harmonization-vgg19"
"""Painterly harmonization with the best features that are here, and with the genuine VGG-19's."""


def entry(name: str) -> Weights:
    """The entry of that name; UsageError with the nearest names when there is none."""
    for known in ENTRIES:
        if known.name == name:
            return known
    raise _unknown(name, [known.name for known in ENTRIES])


def present(method: str) -> list[Weights]:
    """The entries of one method whose weights are on this machine, best first (none for a method without weights)."""
    return [known for known in ENTRIES if known.method == method and weights.find(known)]


def best(method: str, *, unasked: bool = False) -> Copy | None:
    """The copy on this machine that one method uses when none is asked for by name.

    `unasked`: not even the method was named, so only what is good enough for `auto` counts.
    """
    usual = (known for known in ENTRIES if known.method == method and not known.by_name_only)
    usual = (known for known in usual if known.in_auto or not unasked)
    return next((copy for known in usual if (copy := weights.find(known))), None)


def load(name: str = "auto", device: str | None = None) -> Any:
    """A model ready to use: on its device, in eval mode, with the entry's name (or None) as `weights_name`.

    `name` is a method ("lama", "exemplar", "grabcut" …), an entry ("big-lama"), or "auto": the first of `METHODS`
    that can run. `device` is what `retoucher.device.choose` takes, None its default. The last two networks stay in
    memory. Raises UsageError for an unknown name or absent weights, saying what to do; RetoucherError when a file is
    damaged.
    """
    if name == "auto":
        name = next(method for method in METHODS if method == "exemplar" or best(method, unasked=True))
    if name == "exemplar":
        return _exemplar()
    if name == "grabcut":
        return _grabcut()
    if name in (HARMONIZATION, WITH_VGG):
        return _harmonization(name, device)
    if name == LOOK:
        return _look(device)
    if name.startswith(PERSON):
        return _person(name.removeprefix(PERSON), device)
    if name in (*METHODS, REDRAWING):
        copy = best(name)
        wanted = next(known.name for known in ENTRIES if known.method == name)
    elif name in {known.name for known in ENTRIES}:
        copy, wanted = weights.find(entry(name)), name
    else:
        raise _unknown(
            name, ["auto", *METHODS, *(known.name for known in ENTRIES), REDRAWING, "grabcut", HARMONIZATION]
        )
    if copy is None:
        raise _absent(name, entry(wanted), _INSTEAD.get(name, _INSTEAD[""]))
    return _ready(copy, _state(copy), device)


@lru_cache(maxsize=2)
def _ready(copy: Copy, state: tuple[Path, int, int] | None, device: str | None) -> "nn.Module":
    """Read, build and place a network; kept while its file's `state` (path, size, time of change) is the same."""
    from retoucher.device import choose

    model = weights.build(copy.entry, weights.load_tensors(copy), copy.path.name)
    model = model.to(choose(device or "auto")).eval()
    if copy.entry.faster:
        model = weights.resolve(copy.entry.faster)(model)
    # plain attributes, not submodules
    model.weights_name, model.sha256 = copy.entry.name, copy.sha256  # type: ignore[assignment]
    model.template = copy.entry.template  # type: ignore[assignment]
    return model


def _exemplar() -> Any:
    from retoucher.models.exemplar import Exemplar

    model: Any = Exemplar()
    model.weights_name = None
    return model


def _grabcut() -> Any:
    from retoucher.models.grabcut import GrabCut

    return GrabCut()


def _harmonization(name: str, device: str | None) -> Any:
    """Harmonization with VGG-19's features where they were added, else with our own."""
    copy = weights.find(entry("vgg19"))
    if copy is None:
        if name == WITH_VGG:
            raise _absent("vgg19", entry("vgg19"), "leave --weights out: our own features come with Retoucher")
        return load("features-small", device)
    deep = weights.find(entry("vgg19-compressed")) or weights.find(entry("features-small"))
    return _with_vgg19(copy, deep, (_state(copy), _state(deep)), device)


@lru_cache(maxsize=1)
def _with_vgg19(vgg: Copy, deep: Copy | None, state: object, device: str | None) -> Any:
    """Read and build; kept while the files' `state` is the same. The deep layers may come from a second network."""
    from retoucher.device import choose
    from retoucher.models.harmonization.weights import with_vgg19

    beyond = weights.build(deep.entry, weights.load_tensors(deep), deep.path.name) if deep else None
    model = with_vgg19(weights.load_tensors(vgg), getattr(beyond, "features", beyond))
    model.weights_name = vgg.entry.name
    return model.to(choose(device or "auto"))


def _look(device: str | None) -> Any:
    """What searches compare pictures with: LPIPS where it was added with a backbone of its, else our own features."""
    from retoucher.models.mystyle.look import FeatureLook

    if (linear := weights.find(entry(LPIPS))) and (backbones := _backbones(weights.load_tensors(linear))):
        return _lpips(linear, backbones[0], (_state(linear), _state(backbones[0])), device)
    look = FeatureLook(load("features-small", device).features).eval()
    look.weights_name = "features-small"  # type: ignore[assignment]  # a plain attribute, not a submodule
    return look


def _backbones(linear: "Mapping[str, Tensor]") -> list[Copy]:
    """Networks that are here and that linear layers are for, AlexNet first, as published."""
    from retoucher.models.common.lpips import kinds

    names = [BACKBONES[kind] for kind in sorted(kinds(linear))]
    return [copy for name in names if (copy := weights.find(entry(name)))]


@lru_cache(maxsize=1)
def _lpips(linear: Copy, backbone: Copy, state: object, device: str | None) -> Any:
    """Read and build; kept while the files' `state` is the same."""
    from retoucher.device import choose
    from retoucher.models.common.lpips import from_published

    look = from_published(weights.load_tensors(backbone) | weights.load_tensors(linear))
    look.weights_name = LPIPS  # type: ignore[assignment]
    return look.to(choose(device or "auto"))


def _person(name: str, device: str | None) -> Any:
    """A person that was made here, tuned from its base; UsageError where that base is gone or is another now."""
    from retoucher import persons

    known = persons.record(name)
    copy = weights.find(entry(known.base))
    if copy is None:
        raise UsageError(f"{name} was made with the base {known.base}, which is not here: add it again.")
    if copy.sha256 != known.base_sha256:
        raise UsageError(f"{name} was made with another {known.base} than is here now: make the person anew.")
    path = persons.folder(name) / persons.TENSORS
    if not path.is_file():
        raise UsageError(f"{name} is not finished: `retoucher person create {name} --resume` goes on.")
    stat = path.stat()
    return _tuned(known, copy, (path, stat.st_size, stat.st_mtime_ns), device)


@lru_cache(maxsize=2)
def _tuned(known: "Record", copy: Copy, state: tuple[Path, int, int], device: str | None) -> Any:
    """Read and build a person; kept while the file's `state` is the same."""
    from retoucher.device import choose
    from retoucher.models.mystyle.person import tuned

    base = weights.build(copy.entry, weights.load_tensors(copy), copy.path.name)
    tensors = {name: tensor.float() for name, tensor in checkpoint.read(state[0]).items()}
    person = tuned(base, tensors, known.used).to(choose(device or "auto"))  # type: ignore[arg-type]
    person.weights_name, person.template = f"{PERSON}{known.name} on {known.base}", known.template  # type: ignore[assignment]
    return person


def forget_persons() -> None:
    """Let go of the persons that are kept ready: once one is deleted, nothing of it stays in memory either."""
    _tuned.cache_clear()


def _state(copy: Copy | None) -> tuple[Path, int, int] | None:
    """What tells whether a file is still the same: path, size, time of change."""
    if copy is None:
        return None
    stat = copy.path.stat()
    return copy.path, stat.st_size, stat.st_mtime_ns


_INSTEAD = {
    "": "use --model exemplar, which needs none",
    REDRAWING: "ask for one that you added by its name (--weights scfegan-released)",
    "scfegan-released": "leave --weights out: our own network comes with Retoucher",
    **{known.name: "name another base" for known in STYLEGAN2_ENTRIES},
}
"""What else to do where the weights that were asked for are absent."""


def _absent(asked: str, wanted: Weights, instead: str) -> UsageError:
    how = f"`retoucher weights add {wanted.name} FILE`"
    if weights.pullable(wanted):
        how = f"`retoucher weights pull {wanted.name}` or {how}"
    return UsageError(f"No weights for {asked} are here: run {how}, or {instead}.")


def _unknown(name: str, known: list[str]) -> UsageError:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return UsageError(f"There is no {name!r}: {'did you mean ' if near else 'choose '}{' or '.join(near or known)}?")


def markdown() -> str:
    """The text of docs/weights.md, made from the table (a test keeps the file current)."""
    return "\n".join([_INTRODUCTION, *map(_section, ENTRIES)])


_INTRODUCTION = """# Networks' weights

Made from `retoucher.catalogue`; change it there. `retoucher weights list` shows what is on this machine, `pull NAME`
downloads (after showing the licence), `add NAME FILE` takes a file that you have, `verify` hashes everything again.

Nothing in a file of weights can run code: checkpoints that are pickles are only described, never carried out, and a
file that asks for anything that weights do not need is refused, with the name of what it asked for. Converted once,
networks are kept as safetensors in the system's folder for program data, or in `$RETOUCHER_HOME`.
"""


def _section(known: Weights) -> str:
    """One entry of the document."""
    head = "| file | format | bytes | sha256 | pull |\n|---|---|---|---|---|\n"
    rows = (
        f"| {f'[{file.name}]({file.url})' if file.url else file.name} | {file.format} "
        f"| {f'{file.size:,}' if file.size else 'unknown'} | {f'`{file.sha256}`' if file.sha256 else 'unknown'} "
        f"| {'yes' if file.pullable else 'no: add'} |\n"
        for file in known.files
    )
    shipped = (
        f"| {known.shipped.name} | comes with Retoucher | {known.shipped.size:,} | `{known.shipped.sha256}` | – |\n"
        if known.shipped
        else ""
    )
    facts = {
        "Method": f"{known.method}; {known.parameters:,} parameters" if known.parameters else known.method,
        "Paper": known.paper,
        "By": known.attribution,
        "Licence": known.licence,
        "Commercial use": known.commercial,
    }
    lines = "".join(f"- {what}: {text}\n" for what, text in facts.items())
    prose = f"{known.terms} {known.notes}".rstrip()
    return f"## {known.name}\n\n{known.title}.\n\n{lines}\n{prose}\n\n{head}{shipped}{''.join(rows)}"
