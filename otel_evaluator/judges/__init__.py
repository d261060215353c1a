"""Models that judge; in this version only their configuration."""
