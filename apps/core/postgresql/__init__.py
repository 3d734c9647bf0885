"""Django's PostgreSQL backend, with times read by the standard library, and fewer indexes."""
