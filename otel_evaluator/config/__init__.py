"""The mechanics of configuration; knows no component."""
