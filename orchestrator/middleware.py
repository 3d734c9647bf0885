"""Django's middleware for people in browsers, which calls of machines pass by (apps/core/machine_calls.py)."""

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions

from apps.core.machine_calls import BrowserOnly


class SessionMiddleware(BrowserOnly, sessions.SessionMiddleware):
    """A machine's call has no session: a bad key beside a good cookie opens nothing."""


class AuthenticationMiddleware(BrowserOnly, auth.AuthenticationMiddleware):
    """A machine is authenticated by the API or by its signature."""


class MessageMiddleware(BrowserOnly, messages.MessageMiddleware):
    """Nothing is shown to a machine on its next page."""
