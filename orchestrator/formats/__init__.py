"""How the configuration screens write dates: as the console does, and with the zone they are in."""
