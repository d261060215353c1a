"""A plugin with everything that can go wrong while it is loaded."""
