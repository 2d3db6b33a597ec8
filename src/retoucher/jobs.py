"""How long work reports what it is doing, how it is stopped, and one worker that does it piece after piece.

A device does one thing at a time: two networks at once on the same processor are slower than one after the other and
need twice the memory. So there is one `Worker` for a device, with a bounded queue.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from threading import Condition, Thread
from time import monotonic
from typing import Any, Literal, Protocol

from retoucher.errors import RetoucherError
from retoucher.times import Pace, Times


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


def part_of(tell: Tell, start: float, end: float, before: str = "") -> Tell:
    """A `Tell` for a part of the work, which lasts from `start` to `end` of the whole; `before` begins its messages."""

    def told(fraction: float, message: str, preview: object | None = None) -> None:
        seen = () if preview is None else (preview,)
        tell(start + (end - start) * fraction, before + message, *seen)

    return told


Status = Literal["queued", "running", "done", "failed", "cancelled"]
Work = Callable[[Tell], object]
"""What a worker does: it reports to `tell` and returns its result."""

GUESS = 3.0
"""Seconds that a piece of work takes, until one has been measured."""


class Full(RetoucherError):  # noqa: N818  (the person's request was right; it came at a bad moment)
    """The queue takes no more; `seconds` from now there will be room, as far as past work tells."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too much is waiting already: try again in {seconds} seconds.")
        self.seconds = seconds


@dataclass(frozen=True)
class Job:
    """How one piece of work stands, as of the moment it was asked for; never changes afterwards.

    `position`: how many are before it, 0 once it runs. `fraction` in [0, 1]. `seconds_left`: until it is done, None
    where that is unknown or over. `error`: one sentence where it failed. `result`: what the work returned.
    `preview`: the last picture that the work has shown, while it runs, and `previews` how many there were.
    """

    id: str
    kind: str
    status: Status
    position: int = 0
    fraction: float = 0.0
    message: str = ""
    seconds_left: float | None = None
    error: str | None = None
    result: Any = None
    preview: Any = None
    previews: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status not in ("queued", "running")


class _Entry:
    """What the worker itself knows of a job; touched only with its lock held."""

    def __init__(self, kind: str, work: Work, pace: Pace) -> None:
        self.id = secrets.token_hex(16)
        self.kind, self.status, self.pace = kind, "queued", (kind, *pace)
        self.work: Work | None = work
        self.fraction, self.message = 0.0, "waiting"
        self.error: str | None = None
        self.result: object = None
        self.preview: object = None
        self.previews = 0
        self.at = monotonic()  # when it came to its present status


class Worker:
    """One thread that does what is submitted, in order. `limit`: how many may wait beside the one that runs.

    Jobs that are over are forgotten when there are more than `keep`, or `seconds` after they ended. `explain` makes
    the sentence for work that failed.
    """

    def __init__(
        self,
        *,
        limit: int = 16,
        keep: int = 100,
        seconds: float = 3600.0,
        explain: Callable[[Exception], str] = str,
    ) -> None:
        self._limit, self._keep, self._seconds, self._explain = limit, keep, seconds, explain
        self._changed = Condition()
        self._queue: deque[_Entry] = deque()
        self._entries: dict[str, _Entry] = {}
        self._running: _Entry | None = None  # also one that was cancelled and has not noticed yet
        self._times = Times()
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._stopped = False
        self._thread = Thread(target=self._loop, name="retoucher worker", daemon=True)
        self._thread.start()

    def submit(self, kind: str, work: Work, pace: Pace = ()) -> Job:
        """Queue work. Raises Full where the queue takes no more.

        Work of one `kind` and `pace` takes about equally long.
        """
        with self._changed:
            if self._stopped:
                raise RetoucherError("Retoucher is being closed: start it again.")
            if len(self._queue) >= self._limit:
                raise Full(max(1, ceil(self._left(self._running) if self._running else GUESS)))
            entry = _Entry(kind, work, pace)
            self._entries[entry.id] = entry
            self._queue.append(entry)
            self._forget()
            self._changed.notify_all()
            return self._summary(entry)

    def get(self, name: str) -> Job | None:
        """How the job of that id stands; None where there is none, or none any more."""
        with self._changed:
            self._forget()
            entry = self._entries.get(name)
            return self._summary(entry) if entry else None

    def cancel(self, name: str) -> Job | None:
        """Give a job up; None where there is none. One that is over stays as it is.

        It counts as cancelled at once and its result is never seen. Work that runs learns of it at its next `tell`;
        until then the next in the queue waits.
        """
        with self._changed:
            entry = self._entries.get(name)
            if entry is None:
                return None
            if entry.status in ("queued", "running"):
                if entry in self._queue:
                    self._queue.remove(entry)
                self._end(entry, "cancelled")
                self._tell_all()
            return self._summary(entry)

    def wait(self, name: str, timeout: float | None = None) -> Job | None:
        """`get` once the job is over, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over(name), timeout)
        return self.get(name)

    @contextmanager
    def listening(self, name: str, call: Callable[[], None]) -> Iterator[None]:
        """Have `call` called, from any thread, whenever something about the job of that id may have changed."""
        with self._changed:
            self._listeners.setdefault(name, []).append(call)
        try:
            yield
        finally:
            with self._changed:
                self._listeners[name].remove(call)
                if not self._listeners[name]:
                    del self._listeners[name]

    def stop(self, timeout: float | None = None) -> bool:
        """Cancel everything and end the thread; whether it ended within `timeout` seconds."""
        with self._changed:
            self._stopped = True
            for entry in (*self._queue, *([self._running] if self._running else [])):
                if entry.status in ("queued", "running"):
                    self._end(entry, "cancelled")
            self._queue.clear()
            self._tell_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        """Take the next, do it, say how it went; until stopped."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._stopped)
                if self._stopped:
                    return
                entry = self._running = self._queue.popleft()
                entry.status, entry.message, entry.at = "running", "starting", monotonic()
                work, entry.work = entry.work, None
                self._tell_all()
            assert work is not None
            self._do(entry, work)
            del work  # what it holds (a photo, a mask) is free while the thread waits

    def _do(self, entry: _Entry, work: Work) -> None:
        """Do one piece of work and note the outcome, unless it was cancelled meanwhile."""
        result, error = None, None
        try:
            result = work(self._tell_for(entry))
        except Cancelled:
            pass  # only `tell` raises it, and only where the status says so already
        except Exception as raised:
            error = self._explain(raised)
        with self._changed:
            self._running = None
            if entry.status == "running":
                if error is None:
                    self._times.note(entry.pace, monotonic() - entry.at)
                    entry.fraction = 1.0
                entry.error, entry.result = error, result
                self._end(entry, "done" if error is None else "failed")
            self._tell_all()

    def _tell_for(self, entry: _Entry) -> Tell:
        """How this piece of work reports, and learns that it is no longer wanted."""

        def tell(fraction: float, message: str, preview: object | None = None) -> None:
            with self._changed:
                if entry.status != "running":
                    raise Cancelled("Cancelled: nothing was changed.")
                # never backwards: a bar that jumps back makes people think that something broke
                entry.fraction, entry.message = max(entry.fraction, min(max(fraction, 0.0), 1.0)), message
                if preview is not None:
                    entry.preview, entry.previews = preview, entry.previews + 1
                self._call(entry.id)

        return tell

    def _end(self, entry: _Entry, status: Status) -> None:
        entry.status, entry.at, entry.work = status, monotonic(), None
        entry.message, entry.preview = status, None
        self._entries[entry.id] = self._entries.pop(entry.id)  # in the order in which they ended

    def _tell_all(self) -> None:
        """Wake who waits; positions in the queue may have changed for everybody."""
        self._changed.notify_all()
        for name in list(self._listeners):
            self._call(name)

    def _call(self, name: str) -> None:
        for call in self._listeners.get(name, ()):
            call()

    def _is_over(self, name: str) -> bool:
        entry = self._entries.get(name)
        return entry is None or entry.status not in ("queued", "running")

    def _forget(self) -> None:
        """Drop the oldest of those that are over: too many, or too long ago."""
        over = [entry for entry in self._entries.values() if entry.status not in ("queued", "running")]
        late = monotonic() - self._seconds
        for place, entry in enumerate(over):
            if place < len(over) - self._keep or entry.at < late:
                del self._entries[entry.id]

    def _summary(self, entry: _Entry) -> Job:
        status: Any = entry.status
        before = [each for each in ([self._running] if self._running else []) if each is not entry]
        position = len(before) + self._queue.index(entry) if status == "queued" else 0
        left = None if self._is_over(entry.id) else self._left(entry)
        if left is not None and status == "queued":
            left += sum(map(self._left, before)) + sum(
                self._left(each) for each in list(self._queue)[: self._queue.index(entry)]
            )
        return Job(
            entry.id,
            entry.kind,
            status,
            position,
            entry.fraction,
            entry.message,
            left,
            entry.error,
            entry.result,
            entry.preview,
            entry.previews,
        )

    def _left(self, entry: _Entry) -> float:
        """Seconds until this work is done once it runs: by its own progress, else by what its kind usually takes."""
        if entry.status == "running":
            return self._times.left(entry.pace, monotonic() - entry.at, entry.fraction, GUESS)
        return self._times.usual(entry.pace, GUESS) if entry.status == "queued" else 0.0
