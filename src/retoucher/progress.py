"""A progress bar on the terminal, for work that takes more than a second."""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import Any, Self

PATIENCE = 1.0
"""Seconds before a bar appears."""


class Bar:
    """A `Tell` that draws a bar on standard error if that is a terminal and the work is slow. Used in a `with`."""

    def __init__(self, title: str, *, quiet: bool = False, patience: float = PATIENCE) -> None:
        self.title = title
        self.fraction, self.message = 0.0, ""
        self._bar: Any = None
        self._lock = Lock()
        self._timer = Timer(patience, self._show)
        self._timer.daemon = True
        self._wanted = not quiet and sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._wanted:
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._wanted = False
            if self._bar is not None:
                self._bar.stop()

    def __call__(self, fraction: float, message: str, preview: object | None = None) -> None:
        """Say how far the work is: `fraction` in [0, 1]."""
        with self._lock:
            self.fraction, self.message = fraction, message
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=fraction, message=message)

    def _show(self) -> None:
        """Draw the bar as the work stands; runs in the timer's thread."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if not self._wanted:
                return
            columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[message]}")
            self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
            self._bar.add_task(self.title, total=1.0, completed=self.fraction, message=self.message)
            self._bar.start()
