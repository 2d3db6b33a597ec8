"""Everything is declared in pyproject.toml; this only refuses to build a package without its editor."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PAGE = Path(__file__).parent / "src" / "retoucher" / "editor" / "index.html"


class BuildWithEditor(build_py):
    """The usual build, once the page is seen to be there."""

    def run(self) -> None:
        """Build; SystemExit where `retoucher serve` would have nothing to serve."""
        if not PAGE.is_file():
            raise SystemExit(f"{PAGE} is missing: the editor must be in the package.")
        super().run()


setup(cmdclass={"build_py": BuildWithEditor})
