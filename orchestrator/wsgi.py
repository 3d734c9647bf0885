"""The web process."""

import os

from django.core.wsgi import get_wsgi_application

from orchestrator.memory import settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
application = get_wsgi_application()
settle_memory()
