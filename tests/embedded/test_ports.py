"""Ports: the wanted one, the next one, any one."""

import socket
from collections.abc import Iterator

import pytest

from orchestrator.embedded import EmbeddedError, ports
from orchestrator.embedded.ports import free_port, is_free, reserve


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_gives_the_wanted_port_where_it_is_free_and_says_nothing(free_port_number: int, said: list[str]) -> None:
    assert free_port(free_port_number, purpose="the web server", say=said.append) == free_port_number
    assert said == []


def test_gives_the_next_free_port_and_says_so(taken: int, said: list[str]) -> None:
    port = free_port(taken, purpose="the web server", say=said.append)
    assert taken < port < taken + ports.TRIES
    assert said == [f"port {taken} is taken: the web server uses {port}"]


def test_gives_any_free_port_where_none_is_wanted(said: list[str]) -> None:
    assert is_free(free_port(None, purpose="Valkey", say=said.append))


def test_gives_up_where_all_are_taken(taken: int, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "TRIES", 1)
    with pytest.raises(EmbeddedError, match=f"No free port for the web server from {taken}"):
        free_port(taken, purpose="the web server", say=said.append)


def test_a_port_taken_on_all_addresses_is_not_free_on_loopback() -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_a_port_whose_last_connection_is_still_closing_is_free() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()
        with socket.create_connection(address), listener.accept()[0] as accepted:
            accepted.shutdown(socket.SHUT_RDWR)
    assert is_free(address[1])


def test_a_port_is_reserved_from_the_first_second_and_nobody_else_gets_it(
    free_port_number: int, said: list[str]
) -> None:
    with (
        reserve(free_port_number, purpose="the web server", say=said.append) as first,
        reserve(free_port_number, purpose="the web server", say=said.append) as second,
    ):
        assert first.getsockname()[1] == free_port_number
        assert second.getsockname()[1] > free_port_number
        assert said == [f"port {free_port_number} is taken: the web server uses {second.getsockname()[1]}"]
        with socket.socket() as sharer:
            sharer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match="in use"):
                sharer.bind(first.getsockname())


def test_a_port_somebody_shares_with_whoever_likes_is_taken(said: list[str]) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with reserve(port, purpose="the web server", say=said.append) as other:
            assert other.getsockname()[1] != port


def test_reserving_gives_up_where_all_ports_are_taken(
    taken: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "TRIES", 1)
    with pytest.raises(EmbeddedError, match=f"No free port for the web server from {taken}"):
        reserve(taken, purpose="the web server", say=said.append)


def test_whoever_connects_before_the_server_is_there_is_served_once_it_is(said: list[str]) -> None:
    with (
        reserve(None, purpose="the web server", say=said.append) as listener,
        socket.create_connection(listener.getsockname()) as early,
    ):
        with listener.accept()[0] as accepted:
            accepted.sendall(b"here")
        assert early.recv(4) == b"here"
