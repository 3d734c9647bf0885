"""The web process, as ``webserver.py`` starts it."""

import os

import django

from orchestrator.garbage_collection import settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup(set_prefix=False)

from orchestrator.buffered import BufferedApplication  # noqa: E402 - Django has to be set up before its handlers load

application = BufferedApplication()
settle_memory()
# Where web server and workers share cores the web server gives way: an order taken in sooner than it can be routed only waits.
os.nice(int(os.environ.get("ORDERYARD_NICE", "0")))
