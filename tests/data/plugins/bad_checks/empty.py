"""Offers nothing."""

NAME = "not an evaluator"
