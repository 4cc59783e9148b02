"""One table owns every default: no signature and no option may have another."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from yupana.core.errors import UsageError
from yupana.core.settings import DEFAULT_PACK, SETTINGS, check_setting, default
from yupana.evidence.locate import shipped_packs

NAMES = {setting.name for setting in SETTINGS}


def test_the_table_is_complete() -> None:
    assert len(NAMES) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.owner
        assert setting.meaning
        assert setting.overrides
        assert setting.default is not None or setting.default_from or setting.name == "until", setting.name
        if setting.default is not None and setting.kind == "int":
            assert check_setting(setting.name, setting.default) == setting.default


def test_the_default_pack_is_shipped() -> None:
    assert default("pack") == DEFAULT_PACK
    assert (next(iter(shipped_packs().values())).parent / DEFAULT_PACK).is_dir()


def _defaults_of(function: Any) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def test_python_takes_its_defaults_from_the_table() -> None:
    import yupana
    from yupana.study import Study

    for function in (Study.run, Study.plan, yupana.load, Study.__init__):
        for name, value in _defaults_of(function).items():
            if name in NAMES:
                assert value is None or value == default(name), f"{function.__qualname__}: {name}={value}"


def test_the_shell_takes_its_defaults_from_the_table() -> None:
    from yupana.cli.main import load_verb

    for parameter in load_verb("run").params:
        value = parameter.default
        blank = value in (None, (), [], False) or "UNSET" in repr(value)
        if parameter.name in NAMES and not blank:
            assert value == default(parameter.name), f"--{parameter.name}={value}"


def test_the_model_takes_its_defaults_from_the_table() -> None:
    from yupana.ensemble.recipe import CHUNK
    from yupana.model import Config, build_config

    fields = Config.__dataclass_fields__
    assert fields["steps_per_year"].default == default("steps_per_year")
    assert fields["price_solve_steps"].default == default("price_solve_steps")
    assert _defaults_of(build_config)["steps_per_year"] == default("steps_per_year")
    assert default("chunk") == CHUNK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("draws", 0),
        ("draws", -1),
        ("draws", "x"),
        ("draws", "5"),
        ("draws", 1.5),
        ("draws", float("nan")),
        ("draws", True),
        ("seed", -1),
        ("threads", 0),
        ("steps_per_year", 0),
        ("dtype", "float16"),
        ("monthly", 1),
    ],
)
def test_values_out_of_range(name: str, value: object) -> None:
    with pytest.raises(UsageError) as caught:
        check_setting(name, value)
    assert caught.value.where == "--" + name.replace("_", "-")
    assert caught.value.expected


def test_values_in_range() -> None:
    assert check_setting("draws", 7.0) == 7
    assert check_setting("draws", None) == default("draws")
    assert check_setting("until", None) is None
    assert check_setting("dtype", "float64") == "float64"
