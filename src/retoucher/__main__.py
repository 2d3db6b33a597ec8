"""The command `retoucher`, also as `python -m retoucher`: nothing but a guard around `cli.main`."""

import sys


def main() -> int:
    """Run the command; Ctrl-C is answered with a sentence even while the rest is still being imported."""
    try:
        from retoucher import cli

        return cli.main()
    except KeyboardInterrupt:
        print("retoucher: Stopped before anything was begun.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
