"""Texts in which capitals or not make no difference, as for PostgreSQL's ILIKE in the locale C.UTF-8."""


def folded(text: str) -> str:
    """Of two texts that differ in capitals alone the same; letter by letter, so ß is not ss, nor ς σ."""
    # Of all letters İ alone has a small one of two characters.
    return "".join([letter.lower()[0] for letter in text])
