"""`retoucher serve` as a process of its own, with a home of its own, that can be killed and started again."""

import os
import subprocess
import sys
from pathlib import Path

import httpx


class Served:
    """A server for the files of this checkout. `more` are further arguments of the command."""

    def __init__(self, home: Path, *more: str):
        self.home, self.more = home, more
        self.port = 0
        self.process = None

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Begin, on the same port as before if there was one, and wait for the line that says it is ready."""
        command = [sys.executable, "-m", "retoucher", "serve", *self.more, "--port", str(self.port), "--no-open"]
        places = {"HOME": "", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config"}
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
        environment |= {name: str(self.home / folder) for name, folder in places.items()}
        environment.pop("RETOUCHER_HOME", None)
        with (self.home / "errors.txt").open("ab") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("Retoucher is ready: http://127.0.0.1:"), line + self.errors
        self.port = httpx.URL(line.split()[-1]).port
        return self

    def stop(self, how="terminate"):
        """End it; `kill` gives it no time for anything."""
        if self.process is not None:
            getattr(self.process, how)()
            self.process.wait(20)
            self.process.stdout.close()
            self.process = None

    def kill(self):
        self.stop("kill")

    @property
    def errors(self):
        """What it complained of; nothing, if all is well."""
        return (self.home / "errors.txt").read_text("utf-8", "replace")
