"""A socket in a reference cycle, which only a garbage collection finds."""

import gc
import socket


def test_cycle():
    gc.disable()
    cycle = [socket.socket()]
    cycle.append(cycle)
