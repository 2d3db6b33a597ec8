"""`python -m retoucher.training`: what `retoucher train` does, where the command line's own needs are not installed."""

import sys

from retoucher.training.door import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "python -m retoucher.training"))
