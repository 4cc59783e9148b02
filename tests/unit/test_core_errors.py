"""Errors say what, where, got, expected and what to do; codes are complete."""

from __future__ import annotations

import errno
import pickle

import pytest

from yupana.core.errors import (
    CODES,
    DataError,
    EnvironmentFault,
    UsageError,
    YupanaError,
    did_you_mean,
    from_os_error,
)


def test_text_has_every_part() -> None:
    error = DataError("a thing is wrong", code="Y207", where=("f.yaml", "", "line 3"), got=1, expected="two")
    assert str(error).splitlines() == [
        "a thing is wrong [Y207]",
        "  where:    f.yaml, line 3",
        "  got:      1",
        "  expected: two",
        f"  fix:      {CODES['Y207'][2]}",
    ]


def test_parts_that_say_nothing_are_left_out() -> None:
    assert str(UsageError("no", code="Y999", fix="go on")) == "no [Y999]\n  fix:      go on"


@pytest.mark.parametrize(("kind", "code"), [(UsageError, 2), (DataError, 2), (EnvironmentFault, 1)])
def test_exit_codes(kind: type[YupanaError], code: int) -> None:
    assert issubclass(kind, YupanaError)
    assert kind("x").exit_code == code
    assert kind("x").code in CODES


def test_errors_survive_another_process() -> None:
    others = [UsageError("y", code="Y101"), UsageError("z", code="Y101", where="g", got=1, expected="two")]
    error = DataError("x", code="Y201", where="f", got=3, problems=others, listed=1)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.exit_code, again.as_dict()) == (str(error), 2, error.as_dict())
    assert [str(p) for p in again.problems] == [str(p) for p in error.problems]


def test_a_summary_names_as_many_of_its_problems_as_it_was_told() -> None:
    problems = [DataError(f"p{i}", where=f"line {i}", got=i, expected="none") for i in range(4)]

    def also(listed: int) -> list[str]:
        text = str(DataError("p0", problems=problems, listed=listed))
        return [line.split("also:")[1].strip() for line in text.splitlines() if "also:" in line]

    assert also(0) == []  # its fix says where they are told
    assert also(2) == ["line 1: p1; expected none", "line 2: p2; expected none", "1 more"]
    assert len(also(9)) == 3
    assert DataError("odd", where="f", got=3).short() == "f: odd, got 3"
    assert UsageError("unknown 'a'", got="a", expected="b, c", fix="did you mean 'b'?").short() == (
        "unknown 'a'; did you mean 'b'?"
    )


def test_every_code_is_complete() -> None:
    for code, parts in CODES.items():
        assert code[0] == "Y"
        assert code[1:].isdigit()
        assert len(code) == 4
        assert len(parts) == 3
        assert all(parts)
        assert all(part.endswith(".") for part in parts[1:])


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "Y902"), (errno.EACCES, "Y901"), (errno.EROFS, "Y901"), (errno.EIO, "Y904")],
)
def test_faults_of_the_machine(number: int, code: str) -> None:
    fault = from_os_error(OSError(number, "reason", "/somewhere"), "writing")
    assert (fault.code, fault.where, fault.exit_code) == (code, "/somewhere", 1)


def test_near_misses() -> None:
    assert did_you_mean("Base-line", ["baseline", "other"]) == "did you mean 'baseline'?"
    assert did_you_mean("zzz", ["baseline"]) == ""
