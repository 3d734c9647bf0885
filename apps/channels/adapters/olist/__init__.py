"""Olist."""
