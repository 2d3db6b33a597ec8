"""Recipes as text: every number by its name, changed one by one, and two of them compared.

A recipe is a frozen dataclass whose fields are numbers, words, True or False, None, or such dataclasses again. A field
inside another is named with a dot: `loss.adversarial`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar

from retoucher.errors import UsageError

Recipe = TypeVar("Recipe")
Value = str | int | float | bool | None


def flat(recipe: Any) -> dict[str, Value]:
    """Every number of the recipe by its dotted name."""
    found: dict[str, Value] = {}
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if is_dataclass(value):
            found |= {f"{field.name}.{name}": inner for name, inner in flat(value).items()}
        elif isinstance(value, tuple):
            found |= {f"{field.name}.{i}.{name}": v for i, part in enumerate(value) for name, v in flat(part).items()}
        else:
            found[field.name] = value
    return found


def changed(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with `key=value` for each of the settings; the value must be of the old one's type.

    Raises UsageError for a key that is not there, naming the nearest, and for a value that does not fit.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"'{setting}' sets nothing: write KEY=VALUE, such as learning_rate=0.001.")
        recipe = _with(recipe, key.strip(), key.strip().split("."), text.strip())
    return recipe


def _with(part: Any, key: str, path: Sequence[str], text: str, whole: Any = None) -> Any:
    """The part with the value at `path` replaced by what the text says."""
    whole = part if whole is None else whole
    known = {field.name for field in fields(part)} if is_dataclass(part) else set()
    if isinstance(part, tuple) and path and path[0].isdigit() and int(path[0]) < len(part):
        i = int(path[0])
        return (*part[:i], _with(part[i], key, path[1:], text, whole), *part[i + 1 :])
    if not path or path[0] not in known:
        settable = list(flat(whole))
        near = get_close_matches(key, settable, n=3, cutoff=0.5)
        raise UsageError(
            f"The recipe has no '{key}': {'did you mean ' if near else 'it has '}{' or '.join(near or settable)}?"
        )
    old = getattr(part, path[0])
    inner = is_dataclass(old) or isinstance(old, tuple)
    value = _with(old, key, path[1:], text, whole) if inner else _parsed(key, text, old)
    try:
        return replace(part, **{path[0]: value})
    except ValueError as error:  # a recipe may refuse what makes no sense
        raise UsageError(f"'{key}={text}' does not go: {error}.") from error


def _parsed(key: str, text: str, old: Value) -> Value:
    """The text as a value of the old one's type."""
    try:
        if isinstance(old, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(old, int):
            return int(text)
        return float(text) if isinstance(old, float) else text
    except (ValueError, KeyError):
        kind = "true or false" if isinstance(old, bool) else "a whole number" if isinstance(old, int) else "a number"
        raise UsageError(f"'{text}' is no value for '{key}': give {kind}, such as {old}.") from None


def differences(old: Mapping[str, Value], new: Mapping[str, Value], but: Sequence[str] = ()) -> list[str]:
    """One line for each number in which two recipes differ, those named in `but` left out."""
    keys = [key for key in {**old, **new} if key not in but and old.get(key) != new.get(key)]
    return [f"{key} was {old.get(key)} and is {new.get(key)}" for key in keys]
