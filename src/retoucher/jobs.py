"""How long work reports what it is doing, and how it is stopped."""

from typing import Protocol

from retoucher.errors import RetoucherError


class Cancelled(RetoucherError):  # noqa: N818  (it is no error: the person asked for it)
    """Raised by `tell` inside the work when the person has asked for it to stop."""


class Tell(Protocol):
    """How work says how far it is."""

    def __call__(self, fraction: float, message: str, preview: object | None = None) -> None:
        """Report progress: `fraction` done in [0, 1], what is happening, and perhaps a picture of it.

        May raise `Cancelled`; work therefore calls it often and leaves nothing half done around the call.
        """


def silent(fraction: float, message: str, preview: object | None = None) -> None:
    """A `Tell` that tells nobody."""
