"""`python -m retoucher` is the command `retoucher`."""

import sys

from retoucher.cli import main

sys.exit(main())
