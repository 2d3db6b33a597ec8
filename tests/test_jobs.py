import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from threading import Event, Lock

import pytest

from retoucher import jobs
from retoucher.errors import RetoucherError
from retoucher.jobs import Cancelled, Full, Worker, silent

SOON = 10  # seconds after which a test gives up; nothing here takes that long


@pytest.fixture
def worker():
    made = Worker(limit=20)
    yield made
    assert made.stop(SOON)


class Held:
    """Work that waits to be let go, reporting when it begins and at the end."""

    def __init__(self, value=None):
        self.begun, self.go, self.value, self.ended = Event(), Event(), value, False

    def __call__(self, tell):
        tell(0.25, "begun")
        self.begun.set()
        assert self.go.wait(SOON)
        tell(0.75, "nearly")
        self.ended = True
        return self.value


def begun(worker, work=None):
    work = work or Held()
    job = worker.submit("held", work)
    assert work.begun.wait(SOON)
    return job, work


def test_twenty_at_once_each_get_their_own_result_and_never_two_run_together(worker):
    inside, most, lock = 0, 0, Lock()

    def work_of(number):
        def work(tell):
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            for step in range(20):
                tell(step / 20, "working")
            with lock:
                inside -= 1
            return number * number

        return work

    first, held = begun(worker)
    with ThreadPoolExecutor(20) as pool:
        names = list(pool.map(lambda number: worker.submit("square", work_of(number)).id, range(20)))
    held.go.set()
    assert [worker.wait(name, SOON).result for name in names] == [number * number for number in range(20)]
    assert most == 1
    assert len({first.id, *names}) == 21


def test_the_queue_is_bounded_and_says_when_to_come_back():
    worker = Worker(limit=2)
    _, held = begun(worker)
    assert [worker.submit("one", silent_work).position for _ in range(2)] == [1, 2]
    with pytest.raises(Full, match=r"again in \d+ seconds") as raised:
        worker.submit("one", silent_work)
    assert 1 <= raised.value.seconds <= 4
    held.go.set()
    assert worker.stop(SOON)


def silent_work(tell):
    return None


def test_what_waits_is_cancelled_at_once_and_never_runs(worker):
    _, held = begun(worker)
    waiting, ran = Event(), []
    job = worker.submit("one", lambda tell: ran.append(1))
    behind = worker.submit("one", lambda tell: waiting.set())
    assert worker.cancel(job.id).status == "cancelled"
    assert worker.get(behind.id).position == 1
    held.go.set()
    assert waiting.wait(SOON)
    assert ran == []
    assert worker.get(job.id).status == "cancelled"


def test_what_runs_counts_as_cancelled_at_once_and_stops_at_its_next_report(worker):
    job, held = begun(worker, Held("result"))
    assert worker.cancel(job.id).status == "cancelled"
    held.go.set()
    after = worker.wait(worker.submit("next", lambda tell: 7).id, SOON)
    assert after.result == 7
    assert not held.ended
    assert (worker.get(job.id).status, worker.get(job.id).result) == ("cancelled", None)


def test_a_result_that_comes_after_the_cancelling_is_never_seen(worker):
    started, go = Event(), Event()

    def deaf(tell):
        started.set()
        assert go.wait(SOON)
        return "too late"

    job = worker.submit("deaf", deaf)
    assert started.wait(SOON)
    worker.cancel(job.id)
    go.set()
    worker.wait(worker.submit("next", silent_work).id, SOON)
    assert (worker.get(job.id).status, worker.get(job.id).result) == ("cancelled", None)


def test_cancelling_what_is_over_changes_nothing(worker):
    job = worker.wait(worker.submit("one", lambda tell: 3).id, SOON)
    assert worker.cancel(job.id) == job
    assert worker.cancel("unknown") is None
    assert worker.get("unknown") is None


def test_a_failure_is_one_sentence_and_the_next_job_runs():
    worker = Worker(explain=lambda error: f"No: {error}")

    def failing(tell):
        raise ValueError("it is broken")

    job = worker.wait(worker.submit("one", failing).id, SOON)
    assert (job.status, job.error, job.result) == ("failed", "No: it is broken", None)
    assert worker.wait(worker.submit("one", lambda tell: 1).id, SOON).result == 1
    assert worker.stop(SOON)


def test_progress_is_in_0_to_1_and_never_goes_back(worker):
    seen = []
    done = Event()

    def work(tell):
        for fraction in (0.1, 0.5, 0.3, 7.0, -1.0):
            tell(fraction, f"at {fraction}")
            seen.append(worker.get(job.id).fraction)
        return

    _, held = begun(worker)
    job = worker.submit("one", lambda tell: (work(tell), done.set()))
    held.go.set()
    assert done.wait(SOON)
    assert seen == [0.1, 0.5, 0.5, 1.0, 1.0]


def test_the_time_left_comes_from_progress_and_from_past_work(worker, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(jobs, "monotonic", lambda: now[0])

    def two_seconds(tell):
        now[0] += 2
        return

    worker.wait(worker.submit("held", two_seconds).id, SOON)
    job, held = begun(worker)  # at a quarter
    second = worker.submit("held", silent_work)
    assert worker.get(job.id).seconds_left == pytest.approx(1.5)  # by past work, since no time has passed
    assert worker.get(second.id).seconds_left == pytest.approx(1.5 + 2)
    now[0] += 1  # a quarter in a second: three more by progress, one more by past work
    assert worker.get(job.id).seconds_left == pytest.approx(0.25 * 3 + 0.75 * 1)
    held.go.set()
    assert worker.wait(job.id, SOON).seconds_left is None


def test_a_summary_never_changes(worker):
    job, held = begun(worker)
    before = worker.get(job.id)
    held.go.set()
    worker.wait(job.id, SOON)
    assert (before.status, before.fraction, before.message) == ("running", 0.25, "begun")
    with pytest.raises(FrozenInstanceError):
        before.status = "done"


def test_what_is_over_is_forgotten_by_number_and_by_age(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(jobs, "monotonic", lambda: now[0])
    worker = Worker(keep=3, seconds=60)
    names = [worker.wait(worker.submit("one", silent_work).id, SOON).id for _ in range(5)]
    assert [worker.get(name) is not None for name in names] == [False, False, True, True, True]
    now[0] = 61
    assert [worker.get(name) for name in names] == [None] * 5
    assert worker.stop(SOON)


def test_stopping_cancels_everything_and_takes_nothing_more():
    worker = Worker()
    job, held = begun(worker)
    waiting = worker.submit("one", silent_work)
    assert not worker.stop(0)  # the work has not noticed yet
    held.go.set()
    assert worker.stop(SOON)
    assert not held.ended
    assert [worker.get(each.id).status for each in (job, waiting)] == ["cancelled"] * 2
    with pytest.raises(RetoucherError, match="start it again"):
        worker.submit("one", silent_work)


def test_a_listener_hears_of_every_change_until_it_leaves(worker):
    heard, over = [], Event()
    _, held = begun(worker)
    job = worker.submit("one", lambda tell: tell(0.5, "half"))

    def call():
        state = worker.get(job.id)
        heard.append((state.status, state.fraction))
        if state.is_over:
            over.set()

    with worker.listening(job.id, call):
        held.go.set()
        assert over.wait(SOON)
    assert ("running", 0.5) in heard
    assert heard[-1] == ("done", 1.0)
    count = len(heard)
    worker.wait(worker.submit("one", silent_work).id, SOON)
    assert len(heard) == count


def test_the_worker_does_not_hold_on_to_what_it_has_done(worker):
    class Thing:
        def __call__(self, tell):
            return 1

    thing = Thing()
    there = weakref.ref(thing)
    job = worker.submit("one", thing)
    del thing
    worker.wait(job.id, SOON)
    worker.wait(worker.submit("one", silent_work).id, SOON)
    gc.collect()
    assert there() is None


def test_nobody_is_told_by_the_silent_tell():
    assert silent(0.5, "half") is None
    assert issubclass(Cancelled, RetoucherError)


def test_the_last_picture_of_running_work_is_there_and_goes_with_it(worker):
    shown, go = Event(), Event()

    def work(tell):
        tell(0.1, "first", "a")
        tell(0.2, "second", "b")
        tell(0.3, "without")
        shown.set()
        assert go.wait(SOON)

    job = worker.submit("drawing", work)
    assert (job.preview, job.previews) == (None, 0)
    assert shown.wait(SOON)
    running = worker.get(job.id)
    assert (running.preview, running.previews) == ("b", 2)
    go.set()
    over = worker.wait(job.id, SOON)
    assert (over.status, over.preview, over.previews) == ("done", None, 2)


def test_work_of_another_pace_is_expected_to_take_another_time(worker):
    for name in ("slow", "quick"):
        worker.wait(worker.submit("edit", lambda tell: None, (name,)).id, SOON)
    worker._times.note(("edit", "slow"), 100)
    _, held = begun(worker)
    waiting = [worker.submit("edit", lambda tell: None, (name,)) for name in ("quick", "slow")]
    assert waiting[0].seconds_left < 20 < 40 < waiting[1].seconds_left
    held.go.set()
