"""What a pickle may mention, and the lifeless descriptions that we make of it.

Nothing here is ever imported, called or looked up by name: a `Thing` only remembers what it would have been.
"""

from dataclasses import dataclass, field

TENSOR_MAKERS = frozenset(
    f"torch._utils.{name}"
    for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter", "_rebuild_parameter_with_state")
) | {"torch._tensor._rebuild_from_type_v2"}
STORAGES = {
    f"torch.{name}Storage": dtype
    for name, dtype in {
        "Float": "float32",
        "Double": "float64",
        "Half": "float16",
        "BFloat16": "bfloat16",
        "Long": "int64",
        "Int": "int32",
        "Short": "int16",
        "Char": "int8",
        "Byte": "uint8",
        "Bool": "bool",
    }.items()
}
SIZES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1}
SIZES |= {"uint8": 1, "bool": 1}
"""Bytes of a number."""
PERSISTENT = "torch_utils.persistence._reconstruct_persistent_obj"
"""What makes a module of NVIDIA's pickles; the source code that comes with it is left alone."""
FROM_BYTES = "torch.storage._load_from_bytes"
"""What makes a storage of a plain pickle from bytes."""
_BUILTIN = {
    "set",
    "frozenset",
    "list",
    "tuple",
    "int",
    "float",
    "str",
    "bool",
    "bytes",
    "bytearray",
    "complex",
    "object",
}
_MODULES = ("builtins", "__builtin__")  # Python 3, Python 2
DICTS = frozenset({"collections.OrderedDict", "dnnlib.util.EasyDict"} | {f"{module}.dict" for module in _MODULES})

# What real checkpoints mention beside their tensors; each becomes a `Thing`, which never does anything.
INERT = frozenset(
    {f"{module}.{name}" for module in _MODULES for name in _BUILTIN}
    | {f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar", "_reconstruct")}
    | {f"torch.{name}" for name in (*STORAGES.values(), "Size", "device", "Tensor", "nn.parameter.Parameter")}
    | {"collections.defaultdict", "collections.Counter", "collections.deque", "copyreg._reconstructor"}
    | {"numpy.dtype", "numpy.ndarray", "_codecs.encode", PERSISTENT}
)
NAMESPACES = frozenset(
    {"pytorch_lightning", "lightning", "lightning_fabric", "omegaconf", "saicinpainting", "typing", "argparse"}
    | {"pathlib", "__torch__"}
)
LONGER_NAMESPACES = ("torch.optim.", "torch.jit._pickle.")


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A class or function that the file mentions, by its full name; never looked up."""

    path: str


@dataclass(slots=True, eq=False)
class Pairs:
    """A dictionary as the list of its pairs, in order: nothing is hashed, so no key can do harm."""

    items: list[tuple[object, object]] = field(default_factory=list)

    def get(self, key: str) -> object:
        """The last value under that text, or None."""
        return next((value for name, value in reversed(self.items) if type(name) is str and name == key), None)


@dataclass(slots=True, eq=False)
class Thing:
    """An object that we do not make: what it would be, and the state it would get."""

    what: Named
    state: Pairs = field(default_factory=Pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """A run of numbers kept elsewhere in the file: `length` elements of `dtype` under `key`."""

    dtype: str
    key: str
    length: int


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A tensor: where in its storage it lies (in elements) and how it is laid out; checked to stay inside."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def allowed(path: str, module: str) -> bool:
    """Whether a full name may be described: the makers of tensors and the short lists above, nothing else."""
    known = path in TENSOR_MAKERS or path in STORAGES or path in DICTS or path in INERT
    plain = "." not in path[len(module) + 1 :]  # protocol 4 names attributes of attributes, a way to reach anything
    return known or (plain and (module.split(".")[0] in NAMESPACES or path.startswith(LONGER_NAMESPACES)))


def shown(text: object, length: int = 80) -> str:
    """A name out of an untrusted file, fit for a message: one line of at most `length` plain characters."""
    return ascii(str(text)[:length])[1:-1] + ("…" if len(str(text)) > length else "")
