"""Which tests call which functions: a fault in a function is run against those alone, the quickest first."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType

import pytest


def name_of(code: CodeType) -> str:
    return f"{os.path.realpath(code.co_filename)}:{code.co_firstlineno} {code.co_qualname}"


class Callers:
    """A plugin of pytest that writes down who calls what is in ``files``, and reads it again for others."""

    def __init__(self, files: Iterable[Path], kept: Path) -> None:
        self._files = {str(file.resolve()) for file in files}
        self._kept = kept
        self._called: set[CodeType] = set()
        self._by_function: dict[str, list[tuple[float, str]]] = {}

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in self._files:
            self._called.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._called.clear()
        began = time.monotonic()
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
            for code in list(self._called):
                self._by_function.setdefault(name_of(code), []).append((time.monotonic() - began, item.nodeid))

    def pytest_sessionfinish(self) -> None:
        self._kept.write_text(json.dumps(self._by_function))

    def tests_of(self, functions: Sequence[CodeType]) -> list[str]:
        """What calls any of them."""
        found = json.loads(self._kept.read_text())
        calls = sorted((took, test) for one in functions for took, test in found.get(name_of(one), ()))
        return list(dict.fromkeys(test for _, test in calls))
