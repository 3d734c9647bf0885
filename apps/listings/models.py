"""Listings with the figure each channel shows, the rules of how much a channel may sell, and catalogs as they come in."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.listings.states import STANDING, FieldName, FieldOwner, FigureState, ImportStage, ImportState, RowVerdict
from apps.network.models import Node


def new_listing_id() -> str:
    return new_id("lst")


def new_import_id() -> str:
    return new_id("imp")


class Listing(models.Model):
    """One thing a channel sells, and which SKU it is; ``sku`` empty: nobody knows yet.

    ``wanted`` is the figure the channel is to show, ``sent`` the last one it took, ``shown`` the last one read back from it.
    Whoever gives it another SKU empties ``wanted_at``: the figure is computed again. An attempt is counted before the call, and
    counted down once it is known how it went. All in whole units.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_listing_id)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="listings", db_index=False)
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.PROTECT, related_name="listings")
    external_id = models.CharField(
        max_length=128, help_text="of the variant, offer or listing, as the channel calls it"
    )
    stock_id = models.CharField(max_length=128, blank=True, help_text="what the channel keeps its stock under")
    code = models.CharField(max_length=128, blank=True, help_text="the SKU as it stands there")
    title = models.CharField(max_length=255, blank=True)
    picture = models.CharField(max_length=500, blank=True, db_default="", help_text="its address at the channel")
    active = models.BooleanField(default=True, help_text="Off: the channel no longer has it")
    wanted = models.IntegerField(null=True, blank=True)
    wanted_at = models.DateTimeField(null=True, blank=True)
    changed_in = models.BigIntegerField(
        default=0, db_default=0, editable=False, help_text="number of the transaction that wrote wanted last"
    )
    sent = models.IntegerField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    shown = models.IntegerField(null=True, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=FigureState.choices, default=FigureState.CURRENT)
    refusal = models.CharField(max_length=300, blank=True, help_text="in the channel's words")
    attempts = models.PositiveIntegerField(default=0, help_text="how often this figure was sent without being taken")
    next_at = models.DateTimeField(null=True, blank=True, help_text="not sent again before")
    seen_at = models.DateTimeField(default=clock.now, help_text="when the channel's catalog last had it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="listing_public_id"),
            models.UniqueConstraint(fields=["channel", "external_id"], name="listing_once"),
        ]
        indexes = [
            models.Index(fields=["channel", "wanted_at"], name="listing_waiting", condition=Q(state="waiting")),
            models.Index(fields=["channel", "id"], name="listing_channel"),
            models.Index(fields=["channel", "changed_in", "id"], name="listing_feed"),
            models.Index(fields=["id"], name="listing_fresh", condition=Q(wanted_at__isnull=True, sku__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.code or self.external_id}@{self.channel_id}"


class StockFeed(models.Model):
    """Sending one channel its figures: one worker at a time, until ``busy_until``. ``asked_at``: a run is due since then or is
    under way, so that no other is asked for."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="stock_feed", primary_key=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="in a row")
    trouble = models.CharField(max_length=300, blank=True, help_text="why the channel took nothing the last time")
    trouble_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="when it last took a figure")
    lag_ms = models.PositiveIntegerField(null=True, blank=True, help_text="how long that figure had waited")
    read_at = models.DateTimeField(null=True, blank=True, help_text="when it was last asked what it shows")

    def __str__(self) -> str:
        return f"stock of {self.channel_id}"


class StockMark(models.Model):
    """How far one source of changes has been followed. Rows of a source are numbered before they are committed, so what was
    read up to ``last_id`` is read again from ``settled_id`` on until it has aged (``pending_id``, since ``pending_at``).

    ``state``: of a source without numbers: what it looked like.
    """

    source = models.CharField(max_length=16, primary_key=True)
    last_id = models.BigIntegerField(default=0)
    settled_id = models.BigIntegerField(default=0)
    pending_id = models.BigIntegerField(default=0)
    pending_at = models.DateTimeField(default=clock.now)
    state = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.source} up to {self.last_id}"


class StockRule(models.Model):
    """How much of what is there a channel may sell. The narrowest rule that fits holds whole: one of a SKU before one of a
    category, before the channel's own.

    Units are whole; ``buffer_percent`` of what is available, rounded up.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="stock_rules")
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.CASCADE, related_name="stock_rules")
    category = models.CharField(max_length=64, blank=True, help_text="Empty, without a SKU: everything.")
    sold_here = models.BooleanField(default=True, verbose_name="sold here", help_text="Off: the channel shows none.")
    buffer_units = models.PositiveIntegerField(
        default=0, verbose_name="keep back (units)", help_text="Not shown, so that the last ones are not sold twice."
    )
    buffer_percent = models.PositiveSmallIntegerField(
        default=0, verbose_name="keep back (%)", help_text="Of what is available; with the units, whichever is more."
    )
    cap = models.PositiveIntegerField(
        null=True, blank=True, verbose_name="never show more than", help_text="Empty: as many as there are."
    )
    floor = models.PositiveIntegerField(
        default=0, verbose_name="show none below", help_text="With fewer left than this the channel shows none."
    )
    guaranteed = models.PositiveIntegerField(
        default=0,
        verbose_name="kept for this channel",
        help_text="So many of what is there other channels do not get.",
    )
    oversell = models.PositiveIntegerField(
        default=0, verbose_name="may oversell", help_text="So many more than there are may be sold here."
    )
    sells_ahead = models.BooleanField(
        default=False, verbose_name="sells what is on its way", help_text="Units that are incoming count too."
    )
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "sku"], condition=Q(sku__isnull=False), name="stock_rule_sku_once"
            ),
            models.UniqueConstraint(
                fields=["channel", "category"], condition=Q(sku__isnull=True), name="stock_rule_category_once"
            ),
            models.CheckConstraint(condition=Q(sku__isnull=True) | Q(category=""), name="stock_rule_sku_or_category"),
            models.CheckConstraint(condition=Q(buffer_percent__lte=100), name="stock_rule_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.sku_id or self.category or 'everything'}"


class FieldRule(models.Model):
    """Whose word holds for a field of the SKUs a channel sells; without one: ``FieldOwner.FIRST``."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="field_rules")
    field = models.CharField(max_length=16, choices=FieldName.choices)
    owner = models.CharField(max_length=8, choices=FieldOwner.choices, default=FieldOwner.FIRST)
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "field"], name="field_rule_once")]

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.field} {self.owner}"


class ChannelPlace(models.Model):
    """A location of a shop, and which of our nodes it is; ``external_id`` empty: the shop as a whole, where it keeps no places
    apart. ``node`` empty: nobody has said yet, or it is none of ours."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="places")
    external_id = models.CharField(max_length=128, blank=True)
    name = models.CharField(max_length=128)
    line1 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=128, blank=True)
    region = models.CharField(max_length=64, blank=True)
    postal_code = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)
    active = models.BooleanField(default=True)
    node = models.ForeignKey(Node, null=True, blank=True, on_delete=models.PROTECT, related_name="channel_places")
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="channel_place_once")]

    def __str__(self) -> str:
        return f"{self.name}@{self.channel_id}"


class CatalogImport(models.Model):
    """One reading of a shop's catalog: read page by page, compared, looked at by somebody, applied.

    ``mark``: the page to be read next. ``reached``: the pk of the last row compared or applied. ``twice``: what stands on several
    rows, codes and barcodes, each with the pk of the row that has it first; while it is read, the marks of its pages, in short.
    ``counts``: of rows by verdict, and what else the preview says. ``stock_from``: pks of the places whose stock is taken as
    opening stock.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_import_id)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="catalog_imports")
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.READING)
    stage = models.CharField(max_length=8, choices=ImportStage.choices, default=ImportStage.ARTICLES)
    mark = models.TextField(blank=True)
    read = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(null=True, blank=True)
    reached = models.BigIntegerField(default=0)
    twice = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    stock_from = ArrayField(models.BigIntegerField(), default=list)
    trouble = models.CharField(max_length=300, blank=True)
    started_by = models.CharField(max_length=96)
    applied_by = models.CharField(max_length=96, blank=True)
    started_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="catalog_import_public_id"),
            models.UniqueConstraint(fields=["channel"], condition=Q(state__in=STANDING), name="catalog_import_one"),
        ]

    def __str__(self) -> str:
        return self.public_id


class ImportRow(models.Model):
    """One variant as the shop has it (``facts``), and what applying it does: ``changes`` field by field, ``problems`` as code and
    details. ``code_key``: the code in capitals without spaces."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(CatalogImport, on_delete=models.CASCADE, related_name="rows", db_index=False)
    external_id = models.CharField(max_length=128)
    code = models.CharField(max_length=128, blank=True)
    code_key = models.CharField(max_length=128, blank=True)
    title = models.CharField(max_length=255, blank=True)
    facts = models.JSONField()
    verdict = models.CharField(max_length=8, choices=RowVerdict.choices, blank=True, default=RowVerdict.UNREAD)
    sku = models.ForeignKey(Sku, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    changes = models.JSONField(default=list)
    problems = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "external_id"], name="import_row_once")]
        indexes = [
            models.Index(fields=["run", "verdict", "id"], name="import_row_verdict"),
            models.Index(fields=["run", "code_key"], name="import_row_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code or self.external_id} of {self.run_id}"
