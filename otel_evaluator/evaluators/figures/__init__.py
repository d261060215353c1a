"""Amounts, dates and times in texts, and what follows from them."""
