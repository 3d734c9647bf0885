"""If-Match, read."""

from __future__ import annotations

import pytest
from rest_framework.test import APIRequestFactory

from apps.core.api.conditions import PreconditionRequired, expected_version, refuse_stale
from apps.core.errors import StaleVersion


def asked(if_match: str | None, *, required: bool = False) -> int | None:
    headers = {} if if_match is None else {"If-Match": if_match}
    return expected_version(APIRequestFactory().get("/", headers=headers), required=required)


@pytest.mark.parametrize(("given", "version"), [('"3"', 3), ('W/"3"', 3), (' "3" ', 3), ("*", None), (None, None)])
def test_reads_the_version(given, version):
    assert asked(given) == version


@pytest.mark.parametrize("given", ["3", '"x"', '"-1"', '""', "", '"3", "4"', '"٣"'])
def test_an_etag_that_was_never_ours_matches_no_version(given):
    with pytest.raises(StaleVersion):
        refuse_stale(3, asked(given))


def test_is_asked_for_where_it_must_be_given():
    with pytest.raises(PreconditionRequired):
        asked(None, required=True)


def test_any_version_and_the_current_one_pass():
    refuse_stale(3, None)
    refuse_stale(3, 3)
