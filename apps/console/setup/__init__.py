"""What operations sets up: mappings, policies, limits, mail, imports, messages, failed steps."""
