"""Runs evaluators fairly: deadlines, isolation, worker processes."""
