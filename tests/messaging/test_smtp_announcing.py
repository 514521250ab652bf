"""The next envelope goes along with a body, and never the next body; whatever goes wrong is told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from batches.kinds import Answer, HandoverWithdrawn, Verdict
from messaging.providers.base import Letter
from messaging.providers.smtp import SmtpProvider
from messaging.providers.smtp_connection import GarbageReply, SmtpConnection
from tests.fixtures.smtp import DROP, SmtpServer, smtp_serving
from tests.messaging.test_smtp import letter, provider

OK, GONE, UNKNOWN = Verdict.ACCEPTED, Verdict.REFUSED, Verdict.AMBIGUOUS


class Row:
    """Letters of which each is handed over after the one before, and known beforehand as the one that follows."""

    def __init__(self, sender: SmtpProvider, count: int) -> None:
        self.sender = sender
        self.letters = [letter(number) for number in range(1, count + 1)]
        self.begun: list[int] = []

    async def hand_over(self, place: int) -> Answer:
        one = self.letters[place]
        following: Sequence[Letter] = self.letters[place + 1 : place + 2]
        return await self.sender.hand_over_ahead(
            one, lambda: self.begun.append(one.key), lambda: following[0] if following else None
        )

    async def all(self) -> list[Verdict]:
        answers = [await self.hand_over(place) for place in range(len(self.letters))]
        await self.sender.aclose()
        return [answer.verdict for answer in answers]


def test_each_envelope_goes_with_the_body_before_it_and_no_body_does(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    write = SmtpConnection.write

    def noted(connection: SmtpConnection, data: bytes) -> None:
        written.append(data)
        write(connection, data)

    monkeypatch.setattr(SmtpConnection, "write", noted)
    row = Row(provider(smtp_server), 5)
    assert asyncio.run(row.all()) == [OK] * 5
    assert smtp_server.addresses() == [f"bea{number}@example.com" for number in range(1, 6)]
    assert (smtp_server.connections, row.begun) == (1, [1, 2, 3, 4, 5])
    bodies = [data for data in written if b"\r\n.\r\n" in data]
    assert [data.count(b"\r\n.\r\n") for data in bodies] == [1] * 5
    assert [data.endswith(b"DATA\r\n") for data in bodies] == [True] * 4 + [False]


def test_what_follows_garbage_is_nobodys_answer() -> None:
    async def replies(data: bytes) -> list[int]:
        connection = SmtpConnection()
        connection.data_received(data)
        found = [(await connection.reply()).code]
        with pytest.raises(GarbageReply):
            await connection.reply()
        return found

    assert asyncio.run(replies(b"250 first\r\nwhat?\r\n250 second\r\n354 third\r\n")) == [250]


def test_a_server_that_says_more_than_it_was_asked_is_not_believed() -> None:
    async def run() -> tuple[list[Verdict], int]:
        server = await asyncio.get_running_loop().create_server(Talkative, "127.0.0.1", 0)
        row = Row(provider(SmtpServer(port=server.sockets[0].getsockname()[1])), 2)
        verdicts = [(await row.hand_over(place)).verdict for place in (0, 1)]
        await row.sender.aclose()
        server.close()
        return verdicts, len(row.begun)

    Talkative.taken = 0
    verdicts, _begun = asyncio.run(run())
    assert verdicts == [Verdict.RETRY, Verdict.RETRY]
    assert Talkative.taken == 0


def test_a_server_that_does_not_offer_it_gets_one_thing_at_a_time() -> None:
    with smtp_serving(pipelining=False) as server:
        row = Row(provider(server), 3)
        row.letters[2].address = "no address"
        assert asyncio.run(row.all()) == [OK, OK, GONE]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "verdict", "connections"),
    [
        ("554 5.7.1 Spam", Verdict.REFUSED, 1),
        ("421 4.3.2 Going down", Verdict.RETRY, 2),
        ("421 4.7.0 Too many messages", Verdict.THROTTLED, 2),
        (DROP, Verdict.AMBIGUOUS, 2),
        ("hello there", Verdict.AMBIGUOUS, 2),
    ],
)
def test_what_is_said_of_a_body_is_about_its_message_alone(
    smtp_server: SmtpServer, reply: str, verdict: Verdict, connections: int
) -> None:
    smtp_server.on_data = lambda message: reply if message.number == 1 else None
    row = Row(provider(smtp_server), 3)
    assert asyncio.run(row.all()) == [verdict, OK, OK]
    assert smtp_server.addresses()[-2:] == ["bea2@example.com", "bea3@example.com"]
    assert (smtp_server.connections, row.begun) == (connections, [1, 2, 3])


@pytest.mark.parametrize(("reply", "verdict"), [("550 5.1.1 Nobody", Verdict.REFUSED), (DROP, Verdict.RETRY)])
def test_a_recipient_refused_beforehand_is_told_when_it_is_their_turn(
    smtp_server: SmtpServer, reply: str, verdict: Verdict
) -> None:
    smtp_server.on_rcpt = lambda address: reply if address == "bea2@example.com" else None
    row = Row(provider(smtp_server), 3)
    assert asyncio.run(row.all()) == [OK, verdict, OK]
    assert smtp_server.addresses() == ["bea1@example.com", "bea3@example.com"]
    assert row.begun == [1, 3]


def test_what_follows_and_is_taken_back_leaves_no_trace_and_goes_another_way(smtp_server: SmtpServer) -> None:
    row = Row(provider(smtp_server), 2)

    async def taken_back() -> list[Verdict]:
        first = await row.hand_over(0)
        row.sender.not_following(row.letters[1])
        second = await row.hand_over(1)
        await row.sender.aclose()
        return [first.verdict, second.verdict]

    assert asyncio.run(taken_back()) == [OK, OK]
    assert smtp_server.addresses() == ["bea1@example.com", "bea2@example.com"]
    assert smtp_server.connections == 2


def test_what_is_taken_back_while_the_one_before_waits_harms_neither(smtp_server: SmtpServer) -> None:
    row = Row(provider(smtp_server), 2)

    async def taken_back() -> list[Verdict]:
        first = asyncio.create_task(row.hand_over(0))
        while not row.begun:
            await asyncio.sleep(0.01)
        row.sender.not_following(row.letters[1])
        second = await row.hand_over(1)
        verdicts = [(await first).verdict, second.verdict]
        await row.sender.aclose()
        return verdicts

    assert asyncio.run(taken_back()) == [OK, OK]
    assert sorted(smtp_server.addresses()) == ["bea1@example.com", "bea2@example.com"]


def test_a_batch_that_is_stopped_sends_nothing_of_what_was_announced(smtp_server: SmtpServer) -> None:
    row = Row(provider(smtp_server), 2)

    def stopped() -> None:
        raise HandoverWithdrawn

    async def stop_after_the_first() -> None:
        assert (await row.hand_over(0)).verdict is OK
        with pytest.raises(HandoverWithdrawn):
            await row.sender.hand_over(row.letters[1], stopped)
        await row.sender.aclose()

    asyncio.run(stop_after_the_first())
    assert smtp_server.addresses() == ["bea1@example.com"]


class Forgetful(asyncio.Protocol):
    """Offers to take several commands at once, and drops what comes along with the end of a body."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if b"\r\n.\r\n" in self.buffer:
            type(self).taken += 1
            self.buffer = b""
            self.transport.write(b"250 Ok\r\n")
        elif self.buffer.endswith(b"DATA\r\n"):
            self.transport.write(b"250 Ok\r\n250 Ok\r\n354 Go on\r\n")
            self.buffer = b""
        elif self.buffer.startswith(b"EHLO"):
            self.transport.write(b"250-sink\r\n250 PIPELINING\r\n")
            self.buffer = b""


class Talkative(Forgetful):
    """Answers each envelope once more than it should."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if data.endswith(b"DATA\r\n"):
            self.transport.write(b"250 And all is well\r\n")


def test_a_server_that_does_not_hear_what_it_offers_to_hear_is_not_asked_again() -> None:
    async def run() -> tuple[list[Verdict], int]:
        server = await asyncio.get_running_loop().create_server(Forgetful, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        row = Row(provider(SmtpServer(port=port)), 4)
        verdicts = [(await row.hand_over(0)).verdict]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(row.hand_over(1), 0.2)
        verdicts += [(await row.hand_over(place)).verdict for place in (1, 2, 3)]
        await row.sender.aclose()
        server.close()
        return verdicts, len(row.begun)

    Forgetful.taken = 0
    assert asyncio.run(run()) == ([OK] * 4, 4)
    assert Forgetful.taken == 4
