"""What is refused before any pixel is decoded."""

from __future__ import annotations

from retoucher.errors import UsageError


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise UsageError for a picture that claims more than `max_pixels` pixels."""
    if width * height > max_pixels:
        raise UsageError(
            f"The photo claims {width:,} x {height:,} pixels, more than the {max_pixels:,} allowed;"
            f" raise --max-pixels (max_pixels) if that is right."
        )


FRAMES = (
    "This file holds {} pictures, and only single photos are retouched; save the one you want as a file of its own."
)
"""What to say of an animation or a file of several pages."""
