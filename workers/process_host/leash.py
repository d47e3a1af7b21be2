"""`python -m workers.process_host.leash HOST_PID COMMAND…`: becomes the command, and dies with the host.

A process of its own and no `preexec_fn`: the host has threads, and what runs between fork and exec may find their locks held.
"""

from __future__ import annotations

import os
import sys

from workers.child.limits import die_with


def main(arguments: list[str]) -> None:
    host, *command = arguments
    # The signal is kept over the exec. What the command starts is tied to the command in the same way.
    die_with(int(host))
    os.execv(command[0], command)  # noqa: S606  there is no shell to do without


if __name__ == "__main__":
    main(sys.argv[1:])
