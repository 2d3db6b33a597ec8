"""SC-FEGAN: a face redrawn after a mask, a sketch and colours.

"SC-FEGAN: Face Editing Generative Adversarial Network with User's Sketch and Color" (Jo and Park, ICCV 2019).
"""

from retoucher.models.scfegan.network import SCFEGAN
from retoucher.models.scfegan.weights import from_published

__all__ = ["SCFEGAN", "from_published"]
