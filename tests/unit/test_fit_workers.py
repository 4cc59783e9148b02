"""Jobs in processes of their own: what they return and tell, what becomes of the others when one fails."""

from __future__ import annotations

import io
import os
import pickle
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior

from yupana.core.errors import DataError, EnvironmentFault
from yupana.fit import particles, starts, workers
from yupana.fit.laplace import approximate, find_mode
from yupana.fit.samplers import Settling
from yupana.params.distributions import FAMILIES, Distribution

Tell = Callable[[Any], None]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs below are functions of this module: a process must find it."""
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (here, here.parents[1]))))


def counting(tell: Tell, upto: int) -> tuple[int, int]:
    """Tell the numbers below; print something, which must not mix with the answers."""
    for number in range(upto):
        print("in between")
        tell(number)
    return upto, os.getpid()


def settings(tell: Tell) -> dict[str, str]:
    """Return what keeps libraries to one thread."""
    return {name: os.environ[name] for name in workers.SINGLE}


def refusing(tell: Tell) -> None:
    """Fail as a pack would."""
    raise DataError("no such figure", code="Y207", where="row 3", got="nothing")


class Odd(Exception):
    """A failure that cannot be sent."""

    def __init__(self) -> None:
        super().__init__("odd")
        self.held = lambda: None


def oddly(tell: Tell) -> None:
    """Fail with something that does not pickle."""
    raise Odd


def dying(tell: Tell) -> None:
    """End without a word."""
    os._exit(3)


def waiting(tell: Tell, note: Path) -> None:
    """Leave one's number and wait for longer than any test."""
    note.write_text(str(os.getpid()))
    time.sleep(600)


def after(tell: Tell, note: Path) -> None:
    """Fail once the other one runs."""
    while not note.exists() or not note.read_text():
        time.sleep(0.05)
    raise DataError("failed later")


def test_results_come_in_order_and_everything_told_is_heard() -> None:
    heard: list[tuple[int, int]] = []
    jobs = [partial(counting, upto=n) for n in (3, 0, 2)]
    found = workers.run_each(jobs, 2, lambda place, number: heard.append((place, number)))
    assert [upto for upto, _ in found] == [3, 0, 2]
    assert len({pid for _, pid in found} | {os.getpid()}) == 4
    assert sorted(heard) == [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1)]


def test_a_process_keeps_to_one_thread() -> None:
    assert workers.run_each([settings], 1, lambda *_: None) == [dict(workers.SINGLE)]


def test_a_failure_arrives_as_it_was_raised() -> None:
    with pytest.raises(DataError, match="no such figure") as caught:
        workers.run_each([refusing], 1, lambda *_: None)
    assert (caught.value.code, caught.value.where, caught.value.got) == ("Y207", "row 3", "nothing")
    with pytest.raises(RuntimeError, match="Odd: odd"):
        workers.run_each([oddly], 1, lambda *_: None)


def test_a_process_that_dies_is_told_of() -> None:
    with pytest.raises(EnvironmentFault, match="ended before it was done") as caught:
        workers.run_each([dying], 1, lambda *_: None)
    assert caught.value.got == "exit status 3"


def test_when_one_fails_the_others_are_ended(tmp_path: Path) -> None:
    note = tmp_path / "note"
    began = time.monotonic()
    with pytest.raises(DataError, match="failed later"):
        workers.run_each([partial(waiting, note=note), partial(after, note=note)], 2, lambda *_: None)
    assert time.monotonic() - began < 300
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_in_threads_the_failure_is_that_of_the_one_that_failed() -> None:
    def telling(tell: Tell) -> None:
        while True:
            tell(None)

    with pytest.raises(DataError, match="no such figure"):
        particles._in_threads([telling, telling, refusing], 3, lambda *_: None)


def test_a_process_whose_asker_is_gone_ends() -> None:
    class Closed(io.RawIOBase):
        def write(self, content: Any) -> int:
            raise BrokenPipeError

    answer: Any = Closed()
    job = partial(counting, upto=5)
    assert workers.main(io.BytesIO(workers.packed(job)), answer) == 1


@pytest.mark.parametrize("family", list(FAMILIES))
def test_families_of_distributions_are_sent_by_name(family: str) -> None:
    bounds = {"lower": 0.0, "upper": 9.0} if FAMILIES[family].bounded else {}
    ends = {} if family == "uniform" else {"q05": 1.0, "q95": 5.0}
    made = Distribution.from_quantiles(family, **ends, **bounds)
    sent = pickle.loads(workers.packed(made))
    assert sent.family is FAMILIES[family]
    z = np.linspace(-2.0, 2.0, 5)
    assert np.array_equal(sent.from_normal(z), made.from_normal(z))


def _posterior() -> LinearPosterior:
    return make_posterior(values=np.array([0.6, -0.4, 0.2, 2.5, -0.1, 0.5]), sd=0.3)


def test_draws_do_not_depend_on_whether_repetitions_are_processes(tmp_path: Path) -> None:
    made = _posterior()
    normal = approximate(*find_mode(made, np.zeros(made.space.size)))
    compared = particles.compared(normal)
    told: list[float] = []

    def draw(apart: bool) -> tuple[np.ndarray, Any]:
        folder = tmp_path / str(apart)
        folder.mkdir()
        wanted = (128, 2, 1)
        return particles.draw(
            made, Settling([normal]), compared, wanted, folder, lambda _, share: told.append(share), apart
        )

    points, found = draw(True)
    assert told == sorted(told)
    assert told[-1] > 0.1  # of a usual fit; this one forgets soon
    others, same = draw(False)
    assert np.array_equal(points, others)
    assert found == same


def test_searches_in_processes_lead_to_the_same_modes() -> None:
    made = _posterior()
    normal = approximate(*find_mode(made, np.zeros(made.space.size)))
    heard: list[float] = []
    found = starts.other_modes(made, normal, 1, pairs=2, on_search=heard.append, apart=True)
    assert heard == [0.25, 0.5, 0.75, 1.0]
    assert found == []  # every search leads back to the only mode


def test_dull_unknowns_are_left_alone() -> None:
    """Only the first unknown matters: what differs in the others alone is not tried."""
    tried: list[int] = []

    class Counted(LinearPosterior):
        def log_figures(self, z: np.ndarray) -> np.ndarray:
            tried.append(z.shape[1])
            return super().log_figures(z)

    made = Counted(**vars(make_posterior(np.tile(np.eye(1, 15), (6, 1)), np.ones(6), sd=0.2)))
    normal = approximate(*find_mode(made, np.zeros(made.space.size)))
    some = starts._attentive(made, normal, 1)
    assert np.flatnonzero(some.live).tolist() == [0, made.space.size - 1]  # and the bias
    tried.clear()
    mode, weighted = find_mode(some, np.zeros(made.space.size))
    assert max(tried) < made.space.size
    plain, same = find_mode(made, np.zeros(made.space.size))
    assert mode == pytest.approx(plain, abs=1e-9)
    assert weighted == pytest.approx(same, abs=1e-9)
