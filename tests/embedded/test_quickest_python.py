"""``make install`` takes the quickest build of the Python it was started with."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "requirements" / "quickest_python.py"
OURS = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture
def chooser(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, started outside any virtual environment."""
    spec = importlib.util.spec_from_file_location("quickest_python", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(sys, "executable", OURS)
    return module


def speeds(chooser: ModuleType, monkeypatch: pytest.MonkeyPatch, seconds: Mapping[str, float]) -> None:
    monkeypatch.setattr(chooser, "others", lambda folders: [path for path in seconds if path != OURS])
    monkeypatch.setattr(chooser, "cpu_seconds", seconds.get)


def build(folder: Path, script: str) -> Path:
    path = folder / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_takes_a_build_that_is_quicker_and_says_so(
    chooser: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speeds(chooser, monkeypatch, {OURS: 0.04, "/usr/bin/python3.x": 0.03})
    chooser.main()
    out, err = capsys.readouterr()
    assert out == "/usr/bin/python3.x\n"
    assert f"25 % less CPU than {OURS}" in err
    assert f"make PYTHON={OURS}" in err


def test_stays_with_ours_where_another_saves_less_than_a_tenth(
    chooser: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speeds(chooser, monkeypatch, {OURS: 0.040, "/usr/bin/python3.x": 0.037})
    chooser.main()
    assert capsys.readouterr() == (f"{OURS}\n", "")


def test_in_a_virtual_environment_its_own_is_taken_unmeasured() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True)
    if sys.prefix == sys.base_prefix:
        pytest.skip("this suite does not run in a virtual environment")
    assert (done.stdout, done.stderr) == (f"{sys.executable}\n", "")


def test_measures_builds_for_real_and_leaves_the_unfit_out(
    chooser: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "broken").mkdir()
    slow = build(tmp_path / "slow", f'exec {OURS} -X tracemalloc "$@"')
    broken = build(tmp_path / "broken", "echo 0.000001; exit 3")
    monkeypatch.setattr(chooser, "ROUNDS", 2)
    found = chooser.others([tmp_path / "slow", tmp_path / "broken", tmp_path / "missing"])
    assert found == [str(slow), str(broken)]
    seconds = chooser.measured([OURS, *found])
    assert set(seconds) == {OURS, str(slow)}
    assert 0 < seconds[OURS] < seconds[str(slow)]


def test_a_second_name_of_the_same_file_is_one_build(chooser: ModuleType, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first = build(tmp_path / "one", "exit 1")
    (tmp_path / "two" / first.name).symlink_to(first)
    assert chooser.others([tmp_path / "one", tmp_path / "two"]) == [str(first)]


def test_another_version_is_unfit(chooser: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chooser, "WORK", chooser.WORK.replace(repr(tuple(sys.version_info[:2])), "(3, 99)"))
    assert chooser.cpu_seconds(OURS) is None
