"""Free ports are found without opening anything to the network, not even for a moment."""

from __future__ import annotations

import socket
import subprocess
import sys

from workers.supervisor.environment import ROOT
from workers.supervisor.ports import LOOPBACK, Ports, is_free

# In a process of its own, because an audit hook stays for good.
ASKS = """
import socket, sys
bound = []
def note(event, arguments):
    if event == "socket.bind" and arguments[0].family == socket.AF_INET:
        bound.append(arguments[1][0])
sys.addaudithook(note)
from workers.supervisor.ports import Ports
Ports().any(with_grpc=True)
print(set(bound))
"""

CHOOSES = """
from workers.supervisor.ports import Ports
print(Ports().any())
"""


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        holder.listen()
        taken = holder.getsockname()[1]

        assert not is_free(taken)
        assert Ports().near(taken) != taken


def test_a_port_chosen_by_another_stack_that_has_not_opened_it_yet_is_passed_over() -> None:
    others = Ports()
    chosen = others.any()

    assert is_free(chosen)
    assert Ports().near(chosen) != chosen


def test_a_port_is_free_again_once_the_stack_that_chose_it_is_gone() -> None:
    asked = subprocess.run([sys.executable, "-c", CHOOSES], cwd=ROOT, capture_output=True, text=True, check=True)

    chosen = int(asked.stdout)
    assert Ports().near(chosen) == chosen


def test_only_loopback_is_ever_asked() -> None:
    asked = subprocess.run([sys.executable, "-c", ASKS], cwd=ROOT, capture_output=True, text=True, check=True)

    assert asked.stdout == "{'127.0.0.1'}\n"
