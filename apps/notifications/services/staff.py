"""Notices to staff: in the console at once, by mail a moment later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.casework.redaction import redaction_for
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import Fact, record
from apps.core.transactions import atomic_unless_buffered
from apps.notifications.events import NoticeToMail
from apps.notifications.mailing import send_mail
from apps.notifications.models import StaffNotice
from apps.notifications.selectors import may_still_see
from apps.notifications.states import NoticeKind

# Of these the latest about a thing says it all: an unread one before it goes.
REPLACING = (NoticeKind.ESCALATION, NoticeKind.SLA)


@atomic_unless_buffered
def notify_people(
    users: Iterable[User], *, text: str, link: str, kind: str, about: str = "", mail: bool = False, actor: Actor
) -> list[StaffNotice]:
    """One notice for each of the people, each person once. ``link`` is a page of the console.

    ``about``: the id of the comment it is about. ``mail``: it goes out as mail too, to those who have an address.
    """
    people = {user.pk: user for user in users}.values()
    if kind in REPLACING:
        StaffNotice.objects.filter(user__in=people, kind=kind, link=link, read_at__isnull=True).delete()
    rows = StaffNotice.objects.bulk_create(
        [
            StaffNotice(
                user=user,
                kind=kind,
                text=redaction_for(user.nodes).text(text)[:300],
                link=link,
                about=about,
                mail=mail and bool(user.email),
            )
            for user in people
        ]
    )
    record(*[Fact(NoticeToMail(), row.pk, row.public_id, "") for row in rows if row.mail], actor=actor)
    return rows


def read_notices(user: User, refs: Sequence[str] | None = None) -> int:
    """The person has read these and what else leads to the same pages, or all of them; another's are left alone. Returns how
    many were new to them."""
    rows = StaffNotice.objects.filter(user=user, read_at__isnull=True)
    if refs is not None:
        links = StaffNotice.objects.filter(user=user, public_id__in=refs).values_list("link", flat=True)
        rows = rows.filter(link__in=list(links))
    return rows.update(read_at=clock.now())


def forget_notices(before: datetime) -> None:
    """Drop notices made before, read or not."""
    StaffNotice.objects.filter(made_at__lt=before).delete()


def mail_notice(notice_id: int) -> None:
    """Send one notice by mail. What was sent, has been read meanwhile, or is none of the person's business any more, is left."""
    notice = StaffNotice.objects.select_related("user").filter(pk=notice_id, mailed_at__isnull=True).first()
    if notice is None or notice.read_at is not None or not notice.user.email or not may_still_see(notice):
        return
    # What the person may read now, which can be less than when it was written.
    notice.text = redaction_for(notice.user.nodes).text(notice.text)
    address = settings.ORDERYARD["URL"].rstrip("/") + notice.link
    with translation.override(mail_language(notice.user)):
        text = render_to_string("notifications/staff/notice.txt", {"notice": notice, "address": address})
        subject = f"{_(str(notice.get_kind_display()))}: {notice.text}"
    send_mail(subject=subject, body=text, to=notice.user.email)
    StaffNotice.objects.filter(pk=notice_id).update(mailed_at=clock.now())


def mail_password_link(user_id: int, *, invited: bool) -> None:
    """Send the person a link that sets the password. It is made as it is sent, so nothing keeps it; used once, it is void."""
    user = User.objects.filter(pk=user_id, is_active=True).exclude(email="").first()
    if user is None:
        return
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
    shop, address = settings.ORDERYARD["SHOP_NAME"], settings.ORDERYARD["URL"].rstrip("/")
    context = {"user": user, "shop": shop, "invited": invited, "address": f"{address}/password/{uid}/{token}/"}
    context["days"] = settings.PASSWORD_RESET_TIMEOUT // 86_400
    with translation.override(mail_language(user)):
        subject = _("Your login to {shop}") if invited else _("Set a new password for {shop}")
        body = render_to_string("notifications/staff/password.txt", context)
    send_mail(subject=subject.format(shop=shop), body=body, to=user.email)


def mail_language(user: User) -> str:
    """In which language somebody is written to, with no browser there to ask."""
    return user.language or settings.LANGUAGE_CODE
