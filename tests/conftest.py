"""Makes `tests/fakes.py` importable from every test."""
