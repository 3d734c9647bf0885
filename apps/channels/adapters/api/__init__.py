"""Orders in our own form, by the API."""
