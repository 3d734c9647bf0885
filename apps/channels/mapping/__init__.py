"""From any channel's message to the canonical order, by a document that people can read and edit.

Pure: no Django, no clock, no network, the same answer for the same message. ``documents`` loads and lints a mapping
document, ``recognition`` picks one for a message, ``engine`` applies it, ``facts`` extracts what must be known before.
"""
