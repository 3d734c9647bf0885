"""Notices to staff, and mails to customers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.core.secrets import SecretField
from apps.notifications.states import MailSecurity, MessageState, MessageTemplate, NoticeKind
from apps.orders.models import Order


def new_notice_id() -> str:
    return new_id("ntc")


def new_message_id() -> str:
    return new_id("cms")


class StaffNotice(models.Model):
    """Something one member of staff should know; in the console, and by mail where ``mail`` says so."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_notice_id)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    text = models.CharField(max_length=300, help_text="one sentence, without personal data of customers")
    link = models.CharField(max_length=255, help_text="a page of the console, from the slash on")
    about = models.CharField(
        max_length=ID_LENGTH, blank=True, help_text="the comment it is about, which is read where it stands"
    )
    mail = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_latest"),
            models.Index(fields=["user"], name="notice_unread", condition=Q(read_at__isnull=True)),
        ]
        constraints = [models.UniqueConstraint(fields=["public_id"], name="staff_notice_public_id")]

    def __str__(self) -> str:
        return self.text


class CustomerMessage(models.Model):
    """A mail to a customer about their order. Holds no personal data: the address is read when it is sent."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_message_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="messages", db_index=False)
    template = models.CharField(max_length=32, choices=MessageTemplate.choices)
    reference = models.CharField(max_length=ID_LENGTH, help_text="what it is about; the same is told once")
    params = models.JSONField(default=dict, help_text="codes, quantities, dates and amounts")
    state = models.CharField(max_length=8, choices=MessageState.choices, default=MessageState.DUE)
    made_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="customer_message_public_id"),
            models.UniqueConstraint(fields=["order", "template", "reference"], name="customer_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.reference}"


class MailSetup(models.Model):
    """Who mails are from and which server takes them: one row, or none while the settings of the servers count."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    sender_name = models.CharField(max_length=128)
    sender_address = models.EmailField()
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=8, choices=MailSecurity.choices, default=MailSecurity.STARTTLS)
    username = models.CharField(max_length=255, blank=True)
    password = SecretField(blank=True, sent_to="host")
    history = History(excluded_fields=["password"])

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="one_mail_setup")]

    def __str__(self) -> str:
        return self.sender_address


class CustomerText(models.Model):
    """The shop's own words for one kind of message to customers; without a row the built-in ones count."""

    template = models.CharField(max_length=32, choices=MessageTemplate.choices, unique=True)
    subject = models.CharField(max_length=150)
    body = models.TextField(max_length=4000)
    history = History()

    def __str__(self) -> str:
        return self.get_template_display()
