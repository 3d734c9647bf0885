"""See ``FORMAT_MODULE_PATH`` in the settings."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i T"
TIME_FORMAT = "H:i"
