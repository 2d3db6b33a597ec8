"""Where words from a command line become a training run; torch is loaded only when there is something to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from retoucher.errors import RetoucherError, UsageError
from retoucher.training.options import parse


def main(words: Sequence[str], program: str) -> int:
    """Parse and train; what goes wrong ends in one sentence.

    Returns 0, or 2 for wrong use, 1 for failure, 130 where it was stopped by hand. Environment variable RETOUCHER_DEBUG
    shows the traceback of an error that is ours.
    """
    try:
        options = parse(words, program)
        from retoucher.training.command import run

        return run(options)
    except SystemExit as leaving:  # of the parser, which has said what it had to say
        return leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:
        return _fail("Stopped at once: the last checkpoint is kept.", 130)
    except UsageError as error:
        return _fail(str(error), 2)
    except RetoucherError as error:
        return _fail(str(error), 1)
    except Exception as error:
        if os.environ.get("RETOUCHER_DEBUG"):
            raise
        return _fail(f"Training failed ({type(error).__name__}: {' '.join(str(error).split())}).", 1)


def _fail(said: str, code: int) -> int:
    print(f"retoucher: {said}", file=sys.stderr)
    return code
