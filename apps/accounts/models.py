"""Staff and API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.password_validation import validate_password
from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import new_id
from apps.core.secrets import FingerprintField


class Role(models.TextChoices):
    AGENT = "agent", "CS agent"
    LEAD = "lead", "CS lead"
    MANAGER = "manager", "Manager"
    OPERATIONS = "operations", "Operations"
    INTEGRATOR = "integrator", "Integrator"
    ADMIN = "admin", "Administrator"


# How dates and numbers are written; the language of the words is chosen apart from it.
LOCALES = (
    ("en-GB", "English, 31/12/2026"),
    ("en-US", "English (US), 12/31/2026"),
    ("de-DE", "Deutsch, 31.12.2026"),
    ("fr-FR", "Français, 31/12/2026"),
    ("es-ES", "Español, 31/12/2026"),
    ("it-IT", "Italiano, 31/12/2026"),
    ("nl-NL", "Nederlands, 31-12-2026"),
    ("pl-PL", "Polski, 31.12.2026"),
    ("sv-SE", "Svenska, 2026-12-31"),
    ("pt-BR", "Português (BR), 31/12/2026"),
    ("ja-JP", "日本語, 2026/12/31"),
)


def new_user_id() -> str:
    return new_id("usr")


def new_key_id() -> str:
    return new_id("key")


class StaffManager(UserManager["User"]):
    """Makes people by code and by command; pages ask their forms for the same rules."""

    def _create_user_object(self, username: str, email: str, password: str | None, **fields: Any) -> User:
        """Raises ValidationError for a password that the rules refuse."""
        if password is not None:
            validate_password(password, User(username=username, email=email or "", **fields))
        made: User = super()._create_user_object(username, email, password, **fields)  # type: ignore[misc]
        return made


class User(AbstractUser):
    """A member of staff."""

    password = FingerprintField(max_length=128)
    objects: ClassVar[StaffManager] = StaffManager()
    public_id = PublicIdField(default=new_user_id)
    role = models.CharField(
        max_length=16, choices=Role.choices, default=Role.AGENT, help_text="What the person may do."
    )
    nodes = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        verbose_name="own stores",
        help_text="The stores and warehouses the person works for, and sees. Empty: all.",
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="In whose hours times are shown. Empty: those of the browser."
    )
    language = models.CharField(
        max_length=8,
        blank=True,
        choices=settings.LANGUAGES,
        help_text="What the console and mails are written in. Empty: what the browser asks for.",
    )
    locale = models.CharField(
        max_length=16,
        blank=True,
        choices=LOCALES,
        verbose_name="dates and numbers",
        help_text="How times and amounts are written. Empty: as the browser does.",
    )

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(fields=["public_id"], name="user_public_id")]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiKey(models.Model):
    """A key a machine calls with. Only its SHA-256 is kept; the text is shown once."""

    public_id = PublicIdField(default=new_key_id)
    name = models.CharField(max_length=100, help_text="What the key is for, such as: ERP.")
    hash = FingerprintField(max_length=64, unique=True, editable=False)
    role = models.CharField(
        max_length=16,
        choices=Role.choices,
        default=Role.INTEGRATOR,
        help_text="What a caller with this key may do at most.",
    )
    scopes = ArrayField(models.CharField(max_length=32), default=list, blank=True, help_text="empty: all the role has")
    channels = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="The key reaches only these. Empty: all."
    )
    nodes = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        verbose_name="locations",
        help_text="The key reaches only these. Empty: all.",
    )
    quota_per_minute = models.PositiveIntegerField(
        default=12_000, verbose_name="calls a minute at most", help_text="0: no limit."
    )
    owner = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="api_keys",
        help_text="Who answers for it. What the key proposes, its owner does not approve.",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False, verbose_name="made")
    created_by = models.CharField(max_length=96, blank=True, editable=False, verbose_name="made by")
    expires_at = models.DateTimeField(
        null=True, blank=True, verbose_name="good until", help_text="Empty: until it is revoked."
    )
    last_used_at = models.DateTimeField(null=True, editable=False, verbose_name="last used", help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=96, blank=True, editable=False)
    revoked_because = models.CharField(max_length=300, blank=True, editable=False, verbose_name="revoked because")
    revoked_from = models.CharField(
        max_length=64, blank=True, editable=False, help_text="The network address it was revoked from."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="api_key_public_id")]

    def __str__(self) -> str:
        return self.name

    def revoke(self, *, why: str, remote: str, by: str, now: datetime) -> None:
        self.revoked_at, self.revoked_by = now, by
        self.revoked_because, self.revoked_from = why[:300], remote[:64]
