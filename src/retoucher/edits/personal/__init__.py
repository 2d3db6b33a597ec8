"""Persons: photos are looked at, a person is made of them, and faces are repaired, enlarged, changed and imagined."""
