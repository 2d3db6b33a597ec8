"""Which tensors a described checkpoint holds, and under which names: dictionaries, TorchScript, NVIDIA's pickles."""

from collections.abc import Iterator

from retoucher.errors import RetoucherError
from retoucher.inert import PERSISTENT, Pairs, Thing, View

MAX_ATTRIBUTES, MAX_DEPTH = 1_000_000, 64  # of modules
NETWORKS = ("g_ema", "g", "d")
"""Dictionaries of tensors inside a checkpoint of rosinality's StyleGAN2: their names go in front."""
MEAN = "latent_avg"
"""A StyleGAN2's mean style, which lies beside its tensors."""
CLAMP = "conv_clamp"
"""The one number of NVIDIA's layers that changes what they compute and is in no tensor."""

Tensors = dict[str, View | float]


def tensors(top: object, where: str) -> Tensors:
    """The tensors of a checkpoint's topmost object by name, and the numbers called `conv_clamp`.

    Of a dictionary those of its `state_dict` (Lightning, OpenMMLab) or `model`, else its own and those of the networks
    in it; of a module those that its `state_dict` would name, attributes joined by dots. Raises RetoucherError naming
    the file `where` when modules are nested too deeply or are too many.
    """
    return _module(top, "", where) if isinstance(top, Thing) else _state(top, where)


def _state(top: object, where: str) -> Tensors:
    if not isinstance(top, Pairs):
        return {}
    inside = next((inner for name in ("state_dict", "model") if isinstance(inner := top.get(name), Pairs)), None)
    found = _views(top if inside is None else inside, "")
    if isinstance(mean := top.get(MEAN), View):
        found.setdefault(MEAN, mean)
    if inside is not None:
        return found
    for name, value in top.items:
        if type(name) is str and name in NETWORKS and isinstance(value, Pairs):
            found |= _views(value, f"{name}.")
        elif type(name) is str and isinstance(value, Thing) and value.what.path == PERSISTENT:
            found |= _module(value, f"{name}.", where)
    return found


def _views(pairs: Pairs, prefix: str) -> Tensors:
    return {prefix + name: value for name, value in pairs.items if type(name) is str and isinstance(value, View)}


def _module(top: Thing, prefix: str, where: str) -> Tensors:
    found: Tensors = {}
    waiting = [(prefix, top, 0)]
    seen = 0
    while waiting:
        prefix, thing, depth = waiting.pop()
        attributes = list(_attributes(thing))
        seen += 1 + len(attributes)
        if depth > MAX_DEPTH or seen > MAX_ATTRIBUTES or len(prefix) > 1000:
            raise RetoucherError(f"{where} was refused because its modules are nested too deeply or are too many.")
        for name, value in attributes:
            if type(name) is not str:
                continue
            if isinstance(value, View) or (name == CLAMP and isinstance(value, float)):
                found[prefix + name] = value
            elif isinstance(value, Thing) and value.what.path.startswith(("__torch__.", PERSISTENT)):
                waiting.append((f"{prefix}{name}.", value, depth + 1))
    return found


def _attributes(thing: Thing) -> Iterator[tuple[object, object]]:
    """A module's tensors and modules by name: TorchScript's are attributes, NVIDIA's lie in three dictionaries."""
    if thing.what.path != PERSISTENT:
        yield from thing.state.items
        return
    for part in ("_parameters", "_buffers", "_modules"):
        if isinstance(inside := thing.state.get(part), Pairs):
            yield from inside.items
    clamp = thing.state.get(CLAMP)
    if isinstance(clamp, int | float) and not isinstance(clamp, bool) and abs(clamp) < 1e9:
        yield CLAMP, float(clamp)
