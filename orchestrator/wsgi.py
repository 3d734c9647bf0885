"""The web process."""

import os

import django

from orchestrator.doors import Application
from orchestrator.memory import settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup(set_prefix=False)
application = Application()
settle_memory()
# Where the door and the workers share cores the door gives way: an order taken in sooner than it can be routed only waits.
os.nice(int(os.environ.get("ORDERYARD_NICE", "0")))
