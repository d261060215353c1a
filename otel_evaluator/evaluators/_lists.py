"""Word lists as they are read best: one text, words apart by spaces."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
