"""Runs a command, and ends it with all that it started once whoever started us is gone.

python -m training.leash COMMAND…

`launch.py` starts trainings with it, in a session of their own: the standard input is a pipe, which
ends with the process that holds its other end, however that ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def _watch() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run the command, and leave with its exit code."""
    if os.getpgrp() != os.getpid():
        # The whole group is killed: nobody else may be in it.
        os.setpgid(0, 0)
    threading.Thread(target=_watch, daemon=True).start()
    code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, check=False).returncode
    # A thread that reads cannot be ended in an orderly way.
    os._exit(code if code >= 0 else 1)


if __name__ == "__main__":
    main()
