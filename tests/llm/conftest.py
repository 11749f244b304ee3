"""No test of language models reaches the network: a test that tries to connect fails."""

import socket

import pytest

GUARDED = (socket.AF_INET, socket.AF_INET6)


@pytest.fixture(autouse=True)
def tried(monkeypatch):
    """The addresses that were tried. Sockets within the machine stay free: event loops use them."""
    tried = []
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def refuse(self, address):
        tried.append(address)
        raise OSError(f"a test tried to connect to {address!r}")

    def restricted(real):
        return lambda self, address: (
            refuse(self, address) if self.family in GUARDED else real(self, address)
        )

    monkeypatch.setattr(socket.socket, "connect", restricted(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", restricted(connect_ex))
    yield tried
    assert not tried, f"tried to connect to {tried}"
