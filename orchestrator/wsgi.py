"""The product for a WSGI server of your own, behind a proxy that buffers requests. What we ship serves ``asgi.py``."""

import os

import django

from orchestrator.requests import WSGIApplication

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup(set_prefix=False)
application = WSGIApplication()
