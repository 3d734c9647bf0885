"""The resolutions there are, one class each; the registry finds every subclass of ``Resolution`` in this package."""
