"""Where a listing's figure stands, and an import of a shop's catalog."""

from __future__ import annotations

from django.db import models


class FigureState(models.TextChoices):
    """``CURRENT``: the channel was sent the figure that holds. ``WAITING``: another is to be sent. ``REFUSED``: the channel does not
    take figures for it, a person has to look."""

    CURRENT = "current", "Up to date"
    WAITING = "waiting", "To be sent"
    REFUSED = "refused", "Refused"


class ImportState(models.TextChoices):
    """``READY``: read and compared, waiting for somebody to have it applied. ``STOPPED``: the shop refused; it can go on."""

    READING = "reading", "Being read"
    COMPARING = "comparing", "Being compared"
    READY = "ready", "To be looked at"
    APPLYING = "applying", "Being applied"
    DONE = "done", "Applied"
    STOPPED = "stopped", "Stopped"
    DROPPED = "dropped", "Dropped"


STANDING = (ImportState.READING, ImportState.COMPARING, ImportState.READY, ImportState.APPLYING, ImportState.STOPPED)


class ImportStage(models.TextChoices):
    """What is applied first to last."""

    ARTICLES = "articles", "SKUs and listings"
    PARTS = "parts", "Parts of sets"
    STOCK = "stock", "Opening stock"


class RowVerdict(models.TextChoices):
    """What applying a row would do. ``CONFLICT``: which SKU it is can't be said; it is left out."""

    UNREAD = "", "Not compared yet"
    NEW = "new", "New"
    CHANGED = "changed", "Changed"
    SAME = "same", "Unchanged"
    CONFLICT = "conflict", "In conflict"


class FieldName(models.TextChoices):
    """What of a SKU a shop may have a say in."""

    NAME = "name", "Title"
    OPTIONS = "options", "Options"
    WEIGHT = "weight", "Weight"
    PRICE = "price", "Price"
    COST = "cost", "Cost"
    HS_CODE = "hs_code", "Customs code (HS)"
    ORIGIN = "origin", "Country of origin"
    TRACKED = "tracked", "Counted or not"


class FieldOwner(models.TextChoices):
    """Whose word holds for a field. ``FIRST``: what was ever edited here stays ours, the rest is the shop's that said it first."""

    FIRST = "first", "The shop, unless edited here"
    SHOP = "shop", "The shop"
    HERE = "here", "Here"
