"""What channel adapters are made of: the adapter's form, the registry, signing, paging, and HTTP with a shop."""
