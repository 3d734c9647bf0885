"""Django's PostgreSQL backend, which gives up quickly while the server does not answer; and the lookups it adds."""
