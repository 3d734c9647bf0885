"""Pages by key: no row is lost or seen twice, whichever way a list is sorted and read."""

from __future__ import annotations

import pytest

from apps.core import keyset
from apps.network.models import Node
from tests.architecture.source import name_of, python_files
from tests.factories import NodeFactory

pytestmark = pytest.mark.django_db

SORTS = [
    ("pk",),
    ("-pk",),
    ("priority", "pk"),
    ("-priority", "pk"),
    ("-priority", "-pk"),
    ("kind", "-priority", "code"),
]


@pytest.fixture
def nodes() -> list[Node]:
    return [NodeFactory(priority=priority) for priority in (3, 1, 1, 1, 2, 3, 2)]


@pytest.mark.parametrize("names", SORTS, ids=" ".join)
def test_pages_forward_and_back_are_the_whole_list(nodes: list[Node], names: tuple[str, ...]):
    keys, whole = keyset.keys_of(*names), list(Node.objects.order_by(*names))

    first = keyset.page(Node.objects.all(), keys, 3)
    second = keyset.page(Node.objects.all(), keys, 3, place=keyset.place_of(first.rows[-1], keys))
    third = keyset.page(Node.objects.all(), keys, 3, place=keyset.place_of(second.rows[-1], keys))
    back = keyset.page(Node.objects.all(), keys, 3, place=keyset.place_of(third.rows[0], keys), back=True)

    assert [page.rows for page in (first, second, third)] == [whole[:3], whole[3:6], whole[6:]]
    assert [page.more for page in (first, second, third, back)] == [True, True, False, True]
    assert back.rows == second.rows


@pytest.mark.parametrize("names", SORTS, ids=" ".join)
def test_chunks_are_the_list_as_far_as_asked(nodes: list[Node], names: tuple[str, ...]):
    whole = list(Node.objects.order_by(*names))

    found = list(keyset.chunks(Node.objects.all(), keyset.keys_of(*names), size=2, most=5))

    assert found == [whole[:2], whole[2:4], whole[4:5]]


@pytest.mark.parametrize(("always", "seen"), [(0, 0), (0, 1), (1, 0)])
def test_a_key_that_all_rows_share_is_compared_as_if_it_stood_in_each(nodes: list[Node], always: int, seen: int):
    """As if two lists were one: those of equal priority come by list first, by pk then."""
    keys = (keyset.Key("priority"), keyset.Key("list", always=always), keyset.Key("pk"))
    at = nodes[2]

    found = keyset.page(Node.objects.all(), keys, 50, place=(at.priority, seen, at.pk))

    assert found.rows == [
        node
        for node in Node.objects.order_by("priority", "pk")
        if (node.priority, always, node.pk) > (at.priority, seen, at.pk)
    ]


def test_a_cursor_of_another_list_or_a_changed_one_is_refused():
    cursor = keyset.write_cursor(["placed_at", 7], of="orders")

    assert keyset.read_cursor(cursor, of="orders") == ["placed_at", 7]
    for text, of in ((cursor, "skus"), (f"x{cursor}", "orders"), ("", "orders"), ("Wzdd:é", "orders")):
        with pytest.raises(keyset.InvalidCursor):
            keyset.read_cursor(text, of=of)


def test_nobody_else_signs_cursors_or_builds_pages_by_number():
    signing = {name_of(path) for path in python_files("apps") if "django.core import signing" in path.read_text()}
    offset = {name_of(path) for path in python_files("apps") if "django.core.paginator" in path.read_text()}

    assert (signing, offset) == ({"apps/core/keyset.py"}, set())
