"""Text that can be written as UTF-8."""


def encodable(text: str) -> str:
    """The text without lone surrogates, which escaped JSON can hold and no encoder takes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()
