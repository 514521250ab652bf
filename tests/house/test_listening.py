"""Finding a port: the next one when the default one is taken, and a sentence when a named one is."""

import pytest

from batchadmin.lib.supervisor import PortError, listen


def test_the_next_free_port_is_found_when_the_first_is_taken(taken_port: int) -> None:
    found = listen(host="127.0.0.1", port=taken_port, move_on=True)
    found.socket.close()
    assert found.port > taken_port
    assert found.url == f"http://127.0.0.1:{found.port}"


def test_a_named_port_that_is_taken_is_refused(taken_port: int) -> None:
    with pytest.raises(PortError, match=f"Port {taken_port} at 127.0.0.1 is taken by another program"):
        listen(host="127.0.0.1", port=taken_port, move_on=False)


def test_a_host_that_is_not_this_machine_is_refused() -> None:
    with pytest.raises(PortError, match=r"can't be used: "):
        listen(host="203.0.113.9", port=8000, move_on=True)


def test_a_host_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PortError, match=r"nowhere\.invalid"):
        listen(host="nowhere.invalid", port=8000, move_on=True)


def test_an_open_host_is_reached_at_this_machines_address() -> None:
    found = listen(host="0.0.0.0", port=0, move_on=True)
    found.socket.close()
    assert found.url == "http://127.0.0.1:0"


def test_nothing_answers_where_no_web_server_is(taken_port: int) -> None:
    found = listen(host="127.0.0.1", port=taken_port, move_on=True)
    assert found.answers(seconds=0.1) is False
    found.socket.close()
