"""Read a pickle as a description of objects, without making any of them.

A pickle is a small program. `pickle.Unpickler` with a `find_class` of one's own still runs it on real objects: BUILD
writes attributes on whatever `find_class` returned, SETITEM hashes keys that the file made up (two tuples nested
fifty deep take years), PUT with a huge index allocates gigabytes. So the few dozen instructions are carried out here,
on descriptions only: nothing is imported, called, hashed or given attributes, and every instruction adds at most one
small object. Which class or function a file names decides whether it is described at all, see `inert.allowed`.
"""

import math
import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from retoucher.errors import RetoucherError
from retoucher.inert import (
    DICTS,
    FROM_BYTES,
    PERSISTENT,
    STORAGES,
    TENSOR_MAKERS,
    Named,
    Pairs,
    Storage,
    Thing,
    View,
    allowed,
    shown,
)

T = TypeVar("T")
MAX_BYTES = 32 << 20  # a published checkpoint of a thousand tensors needs half a megabyte
MAX_OPCODES = 2_000_000  # about fifty thousand tensors, a few seconds

Unpack = Callable[[bytes], Storage]
"""What describes a storage that lies inside a pickle as bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Pickle:
    """What a pickle describes: the object on top, and every storage that it mentions, by key."""

    top: object
    storages: dict[str, Storage]


def read(file: IO[bytes], where: str, unpack: Unpack | None = None, limit: int = MAX_OPCODES) -> Pickle:
    """The next pickle of a binary file (callers give it `MAX_BYTES` at most), as descriptions.

    Returns plain numbers, texts, bytes, lists and tuples, and Pairs, Thing, Named, Storage and View for the rest.
    `where` is the file's name for messages; `unpack` says what storages written as bytes are, which are refused without
    it; `limit` is the most instructions. Raises RetoucherError naming whatever is not `allowed`, or saying that
    the pickle is damaged.
    """
    machine = _Machine(where, unpack)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of escapes that a damaged text may hold
            for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
                if count >= min(limit, MAX_OPCODES):
                    most = min(limit, MAX_OPCODES)
                    raise RetoucherError(f"{where} was refused because its pickle has over {most:,} instructions.")
                machine.step(opcode.name, argument)
        return Pickle(machine.stack.pop(), machine.storages)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise RetoucherError(f"{where} is damaged or is no checkpoint: its pickle makes no sense.") from error


class _Machine:
    """The pickle machine's stack, marks and memo, and what each instruction does to them."""

    def __init__(self, where: str, unpack: Unpack | None) -> None:
        self.where, self.unpack = where, unpack
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}

    def refuse(self, what: str) -> RetoucherError:
        """The one answer to anything that a file of weights has no need of."""
        return RetoucherError(
            f"{self.where} was refused because it wants to {what}, which no weights need: "
            "get the file from its publisher again."
        )

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def drop(self, value: object) -> None:
        """Forget a value."""

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction."""
        if name in _PUSH:
            self.stack.append(argument)
        elif name in _MEMO:
            self.memo[len(self.memo) if name == "MEMOIZE" else int(argument)] = self.stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[int(argument)])
        elif name in _ACTIONS:
            _ACTIONS[name](self)
        elif name in ("GLOBAL", "INST"):
            module, _, attribute = argument.partition(" ")
            named = self.named(module, attribute)
            self.stack.append(named if name == "GLOBAL" else self.call(named, tuple(self.since_mark())))
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise self.refuse(f"use the pickle instruction {name}")

    def named(self, module: str, attribute: str) -> Named:
        if type(module) is not str or type(attribute) is not str:
            raise TypeError("a name that is no text")
        path = f"{module}.{attribute}"
        if not (allowed(path, module) or (path == FROM_BYTES and self.unpack)):
            raise self.refuse(f"use {shown(module)}.{shown(attribute)}")
        return Named(path)

    def call(self, what: Any, arguments: Any) -> Any:
        """Describe what calling would give: a tensor, a dictionary, or a thing that does nothing."""
        if not isinstance(what, Named):
            raise self.refuse("call something that is not a name")
        if what.path in TENSOR_MAKERS:
            return self.tensor(what.path, arguments)
        if what.path == FROM_BYTES and self.unpack:
            return self.unpack(_only(arguments, bytes))
        if what.path == PERSISTENT:
            return Thing(what, _only((_only(arguments, Pairs).get("state"),), Pairs))
        return Pairs() if what.path in DICTS else Thing(what)

    def tensor(self, maker: str, arguments: Any) -> View:
        if maker == "torch._tensor._rebuild_from_type_v2":  # (maker, class, its arguments, attributes)
            inner, arguments = arguments[0], arguments[2]
            if not isinstance(inner, Named) or inner.path not in TENSOR_MAKERS or inner.path == maker:
                raise self.refuse("make a tensor in an unknown way")
            return self.tensor(inner.path, arguments)
        if maker.startswith("torch._utils._rebuild_parameter"):
            if not isinstance(arguments[0], View):
                raise TypeError("a parameter without a tensor")
            return arguments[0]
        storage, offset, size, stride = arguments[:4]
        if isinstance(size, Thing):
            raise TypeError("a size that is no tuple")
        return _view(storage, offset, size, stride)

    def persistent(self, label: Any) -> Storage:
        """A storage, written as ('storage', type, key, device, length) with None behind it in old files."""
        if not (isinstance(label, tuple) and len(label) in (5, 6) and label[0] == "storage"):
            raise self.refuse("refer to something that is not a storage of numbers")
        kind, key, length = label[1], label[2], label[4]
        if not isinstance(kind, Named) or kind.path not in STORAGES:
            raise self.refuse(f"use a storage of an unknown kind ({shown(getattr(kind, 'path', '?'))})")
        if label[5:] not in ((), (None,)):
            raise self.refuse("use a view of a storage, as only very old files do")
        if type(key) is not str or type(length) is not int or length < 0:
            raise TypeError("a storage without key or length")
        storage = Storage(STORAGES[kind.path], key, length)
        self.storages.setdefault(key, storage)
        return storage

    def set_items(self, target: Any, values: list[Any]) -> None:
        items = target.state.items if isinstance(target, Thing) else target.items  # AttributeError: damaged
        if not isinstance(items, list):
            raise TypeError("items for something that is no dictionary")
        items.extend(zip(values[::2], values[1::2], strict=True))

    def extend(self, target: Any, values: list[Any]) -> None:
        if isinstance(target, list):
            target.extend(values)
        elif not isinstance(target, Thing):  # a thing's elements are of no use to us
            raise TypeError("elements for something that is no list")

    def build(self, target: Any, state: Any) -> None:
        """Give a thing its attributes; an OrderedDict's (torch keeps versions there) are dropped."""
        if isinstance(target, Thing):
            target.state = state if isinstance(state, Pairs) else target.state  # not copied: copies could double
        elif not isinstance(target, Pairs):
            raise self.refuse("change an object after it was made")


def _view(storage: Any, offset: Any, size: Any, stride: Any) -> View:
    """Check that a tensor lies inside its storage and is not larger than it; TypeError or ValueError if not."""
    if not (isinstance(storage, Storage) and isinstance(size, tuple) and isinstance(stride, tuple)):
        raise TypeError("a tensor without storage, size or stride")
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or len(size) > 16 or any(type(n) is not int or not 0 <= n < 2**48 for n in numbers):
        raise ValueError("a tensor of impossible shape")
    count = math.prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if count and (last >= storage.length or count > storage.length):
        raise ValueError("a tensor that reaches outside its storage")
    return View(storage, offset, size, stride)


def _only(arguments: Any, kind: type[T]) -> T:
    """The one argument, which has to be of that kind; ValueError or TypeError if not."""
    (argument,) = arguments
    if not isinstance(argument, kind):
        raise TypeError("an argument of another kind")
    return argument


def _tuple(machine: _Machine, count: int) -> None:
    taken = machine.stack[-count:]
    if len(taken) != count:
        raise IndexError("the stack is empty")
    del machine.stack[-count:]
    machine.stack.append(tuple(taken))


def _dict(machine: _Machine) -> None:
    pairs = Pairs()
    machine.set_items(pairs, machine.since_mark())
    machine.stack.append(pairs)


def _call(machine: _Machine, drop: int = 0) -> None:
    """REDUCE, NEWOBJ and NEWOBJ_EX (which has named arguments on top): the arguments, under them what to call."""
    del machine.stack[len(machine.stack) - drop :]
    arguments = machine.stack.pop()
    machine.stack.append(machine.call(machine.stack.pop(), arguments))


def _obj(machine: _Machine) -> None:
    what, *arguments = machine.since_mark()
    machine.stack.append(machine.call(what, tuple(arguments)))


def _stack_global(machine: _Machine) -> None:
    attribute, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.named(module, attribute))


def _one(change: Callable[[_Machine, Any, list[Any]], None], count: int) -> Callable[[_Machine], None]:
    """An instruction that takes `count` values and changes what lies under them."""

    def act(machine: _Machine) -> None:
        values = [machine.stack.pop() for _ in range(count)][::-1]
        change(machine, machine.stack[-1], values)

    return act


def _many(change: Callable[[_Machine, Any, list[Any]], None]) -> Callable[[_Machine], None]:
    """An instruction that takes everything since the mark and changes what lies under it."""

    def act(machine: _Machine) -> None:
        values = machine.since_mark()
        change(machine, machine.stack[-1], values)

    return act


_PUSH = frozenset(
    {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
    | {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
)
_MEMO = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_ACTIONS: dict[str, Callable[[_Machine], None]] = {
    "NONE": lambda m: m.stack.append(None),
    "NEWTRUE": lambda m: m.stack.append(True),
    "NEWFALSE": lambda m: m.stack.append(False),
    "EMPTY_LIST": lambda m: m.stack.append([]),
    "EMPTY_TUPLE": lambda m: m.stack.append(()),
    "EMPTY_DICT": lambda m: m.stack.append(Pairs()),
    "EMPTY_SET": lambda m: m.stack.append([]),
    "FROZENSET": lambda m: m.stack.append(m.since_mark()),
    "LIST": lambda m: m.stack.append(m.since_mark()),
    "TUPLE": lambda m: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m: _tuple(m, 1),
    "TUPLE2": lambda m: _tuple(m, 2),
    "TUPLE3": lambda m: _tuple(m, 3),
    "DICT": _dict,
    "MARK": lambda m: m.marks.append(len(m.stack)),
    "POP": lambda m: m.drop(m.stack.pop()),
    "POP_MARK": lambda m: m.drop(m.since_mark()),
    "DUP": lambda m: m.stack.append(m.stack[-1]),
    "APPEND": _one(_Machine.extend, 1),
    "APPENDS": _many(_Machine.extend),
    "ADDITEMS": _many(_Machine.extend),
    "SETITEM": _one(_Machine.set_items, 2),
    "SETITEMS": _many(_Machine.set_items),
    "BUILD": _one(lambda m, target, values: m.build(target, values[0]), 1),
    "REDUCE": _call,
    "NEWOBJ": _call,
    "NEWOBJ_EX": lambda m: _call(m, 1),
    "OBJ": _obj,
    "STACK_GLOBAL": _stack_global,
    "BINPERSID": lambda m: m.stack.append(m.persistent(m.stack.pop())),
}
