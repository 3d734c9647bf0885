"""Fields of forms for what an adapter asks for, made from its typed settings."""

from __future__ import annotations

from typing import Any

from django import forms
from pydantic.fields import FieldInfo
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from apps.core.translated import looked_up


def field_for(setting: FieldInfo, *, label: str = "") -> forms.Field:
    """Never required by itself: whether it has to be there is for the settings to say."""
    said: dict[str, Any] = {"required": False, "label": looked_up(setting.title or label) or None}
    said["help_text"] = looked_up(setting.description or "")
    if setting.annotation is bool:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **said)
    if setting.annotation is int:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **said)
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **said)
