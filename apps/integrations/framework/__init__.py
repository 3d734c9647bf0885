"""What every partner adapter is made of."""
