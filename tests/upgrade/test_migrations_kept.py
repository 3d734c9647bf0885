"""Migrations of a release are added to, and never changed or taken away: its databases have run them."""

from __future__ import annotations

import pytest

from tests.upgrade.test_upgrade import RELEASES, ROOT, git


@pytest.mark.parametrize("tag", RELEASES)
def test_every_migration_of_a_release_is_as_it_was(tag: str):
    listed = git("ls-tree", "-r", "--name-only", tag, "apps")
    if listed.returncode:
        pytest.skip(f"The tag {tag} is not in this clone (git fetch --tags brings it).")
    names = [name for name in listed.stdout.decode().splitlines() if "/migrations/0" in name]
    assert len(names) > 10

    changed = [name for name in names if _text(name) != git("show", f"{tag}:{name}").stdout]

    assert changed == []


def _text(name: str) -> bytes:
    path = ROOT / name
    return path.read_bytes() if path.exists() else b""
