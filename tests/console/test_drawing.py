"""How pages are drawn, whatever they say."""

from __future__ import annotations

import pytest
from django.template import engines
from django.urls import reverse
from jinja2 import UndefinedError

from apps.ui.addresses import url
from apps.ui.rendering import missing


@pytest.mark.parametrize("ref", ["cas_06h021b6j70bzbhvgw2hgkmx", "PLACE", "a%sb", "%s", "a b", "ü", "a-b"])
def test_an_address_is_the_one_that_django_gives(ref: str):
    assert url("console:case", ref) == reverse("console:case", args=[ref])
    assert url("console:case_step", ref, "next") == reverse("console:case_step", args=[ref, "next"])
    assert url("console:level", 7) == reverse("console:level", args=[7])


@pytest.mark.parametrize(
    "written", ["{{ said }}", "{{ said|linebreaks }}", "{{ icon(said) }}", "{{ [said]|join(', ') }}"]
)
def test_what_people_wrote_is_never_html(written: str):
    drawn = engines["jinja2"].from_string(written).render({"said": "<script>"})

    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_a_name_nobody_gave_fails_a_test_and_is_a_blank_and_a_line_in_front_of_people(caplog: pytest.LogCaptureFixture):
    page = "({{ nobody.gave.it }})"
    with pytest.raises(UndefinedError):
        engines["jinja2"].from_string(page).render()

    env = engines["jinja2"].env.overlay(undefined=missing())  # type: ignore[attr-defined]

    assert env.from_string(page).render() == "()"
    assert "'nobody' is undefined" in caplog.text
