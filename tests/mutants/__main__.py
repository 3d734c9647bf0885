"""Plants faults in the code that decides, one at a time, and sees whether the tests of the same app notice.

    make mutants ONLY=totals            one module, or several: ONLY="totals planner"
    make mutants ONLY=planner SAMPLE=60 no more than so many faults of it; SEED=2: so many others
    make mutants                        all of them, some hours

Works on a copy of the tree in ``.mutants/``, and goes on where it was stopped as long as neither code nor tests have changed.
Prints what survived, and fails where less than the share of ``modules.toml`` was noticed.
"""

from __future__ import annotations

import argparse
import compileall
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from py_compile import PycInvalidationMode

from cosmic_ray import mutating, plugins
from cosmic_ray.commands.init import init
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult

from tests.mutants.forking import use_tree
from tests.mutants.operators import Chosen
from tests.mutants.warm import Warm, load_product, load_tests

PROJECT = Path(__file__).resolve().parents[2]
KEPT, TREE = PROJECT / ".mutants", PROJECT / ".mutants" / "tree"
OPTIONS = "-x -q --no-header --assert=plain -p no:cacheprovider -p no:schemathesis -p no:playwright -p no:xdist"
# Neither the project's settings nor its fixtures, nor Django.
PURE = "-c /dev/null --rootdir=. --import-mode=importlib --noconftest -p no:django"
WITH_TABLES = "--no-migrations --reuse-db"


@dataclass(frozen=True)
class Module:
    name: str
    code: list[str]
    tests: list[str]
    pure: bool = False
    only: Sequence[str] = ()

    @property
    def files(self) -> list[Path]:
        return [file for path in self.code for file in _python_files(Path(path))]

    @property
    def tested_by(self) -> str:
        how = PURE if self.pure else WITH_TABLES
        return f"{shlex.quote(sys.executable)} -m pytest {OPTIONS} {how} {shlex.join(self.tests)}"

    @property
    def state(self) -> str:
        """Changes when the code, its tests or the operators do."""
        files = [*self.files, *(file for path in self.tests for file in _python_files(Path(path)))]
        files.append(Path("tests/mutants/operators.py"))
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _python_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def read_modules(text: str) -> tuple[list[Module], int]:
    content = tomllib.loads(text)
    least = content.pop("least_percent")
    return [Module(name, **fields) for name, fields in content.items()], least


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("names", nargs="*", help="modules of modules.toml; none: all")
    parser.add_argument("--sample", type=int, default=0, help="at most so many faults of each")
    parser.add_argument("--seed", default="", help="any word: another sample, that no test was written for")
    asked = parser.parse_args(arguments)
    modules, least = read_modules((Path(__file__).parent / "modules.toml").read_text())
    unknown = set(asked.names) - {module.name for module in modules}
    if unknown:
        parser.error(f"not in modules.toml: {', '.join(sorted(unknown))}")
    plugins.OPERATOR_PROVIDERS.clear()
    os.environ.update(ORDERYARD_SHARED=os.environ.get("ORDERYARD_SHARED", str(PROJECT.parent / "shared")))
    with _alone():
        _copy_tree()
        os.chdir(TREE)
        chosen = [module for module in modules if not asked.names or module.name in asked.names]
        use_tree()
        if not all(module.pure for module in chosen):
            load_product()
        shares = [measure(module, asked.sample, asked.seed) for module in chosen]
    return int(any(share is None or share < least for share in shares))


@contextmanager
def _alone() -> Iterator[None]:
    """Two at once would plant in one another's tree."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("make mutants is running here already.")
        yield


def _copy_tree() -> None:
    """A fault left behind by a killed run must not stand in anybody's files."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.split("\0")
    shutil.rmtree(TREE, ignore_errors=True)
    for name in filter(None, names):
        if (PROJECT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, TREE / name)
    # By content: a fault is written and taken back within one second, in as many bytes.
    checked = PycInvalidationMode.CHECKED_HASH
    for folder in ("apps", "orchestrator", "tests"):
        compileall.compile_dir(TREE / folder, quiet=2, invalidation_mode=checked)


def measure(module: Module, sample: int, seed: str) -> float | None:
    """The percentage of planted faults that was noticed; None where the tests fail without one."""
    # cosmic-ray starts a process for each fault; a fork of this one, that has all of it loaded, is through in a quarter of the time.
    mutating.run_tests = warm = _warm(module)
    began = time.monotonic()
    outcome, output = warm.learn(module.tested_by, timeout=1800)
    if outcome != TestOutcome.SURVIVED:
        print(f"{module.name}: its tests fail without any fault:\n{output[-3000:]}", flush=True)
        return None
    # Watched by a profiler they took some three times as long as they will.
    patience = 30 + time.monotonic() - began
    plugins.OPERATOR_PROVIDERS["chosen"] = Chosen(module.only)
    with _session(module) as session:
        planned = sorted(session.work_items, key=partial(_by_chance, seed))[: sample or None]
        done = {job for job, _ in session.results}
        for number, item in enumerate(planned, 1):
            if item.job_id not in done:
                session.set_result(item.job_id, _plant(module, item, patience))
                _say_how_far(module, number, len(planned))
        return _report(module, planned, dict(session.results), session.num_work_items)


def _warm(module: Module) -> Warm:
    load_tests(file for path in module.tests for file in _python_files(Path(path)) if file.name.startswith("test_"))
    return Warm(module.files, KEPT / f"{module.name}-callers.json")


def _say_how_far(module: Module, number: int, count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{module.name}: {number} of {count} ", end="", file=sys.stderr, flush=True)
    elif number % 50 == 0:
        print(f"{module.name}: {number} of {count}", file=sys.stderr, flush=True)


@contextmanager
def _session(module: Module) -> Iterator[WorkDB]:
    file = KEPT / f"{module.name}-{module.state}.sqlite"
    for older in KEPT.glob(f"{module.name}-*.sqlite"):
        if older != file:
            older.unlink()
    with use_db(str(file)) as session:
        if not session.num_work_items:
            init(module.files, session, {})
        yield session


def _by_chance(seed: str, item: WorkItem) -> str:
    """The sample of a seed is the same one every time, and a larger one holds the smaller."""
    spec = item.mutations[0]
    return hashlib.sha256(f"{seed}{spec.module_path} {spec.operator_name} {spec.occurrence}".encode()).hexdigest()


def _plant(module: Module, item: WorkItem, patience: float) -> WorkResult:
    result: WorkResult = mutating.mutate_and_test(item.mutations, module.tested_by, patience)
    if result.output == "timeout" and not module.pure:
        # Killed in its middle it has left rows behind.
        run_tests(f"{module.tested_by} --create-db", timeout=1800)
    return result


def _report(module: Module, planned: Sequence[WorkItem], results: dict[str, WorkResult], possible: int) -> float:
    survived = [item for item in planned if not results[item.job_id].is_killed]
    for item in survived:
        print(f"\n{item.mutations[0].module_path}:{item.mutations[0].start_pos[0]} {item.mutations[0].operator_name}")
        changed = (results[item.job_id].diff or "").splitlines()[3:]
        print("\n".join(line for line in changed if line[:1] in "+-"))
    noticed = len(planned) - len(survived)
    share = 100 * noticed / max(len(planned), 1)
    print(f"\n{module.name}: {noticed} of {len(planned)} noticed, {share:.1f} % ({possible} possible)", flush=True)
    return share


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
