"""Addresses of pages and files, remembered: a page asks for some fifty of them, most of them the same on every page."""

from __future__ import annotations

from functools import lru_cache

from django.templatetags.static import static as address_of_file
from django.urls import get_script_prefix, reverse


def url(name: str, *args: str | int) -> str:
    """The address of a page by its name. For references the address is looked up once, with their places left open."""
    if all(isinstance(arg, str) and arg.isascii() and arg.isidentifier() for arg in args):
        return _form(get_script_prefix(), name, len(args)) % args
    return reverse(name, args=args)


@lru_cache(maxsize=512)
def _form(under: str, name: str, places: int) -> str:
    """``under`` is what addresses begin with now; where that changes they are looked up again."""
    address = reverse(name, args=["PLACE"] * places)
    return address.replace("%", "%%").replace("PLACE", "%s")


@lru_cache(maxsize=256)
def static(path: str) -> str:
    """The address of a file of ours."""
    return address_of_file(path)
