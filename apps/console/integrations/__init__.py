"""How the systems around us are: their health, the calls made for an order, and what was given up."""
