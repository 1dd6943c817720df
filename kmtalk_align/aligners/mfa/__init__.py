"""Aligner `mfa`: the Montreal Forced Aligner 3.4, a program of its own that aligns a set of recordings at a time."""
