"""Writing JSON."""

from rest_framework.renderers import JSONRenderer


class CompactJSONRenderer(JSONRenderer):
    """UTF-8, no spaces."""

    charset = None
    ensure_ascii = False
    compact = True
