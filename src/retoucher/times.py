"""How long work takes, learnt from how long it took."""

from __future__ import annotations

from collections import deque

Pace = tuple[object, ...]
"""What decides how long work takes: what it is, and whatever else makes it quick or slow."""

MOST_TIMES, MOST_PACES = 16, 64
"""Of each pace so many last times are remembered, and of so many paces."""


class Times:
    """The last times of the last paces that were met."""

    def __init__(self) -> None:
        self._times: dict[Pace, deque[float]] = {}

    def note(self, pace: Pace, seconds: float) -> None:
        """Remember how long work of this pace took."""
        times = self._times.pop(pace, None) or deque(maxlen=MOST_TIMES)
        times.append(seconds)
        self._times[pace] = times
        if len(self._times) > MOST_PACES:
            del self._times[next(iter(self._times))]

    def usual(self, pace: Pace, guess: float) -> float:
        """Seconds that work of this pace takes; `guess` where none was met."""
        times = self._times.get(pace)
        return sum(times) / len(times) if times else guess

    def left(self, pace: Pace, spent: float, done: float, guess: float) -> float:
        """Seconds until work is done of which the part `done` took `spent`; `guess`: all of it, where none was met."""
        after, known = max(self.usual(pace, guess) - spent, 0.0), pace in self._times
        if done < (0.1 if known else 0.04):  # too early to tell: the first steps are often not like the rest
            return after
        own = spent / done * (1 - done)
        return done * own + (1 - done) * after if known else own
