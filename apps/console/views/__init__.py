"""The pages, one file per part of the navigation: parse, ask, render."""
