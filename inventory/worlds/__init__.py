"""Worlds: the same trial told again with other arms, and everything a blinded person can reach compared.

A world is a whole study in a temporary folder: the same keys, seed, clock and script as every other, another
arm for each participant. What differs between two worlds in front of a blinded person is a leak.
"""
