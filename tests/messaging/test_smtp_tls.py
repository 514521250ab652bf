"""Encryption and log-in, against a real TLS server on loopback: what works, and what is said where it doesn't."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from batchadmin.accounts.models import Membership
from batches.kinds import Answer, Verdict
from messaging.models import Channel
from messaging.providers.base import Letter, ProviderFault, Sender
from messaging.providers.smtp import SmtpProvider
from messaging.services import ChannelInvalid, channel_check
from tests.fixtures.certificates import Authority
from tests.fixtures.smtp import HOST, SmtpServer, smtp_serving
from tests.messaging.factories import smtp_channel

ACCOUNTS = {"glow": "pässword"}
LOG_IN = {"username": "glow", "password": "pässword"}


def channel_to(server: SmtpServer, **options: Any) -> Channel:
    settings = {"host": server.host, "port": server.port, "security": "none", **options}
    return Channel(pk=1, name="Office", type="smtp", settings=settings)


def sent_by(server: SmtpServer, **options: Any) -> Answer:
    """The answer to one letter."""
    provider = SmtpProvider(channel_to(server, **options), Sender("Glow", "hello@glow.example"))

    async def hand_over() -> Answer:
        answer = await provider.hand_over(
            Letter(1, "b1-1", "bea@example.com", "Bea", "Box", "Hi"), lambda: None
        )
        await provider.aclose()
        return answer

    return asyncio.run(hand_over())


def fault_of(server: SmtpServer, **options: Any) -> ProviderFault:
    with pytest.raises(ProviderFault) as found:
        sent_by(server, **options)
    assert server.messages == []
    return found.value


@pytest.fixture
def starttls(authority: Authority) -> Iterator[SmtpServer]:
    """A server that wants STARTTLS and then a log-in."""
    with smtp_serving(tls=authority.issue(HOST), accounts=ACCOUNTS) as server:
        yield server


@pytest.mark.usefixtures("trusted_authority")
def test_starttls_and_a_log_in_by_plain(starttls: SmtpServer) -> None:
    assert sent_by(starttls, security="starttls", **LOG_IN).verdict is Verdict.ACCEPTED
    assert starttls.logged_in == ["PLAIN glow"]
    assert starttls.messages[0].text.strip() == "Hi"


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_tls_from_the_start_and_a_log_in_by_either_way(trusted_authority: Authority, way: str) -> None:
    with smtp_serving(
        tls=trusted_authority.issue(HOST), implicit=True, accounts=ACCOUNTS, ways=(way,)
    ) as server:
        assert sent_by(server, security="tls", **LOG_IN).verdict is Verdict.ACCEPTED
        assert server.logged_in == [f"{way} glow"]


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_a_wrong_password_is_a_fault_of_the_channel_and_says_so(
    trusted_authority: Authority, way: str
) -> None:
    with smtp_serving(tls=trusted_authority.issue(HOST), accounts=ACCOUNTS, ways=(way,)) as server:
        fault = fault_of(server, security="starttls", username="glow", password="wrong")
    assert fault.reason == "5.7.8"
    assert "535" in str(fault)


@pytest.mark.usefixtures("trusted_authority")
def test_a_log_in_that_is_only_offered_after_encryption_is_said(starttls: SmtpServer) -> None:
    fault = fault_of(starttls, security="none", **LOG_IN)
    assert (fault.reason, str(fault)) == ("no_auth", "Many servers offer one only with encryption.")


@pytest.mark.usefixtures("trusted_authority")
def test_a_server_that_wants_a_log_in_which_we_do_not_have_fails_nobody(starttls: SmtpServer) -> None:
    fault = fault_of(starttls, security="starttls")
    assert fault.reason == "5.7.8"
    assert "530" in str(fault)


@pytest.mark.parametrize("implicit", [True, False], ids=["tls", "starttls"])
def test_a_certificate_by_nobody_known_is_refused(authority: Authority, implicit: bool) -> None:
    with smtp_serving(tls=authority.issue(HOST), implicit=implicit) as server:
        fault = fault_of(server, security="tls" if implicit else "starttls")
    assert fault.reason == "bad_certificate"
    assert str(fault) == "The certificate of 127.0.0.1 was signed by somebody whom this machine doesn't know."


@pytest.mark.parametrize("implicit", [True, False], ids=["tls", "starttls"])
@pytest.mark.parametrize(
    ("name", "expired", "words"),
    [
        ("mail.other.example", False, "The certificate is not for 127.0.0.1 but for another name."),
        (HOST, True, "The certificate of 127.0.0.1 has expired."),
    ],
)
def test_a_certificate_for_another_name_or_time_is_refused(
    trusted_authority: Authority, implicit: bool, name: str, expired: bool, words: str
) -> None:
    with smtp_serving(tls=trusted_authority.issue(name, expired=expired), implicit=implicit) as server:
        fault = fault_of(server, security="tls" if implicit else "starttls")
    assert (fault.reason, str(fault)) == ("bad_certificate", words)


def test_tls_with_a_server_that_speaks_plainly_says_that_the_port_is_wrong(smtp_server: SmtpServer) -> None:
    fault = fault_of(smtp_server, security="tls")
    assert fault.reason == "no_tls"
    assert f"answers on port {smtp_server.port}, but not with TLS" in str(fault)


@pytest.mark.django_db
def test_check_connection_says_it_in_a_sentence_and_what_to_do(
    member: Membership, authority: Authority
) -> None:
    with smtp_serving(tls=authority.issue(HOST)) as server:
        channel = smtp_channel(member, server)
        channel.settings["security"] = "starttls"
        with pytest.raises(ChannelInvalid) as said:
            channel_check(channel=channel)
    assert str(said.value) == (
        "The server's certificate can't be trusted: The certificate of 127.0.0.1 was signed by somebody whom this"
        " machine doesn't know. Owner: check the server's name, and its certificate."
    )


# --- the sender -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 Sender verify failed", "sender_refused"),
        ("553 5.7.1 Sender address rejected: not owned by user", "sender_refused"),
        ("530 5.7.0 Authentication required", "5.7.8"),
    ],
)
def test_a_refused_sender_is_nobodys_dead_mailbox_but_the_channels_fault(
    smtp_server: SmtpServer, reply: str, reason: str
) -> None:
    smtp_server.on_mail = lambda address: reply
    fault = fault_of(smtp_server)
    assert fault.reason == reason
    assert reply in str(fault)


def test_a_sender_refused_for_now_is_tried_again(smtp_server: SmtpServer) -> None:
    smtp_server.on_mail = lambda address: "452 4.3.1 Disk full"
    assert sent_by(smtp_server).verdict is Verdict.RETRY


def test_a_port_on_which_nobody_listens_is_said_in_plain_words() -> None:
    fault = fault_of(SmtpServer(port=1))
    assert (fault.reason, str(fault)) == ("connection", "127.0.0.1:1: Nobody answers on this port.")
