"""Parts of the console inside what is drawn by Django's own language: the frame of the configuration screens."""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def console_part(context: template.Context, name: str) -> SafeString:
    """``{% console_part "shell/sidebar" %}``: a part as the console's own pages have it, of the request alone."""
    return mark_safe(render_to_string(f"console/{name}.html", request=context["request"]))  # noqa: S308 - it escapes
