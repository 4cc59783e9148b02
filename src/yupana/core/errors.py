"""Every way Yupana refuses to go on, in one tree.

    YupanaError
    |-- UsageError        exit 2: the command, an option, an argument
    |-- DataError         exit 2: a pack, a scenario, a run folder
    `-- EnvironmentFault  exit 1: disk, memory, permissions

An error says what failed, where, what was found, what was expected and what to do. `CODES` (in
`error_codes.py`) lists every code once; the reference page of the documentation is held against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from yupana.core.error_codes import CODES
from yupana.core.names import did_you_mean

__all__ = ["CODES", "DataError", "EnvironmentFault", "UsageError", "YupanaError", "did_you_mean"]


def _text(value: object, limit: int = 300) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


class YupanaError(Exception):
    """A failure that tells the user what to do.

    Parameters
    ----------
    what : what failed, one sentence without a final full stop.
    code : a key of `CODES`.
    where : file, line, key path, place, time; a text or parts that are joined by ", ".
    got, expected : what was found and what was wanted, in words.
    fix : what to do; the remedy of the code's row by default.
    problems : errors of which this one is the summary, itself the first.
    listed : how many of the others the text names.
    """

    exit_code = 1
    default_code = "Y999"

    def __init__(
        self,
        what: str,
        *,
        code: str | None = None,
        where: str | Sequence[str] | None = None,
        got: object = None,
        expected: object = None,
        fix: str | None = None,
        problems: Iterable[YupanaError] = (),
        listed: int = 0,
    ) -> None:
        super().__init__(what)
        self.code = code or self.default_code
        self.what = what
        parts = [where] if isinstance(where, str) else [str(part) for part in where or () if part]
        self.where = ", ".join(part for part in parts if part)
        self.got = None if got is None else _text(got)
        self.expected = None if expected is None else _text(expected)
        self.fix = fix if fix else CODES.get(self.code, ("", "", ""))[2]
        self.problems = tuple(problems)
        self.listed = listed

    def __str__(self) -> str:
        lines = [f"{self.what} [{self.code}]"]
        rows = (("where", self.where), ("got", self.got), ("expected", self.expected), ("fix", self.fix))
        lines += [f"  {label + ':':<10}{text}" for label, text in rows if text]
        others = self.problems[1:]
        lines += [f"  also:     {problem.short()}" for problem in others[: self.listed]]
        if 0 < self.listed < len(others):
            lines.append(f"  also:     {len(others) - self.listed} more")
        return "\n".join(lines)

    def short(self) -> str:
        """The message on one line."""
        place = f"{self.where}: " if self.where else ""
        got = f", got {self.got}" if self.got and self.got not in self.what else ""
        if self.fix.startswith("did you mean"):  # of a long list the nearest is enough
            return f"{place}{self.what}{got}; {self.fix}"
        expected = f"; expected {self.expected}" if self.expected else ""
        return f"{place}{self.what}{got}{expected}"

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes pickle exceptions; keyword-only arguments need this.
        return (_rebuild, (type(self), self.what, self.as_dict(), self.problems, self.listed))

    def as_dict(self) -> dict[str, str | None]:
        """The parts of the message, for `--json`."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where or None,
            "got": self.got,
            "expected": self.expected,
            "fix": self.fix or None,
        }


class UsageError(YupanaError):
    """The command, an option or an argument cannot be used."""

    exit_code = 2
    default_code = "Y102"


class DataError(YupanaError):
    """The content of a pack, a scenario or a run folder cannot be used."""

    exit_code = 2
    default_code = "Y207"


def located(problem: YupanaError, where: Sequence[str]) -> DataError:
    """The problem with the place where it stands."""
    return DataError(
        problem.what,
        code=problem.code,
        where=where,
        got=problem.got,
        expected=problem.expected,
        fix=problem.fix,
    )


class EnvironmentFault(YupanaError):
    """The machine refuses: disk, memory, permissions."""

    exit_code = 1
    default_code = "Y904"


def _rebuild(
    kind: type[YupanaError],
    what: str,
    parts: dict[str, str | None],
    problems: tuple[YupanaError, ...],
    listed: int,
) -> YupanaError:
    return kind(
        what,
        code=parts["code"],
        where=parts["where"],
        got=parts["got"],
        expected=parts["expected"],
        fix=parts["fix"],
        problems=problems,
        listed=listed,
    )


def from_os_error(fault: OSError, doing: str, path: object = None) -> EnvironmentFault:
    """The environment fault that an operating-system error stands for.

    Parameters
    ----------
    fault : the error caught.
    doing : what was being done, as in "writing chunk 3".
    path : the file or folder concerned; the error's own by default.
    """
    import errno

    where = str(path if path is not None else fault.filename or "")
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        code, reason = "Y902", "no room left on the disk"
    elif fault.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        code, reason = "Y901", "no permission"
    else:
        code, reason = "Y904", (fault.strerror or str(fault)).lower()
    return EnvironmentFault(f"{doing} failed: {reason}", code=code, where=where)
