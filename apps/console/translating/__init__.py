"""Where the texts of the console come from, and how a catalog of translations is kept (docs/how-to/translate.md)."""
