"""Running tests that need Django in a fork of a process that has it loaded, with the fault put into the loaded functions.

Starting Python, Django and the product takes longer than most tests that notice a fault. A fault outside functions (a constant, a
default, a class attribute) can't be put in afterwards, for what is made of it at import is made already: it gets a process of its own.
"""

from __future__ import annotations

import gc
import inspect
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

import django
import pytest
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import TestOutcome
from django.test import utils

from tests.mutants.forking import UNFIT, in_fork, use_tree


def load_product() -> None:
    """What the tests import of Django and the product, from the current folder."""
    use_tree()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
    django.setup()
    from django.conf import settings

    import_module(settings.ROOT_URLCONF)
    import_module("tests.driving")


def load_tests(files: Iterable[Path]) -> None:
    for file in files:
        import_module(".".join(file.with_suffix("").parts))


def _use_made_tables(**_: object) -> list[object]:
    """Instead of Django's ``setup_databases``, which looks through all tables again, as long as a test or two."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
    return []


class NotLoadable(Exception):
    """The fault stands where it can't be put into what is loaded."""


class Warm:
    """Called as cosmic-ray calls its ``run_tests``, with the fault in one of ``files``."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._before = {file: _compiled(file) for file in files}
        self.tables_made = False

    def __call__(self, command: str, timeout: float) -> tuple[TestOutcome, str]:
        # Without "python -m pytest".
        arguments = shlex.split(command)[3:]
        outcome, output = in_fork(lambda: self._be_pytest(arguments), timeout)
        return run_tests(command, timeout) if outcome == TestOutcome.INCOMPETENT else (outcome, output)

    def _be_pytest(self, arguments: list[str]) -> int:
        try:
            for file, before in self._before.items():
                put_in(before, _compiled(file))
        except (NotLoadable, SyntaxError, ValueError):
            return UNFIT
        if self.tables_made:
            utils.setup_databases = _use_made_tables
        return int(pytest.main(arguments))


def _compiled(file: Path) -> CodeType:
    return compile(file.read_text(), str(file.resolve()), "exec", dont_inherit=True)


def put_in(before: CodeType, after: CodeType) -> None:
    """Give the loaded functions of a file the code it has now. Raises NotLoadable."""
    for old, new in _changed(before, after):
        loaded = [one for one in gc.get_objects() if isinstance(one, FunctionType) and _is_of(one, old)]
        if not loaded:
            raise NotLoadable(old.co_qualname)
        for function in loaded:
            function.__code__ = new


def _is_of(function: FunctionType, code: CodeType) -> bool:
    mine = function.__code__
    same = (mine.co_qualname, mine.co_firstlineno) == (code.co_qualname, code.co_firstlineno)
    return same and os.path.realpath(mine.co_filename) == code.co_filename


def _changed(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The outermost functions that differ."""
    if before == after:
        return
    if before.co_flags & inspect.CO_OPTIMIZED:
        yield before, after
        return
    if _apart_from_inner(before) != _apart_from_inner(after):
        raise NotLoadable(before.co_qualname)
    for old, new in zip(_inner(before), _inner(after), strict=True):
        yield from _changed(old, new)


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _apart_from_inner(code: CodeType) -> tuple[object, ...]:
    constants = [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, code.co_names, constants, [one.co_qualname for one in _inner(code)]
