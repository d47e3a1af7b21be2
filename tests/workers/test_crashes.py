"""Half a worker would hold messages and do nothing with them."""

from __future__ import annotations

import subprocess
import sys

from workers.platform_worker.crashes import EXIT_CODE

FAILING = """
import threading
from workers.platform_worker.crashes import end_with_any_thread
end_with_any_thread()
threading.Thread(target=lambda: 1 / 0, name="slot-3").start()
threading.Event().wait()
"""


def test_a_thread_that_fails_takes_its_process_along_and_says_which() -> None:
    ended = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == EXIT_CODE
    assert "slot-3" in ended.stdout + ended.stderr
    assert "ZeroDivisionError" in ended.stdout + ended.stderr
