"""A process that runs cryo and nothing else: it may hang, die or end by a fault, and its parent judges by what it left.

It reads what to do as one line of JSON, so that an address that holds a right stands in no list of processes; and says how it went as
another. It imports nothing of Trace: it is run as a file.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    order = json.loads(sys.stdin.readline())
    # cryo prints, and so does what it is made of.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        import cryo  # type: ignore[import-untyped]  # noqa: PLC0415  what it says when it cannot be loaded is an answer too

        said = {"counts": cryo.freeze([order["dataset"]], verbose=False, **order["asked"])}
    except BaseException as error:  # noqa: BLE001  a panic of Rust is no Exception
        said = {"error": f"{type(error).__name__}: {error}"}
    answer.write(json.dumps(said) + "\n")
    answer.flush()
    # It was seen to end by a fault after the files were there: leave before it can.
    os._exit(0)


if __name__ == "__main__":
    main()
