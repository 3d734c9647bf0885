"""The same verbs done outside a case, by a page or the API, within the limits that count in a case."""
