"""Which subjects are worth a score: a keyed hash, rates by tier, a budget that moves them."""
