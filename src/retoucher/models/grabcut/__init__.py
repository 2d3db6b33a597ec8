"""A thing cut out by its colours and edges: no weights at all."""

from retoucher.models.grabcut.network import GrabCut

__all__ = ["GrabCut"]
