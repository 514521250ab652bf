"""The mail server of the tests does what tests tell it to, or they would prove nothing."""

import smtplib

import pytest

from tests.fixtures.smtp import DROP, HANG, SmtpServer


def send(server: SmtpServer, address: str = "one@example.com", timeout: float = 60) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as line:
        line.sendmail("us@example.com", [address], "Subject: Hello\r\n\r\nHi one\r\n")


def test_a_message_is_recorded_whole(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    assert smtp_server.addresses() == ["one@example.com"]
    assert (smtp_server.messages[0].subject, smtp_server.messages[0].text.strip()) == ("Hello", "Hi one")


def test_a_recipient_is_refused_as_told(smtp_server: SmtpServer) -> None:
    smtp_server.on_rcpt = lambda address: "550 5.1.1 No such mailbox" if address.startswith("gone") else None
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="No such mailbox"):
        send(smtp_server, "gone@example.com")
    send(smtp_server)
    assert smtp_server.addresses() == ["one@example.com"]


def test_a_line_dropped_after_the_body_leaves_the_message_taken(smtp_server: SmtpServer) -> None:
    smtp_server.on_data = lambda message: DROP
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert smtp_server.addresses() == ["one@example.com"]


def test_a_refused_body_counts_as_refused(smtp_server: SmtpServer) -> None:
    smtp_server.on_data = lambda message: "554 5.6.0 Not like this"
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_server)
    assert (smtp_server.addresses(), len(smtp_server.refused)) == ([], 1)


def test_a_hanging_server_never_answers(smtp_server: SmtpServer) -> None:
    smtp_server.on_data = lambda message: HANG
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(smtp_server, timeout=0.3)


@pytest.mark.parametrize("greeting", ["421 Too many connections", "%%% garbage %%%"])
def test_a_connection_is_greeted_as_told(smtp_server: SmtpServer, greeting: str) -> None:
    smtp_server.on_connect = lambda number: greeting if number == 1 else None
    with pytest.raises((smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected)):
        send(smtp_server)
    send(smtp_server)
    assert len(smtp_server.messages) == 1
