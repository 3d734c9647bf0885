"""Where the servers' data stands, and what is never touched."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.embedded import EmbeddedError, paths
from orchestrator.embedded.paths import Account, fits_sockets, lay_out, outside_path, own_folder, reachable, remove

NOBODY = Account(65534, 65534, "nobody")


@pytest.fixture
def deep(folder: Path) -> Iterator[Path]:
    """A data directory whose path is longer than a socket's may be."""
    path = folder / ("deep" * 30) / "data"
    yield path
    remove(path)


def test_tells_in_its_readme_where_the_data_really_is(folder: Path) -> None:
    layout = lay_out(folder)
    readme = (folder / "README").read_text()
    assert str(layout.postgres) in readme
    assert str(layout.run) in readme


def test_the_same_folder_is_laid_out_the_same_way_again(folder: Path) -> None:
    assert lay_out(folder) == lay_out(folder)


def test_sockets_move_out_where_the_path_is_too_long_and_the_data_stays(deep: Path) -> None:
    layout = lay_out(deep)
    assert layout.postgres == deep / "postgres"
    assert layout.run == outside_path(deep) / "run"
    assert fits_sockets(layout.run)


def test_removing_takes_what_moved_out_along(deep: Path) -> None:
    lay_out(deep)
    assert outside_path(deep).exists()
    remove(deep)
    assert not deep.exists()
    assert not outside_path(deep).exists()


def test_a_comma_in_the_path_would_name_two_sockets() -> None:
    assert fits_sockets(Path("/srv/shop/run"))
    assert not fits_sockets(Path("/srv/shop, old/run"))


def test_refuses_a_folder_that_holds_other_things_and_leaves_it_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(EmbeddedError, match="holds other things"):
        lay_out(folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_takes_the_projects_own_folder_whatever_was_there_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "demo.json").write_text("{}")
    monkeypatch.setattr(paths, "DEFAULT_DATA", folder)
    lay_out(folder)
    assert (folder / "README").exists()


def test_refuses_a_link_in_place_of_its_folder_under_var_tmp(tmp_path: Path) -> None:
    (tmp_path / "bait").mkdir()
    (tmp_path / "orderyard").symlink_to(tmp_path / "bait")
    with pytest.raises(EmbeddedError, match="cannot be trusted"):
        own_folder(tmp_path / "orderyard")


def test_refuses_a_folder_others_may_write_into(tmp_path: Path) -> None:
    (tmp_path / "orderyard").mkdir()
    (tmp_path / "orderyard").chmod(0o777)
    with pytest.raises(EmbeddedError, match="cannot be trusted"):
        own_folder(tmp_path / "orderyard")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_refuses_a_folder_of_another_user(tmp_path: Path) -> None:
    (tmp_path / "orderyard").mkdir()
    os.chown(tmp_path / "orderyard", NOBODY.uid, NOBODY.gid)
    with pytest.raises(EmbeddedError, match="cannot be trusted"):
        own_folder(tmp_path / "orderyard")


def test_a_closed_folder_on_the_way_is_out_of_reach_for_others(folder: Path) -> None:
    closed = folder / "home"
    inside = closed / "project"
    inside.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    closed.chmod(0o755)
    stranger = Account(os.geteuid() + 1, os.getegid() + 1, "stranger")
    assert reachable(inside, stranger)
    closed.chmod(0o700)
    assert not reachable(inside, stranger)
    assert reachable(inside, None)


def test_sweeps_what_a_killed_run_left_but_not_what_is_in_use(tmp_path: Path, folder: Path) -> None:
    abandoned = tmp_path / f"{paths.THROWAWAY_PREFIX}abandoned"
    abandoned.mkdir()
    (abandoned / "owner").touch()
    os.utime(abandoned, (0, 0))
    young = tmp_path / f"{paths.THROWAWAY_PREFIX}young"
    young.mkdir()
    paths.sweep(tmp_path)
    assert not abandoned.exists()
    assert young.exists()

    os.utime(folder.parent, (0, 0))
    paths.sweep(folder.parent.parent)
    assert folder.parent.exists()
