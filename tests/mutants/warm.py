"""Running tests in a fork of a process that has what they need loaded, with the fault put into the loaded functions.

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

from tests.mutants.callers import Callers, name_of
from tests.mutants.forking import UNFIT, in_fork


def load_product() -> None:
    """What the tests import of Django and the product, from the current folder."""
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

    def __init__(self, files: Sequence[Path], kept: Path) -> None:
        self._before = {file: _compiled(file) for file in files}
        gc.unfreeze()
        self._functions = [one for one in gc.get_objects() if type(one) is FunctionType]
        # A fork's collector need not go through what was loaded before it.
        gc.freeze()
        self._callers = Callers(files, kept)
        self._tables_made = False

    def learn(self, command: str, timeout: float) -> tuple[TestOutcome, str]:
        """The tests without any fault: makes the tables, and finds out which tests call which functions."""
        arguments = shlex.split(command)[3:]
        answer = in_fork(lambda: int(pytest.main(arguments, plugins=[self._callers])), timeout)
        self._tables_made = answer[0] == TestOutcome.SURVIVED
        return answer

    def __call__(self, command: str, timeout: float) -> tuple[TestOutcome, str]:
        # Without "python -m pytest".
        arguments = shlex.split(command)[3:]
        outcome, output = in_fork(lambda: self._be_pytest(arguments), timeout)
        return run_tests(command, timeout) if outcome == TestOutcome.INCOMPETENT else (outcome, output)

    def _be_pytest(self, arguments: list[str]) -> int:
        try:
            changed = [pair for file, before in self._before.items() for pair in _changed(before, _compiled(file))]
            put_in(self._functions, changed)
        except (NotLoadable, SyntaxError, ValueError):
            return UNFIT
        tests = self._callers.tests_of([before for before, _ in changed])
        if not tests:
            # Nobody calls it; at import, perhaps.
            return UNFIT
        if self._tables_made:
            utils.setup_databases = _use_made_tables
        return int(pytest.main([*(one for one in arguments if not one.startswith("tests/")), *tests]))


def _compiled(file: Path) -> CodeType:
    return compile(file.read_text(), str(file.resolve()), "exec", dont_inherit=True)


def put_in(functions: Iterable[FunctionType], changed: Iterable[tuple[CodeType, CodeType]]) -> None:
    """Give the loaded ``functions`` the code they have now. Raises NotLoadable."""
    for old, new in changed:
        loaded = [one for one in functions if _is_of(one, old)]
        if not loaded:
            raise NotLoadable(old.co_qualname)
        for function in loaded:
            function.__code__ = new


def _is_of(function: FunctionType, code: CodeType) -> bool:
    mine = function.__code__
    return mine.co_firstlineno == code.co_firstlineno and name_of(mine) == name_of(code)


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
