"""Score ids: a pure function of what was evaluated and by which evaluator revision."""

import hashlib


def score_id(
    subject_kind: str,
    subject_key: str,
    subject_revision: int,
    evaluator: str,
    evaluator_revision: str,
) -> str:
    """BLAKE2b-128 over the five parts, as 32 hexadecimal characters.

    Parts are length-prefixed, so no two different tuples share an encoding.
    """
    parts = (subject_kind, subject_key, str(subject_revision), evaluator, evaluator_revision)
    encoded = [part.encode("utf-8", "replace") for part in parts]
    framed = b"".join([len(part).to_bytes(4, "big") + part for part in encoded])
    return hashlib.blake2b(framed, digest_size=16).hexdigest()


def score_span_id(score: str) -> str:
    """Span id of a score span: the first 8 bytes of the score id, as hexadecimal text."""
    return score[:16]


def call_span_id(score: str, number: int) -> str:
    """Span id of the n-th request to a judge for a score, as hexadecimal text."""
    return hashlib.blake2b(f"call:{score}:{number}".encode(), digest_size=8).hexdigest()


def share(score: str, purpose: str) -> float:
    """A number in [0, 1) for one score id and purpose: the same everywhere, as good as random."""
    digest = hashlib.blake2b(f"{purpose}:{score}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / 2.0**56
