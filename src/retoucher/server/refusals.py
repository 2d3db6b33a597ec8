"""How the server says no: a status, one plain sentence, and the field it is about."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):  # noqa: N818  (named for what the person reads)
    """A request that is not carried out; becomes `{"detail": …, "field": …}` with that status."""

    def __init__(
        self, status: int, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field, self.headers = status, detail, field, dict(headers or {})


OURS = "Something went wrong inside Retoucher: try again, and report it if it happens again."
"""What is said of an error that should not have happened; no word of it leaves the server."""

MEMORY = "There is not enough memory for this: use a smaller photo or mask, or close other programs."
