"""`retoucher train`: the same words, answers and exit codes as `python -m retoucher.training`, which declares them."""

from typing import Annotated

from cyclopts import App, Parameter

app = App(name="train", help_flags=[], version_flags=[])


@app.default
def train(*words: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Train a network on photos of your own."""
    from retoucher.training.door import main

    return main(words, "retoucher train")
