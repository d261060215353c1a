"""Estimates with intervals; pure, of sums and counts alone."""
