"""Jobs in processes of their own: repetitions of a fit that share no lock, each on one thread.

Threads of one process wait for each other wherever Python itself works, and linear algebra and JAX each bring
as many threads as there are cores. A process that is told to keep to one thread computes the same numbers
wherever it runs, and two of them are done sooner than two threads.

A process is begun with this module as its program, not by copying the one that asks: nothing has to be
importable but Yupana, so that a notebook may ask as well. Job, messages and result pass by pickle over
pipes. A process whose asker has gone ends at its next message.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from yupana.core.errors import EnvironmentFault
from yupana.params.distributions import FAMILIES, Family

Tell = Callable[[Any], None]
Job = Callable[[Tell], Any]
"""Given what it may tell with, it returns a result; it must pickle, so be no function within another."""

SINGLE: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PJRT_NPROC": "1",
}
"""What keeps linear algebra and JAX to one thread; read when they are first imported."""
_ROOT = Path(__file__).resolve().parents[2]
_TOLD, _DONE, _FAILED = "told", "done", "failed"


def run_each(jobs: Sequence[Job], at_once: int, told: Callable[[int, Any], None]) -> list[Any]:
    """Return the results of jobs, each done in a process of its own, in their order.

    Parameters
    ----------
    at_once : processes at a time. told : given the place of a job and what it tells, one at a time.

    Raises
    ------
    EnvironmentFault
        Y904 where a process ends before its job.
    Exception
        What a job raises; the others are ended.
    """
    running, lock = _Running(), Lock()

    def one(place: int) -> Any:
        def heard(message: Any) -> None:
            with lock:
                told(place, message)

        return _follow(running.begin(jobs[place]), heard)

    with ThreadPoolExecutor(at_once) as pool:
        asked = [pool.submit(one, place) for place in range(len(jobs))]
        try:
            return [each.result() for each in _as_they_fail(asked)]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running.end()
            raise


def _as_they_fail(asked: Sequence[Any]) -> Sequence[Any]:
    """Wait until all are done or one has failed, and return all, or the failed one alone."""
    from concurrent.futures import FIRST_EXCEPTION, wait

    done, left = wait(asked, return_when=FIRST_EXCEPTION)
    return [each for each in asked if each in done and each.exception()] if left else asked


class _Running:
    """The processes that were begun; none is begun once they are to end."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self.over, self.lock = False, Lock()

    def begin(self, job: Job) -> subprocess.Popen[bytes]:
        """Begin a process and hand it its job."""
        with self.lock:
            if self.over:
                raise InterruptedError("the processes are to end")
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
            )
            self.processes.append(process)
        assert process.stdin
        try:
            with process.stdin:
                process.stdin.write(packed(job))
        except BrokenPipeError:
            pass  # how it ended is told by whoever follows it
        return process

    def end(self) -> None:
        """End all processes that have not ended."""
        with self.lock:
            self.over = True
            for process in self.processes:
                process.kill()


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, **SINGLE, "PYTHONPATH": path}


def _follow(process: subprocess.Popen[bytes], heard: Tell) -> Any:
    """Return the result of a process, having passed on what it tells."""
    assert process.stdout
    with process, process.stdout:
        while True:
            try:
                kind, content = pickle.load(process.stdout)
            except (EOFError, pickle.UnpicklingError):
                break
            if kind == _FAILED:
                raise content
            if kind == _DONE:
                return content
            heard(content)
        code = process.wait()
    raise EnvironmentFault(
        "a process of the work ended before it was done",
        code="Y904",
        where=f"process {process.pid}",
        got=f"exit status {code}",
        expected="a result",
    )


def packed(content: Any) -> bytes:
    """Return content pickled; families of distributions, which consist of functions, by their names."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    pickler.dispatch_table = copyreg.dispatch_table.copy()
    pickler.dispatch_table[Family] = lambda family: (_family, (family.name,))
    pickler.dump(content)
    return buffer.getvalue()


def _family(name: str) -> Family:
    return FAMILIES[name]


def main(given: BinaryIO, answer: BinaryIO) -> int:
    """Do the job that was given, and answer what it tells and its result or failure."""

    def send(kind: str, content: Any) -> None:
        answer.write(packed((kind, content)))
        answer.flush()

    try:
        job = pickle.load(given)
        result = job(lambda message: send(_TOLD, message))
        send(_DONE, result)
    except BrokenPipeError:
        return 1  # nobody listens any more
    except Exception as fault:
        send(_FAILED, _portable(fault))
        return 1
    return 0


def _portable(fault: Exception) -> Exception:
    """Return a failure that can be sent: the same where it pickles, else one of the same words."""
    try:
        pickle.loads(packed(fault))
    except Exception:
        return RuntimeError(f"{type(fault).__name__}: {fault}")
    return fault


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides when to end
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed must not mix with the answers
    sys.exit(main(sys.stdin.buffer, pipe))
