"""Values of the environment: each also from a file, and a wrong one is answered by a sentence that says what to write."""

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from batchadmin.lib import env


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("THING", "THING_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_value_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "thing").write_text("from the file\n")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "thing"))
    assert env.text("THING") == "from the file"
    monkeypatch.setenv("THING", "set")
    assert env.text("THING") == "set"


@pytest.mark.parametrize("name", ["THING", "THING_FILE"])
def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    assert env.text("THING", "default") == "default"
    assert env.number("THING", 7) == 7
    assert env.flag("THING", default=True) is True
    assert env.words("THING", ["a"]) == ["a"]
    assert env.is_set("THING") is False


def test_a_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THING_FILE", str(tmp_path / "missing"))
    with pytest.raises(
        env.EnvError, match=r"THING_FILE names “.*missing”, which can't be read \(No such file"
    ):
        env.text("THING")


@pytest.mark.parametrize(
    ("value", "meaning"), [("true", True), ("YES", True), ("1", True), ("off", False), ("0", False)]
)
def test_yes_and_no_have_several_words(monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:
    monkeypatch.setenv("THING", value)
    assert env.flag("THING", default=not meaning) is meaning


def test_words_are_separated_by_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "a.example.com, b.example.com c.example.com")
    assert env.words("THING") == ["a.example.com", "b.example.com", "c.example.com"]


WRONG = [
    (lambda: env.flag("THING"), "perhaps", "write true or false"),
    (lambda: env.number("THING", 2), "many", "write one, for example 2"),
    (lambda: env.number("THING", 2, minimum=1), "0", "write 1 or more"),
    (lambda: env.folder("THING", Path("var")), __file__, "write the path of a folder"),
    (lambda: env.url("THING", ""), "example.com", "write one like https://"),
    (lambda: env.url("THING", ""), "http://[broken", "write one like"),
    (lambda: env.secret("THING", Path("never")), "short", "write at least 32"),
    (lambda: env.email("THING", Path("mail")), "mail.example.com", "write smtp://"),
    (lambda: env.email("THING", Path("mail")), "smtp://mail.example.com:many", "write one like :587"),
    (
        lambda: env.required("THING", "why", ["redis", "unix"]),
        "http://x",
        "redis:// or unix://: write an address",
    ),
]


@pytest.mark.parametrize(
    ("read", "value", "advice"), WRONG, ids=[f"{value}-{advice[:12]}" for _, value, advice in WRONG]
)
def test_a_wrong_value_is_answered_by_what_to_write(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], object], value: str, advice: str
) -> None:
    monkeypatch.setenv("THING", value)
    with pytest.raises(env.EnvError) as caught:
        read()
    assert str(caught.value).startswith("THING ")
    assert advice in str(caught.value)


def test_passwords_are_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "smtpx://me:hunter2@mail.example.com")
    for read in (lambda: env.email("THING", Path("mail")), lambda: env.required("THING", "why", ["redis"])):
        with pytest.raises(env.EnvError) as caught:
            read()
        assert "hunter2" not in str(caught.value)


def test_what_is_required_says_who_sets_it() -> None:
    with pytest.raises(env.EnvError, match=r"THING is not set \(the operator sets it\)"):
        env.required("THING", why="the operator sets it")


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "secret"
    first = env.secret("THING", kept_in=path)
    assert len(first) > 50
    assert env.secret("THING", kept_in=path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_many_that_make_a_secret_at_once_agree_on_one(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(env.secret("THING", kept_in=tmp_path / "secret")))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (20, 1)


def test_a_secret_file_that_is_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(env.EnvError, match="is empty: delete that file"):
        env.secret("THING", kept_in=tmp_path / "secret")


def test_without_a_mail_server_mail_is_kept_in_a_folder(tmp_path: Path) -> None:
    found = env.email("THING", kept_in=tmp_path)
    assert (found.backend, found.folder) == (env.FILE_BACKEND, tmp_path)


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://me%40example.com:p%3Aw@mail.example.com", 25, False, False),
        ("smtp+starttls://me%40example.com:p%3Aw@mail.example.com", 587, True, False),
        ("smtps://me%40example.com:p%3Aw@mail.example.com:4650", 4650, False, True),
    ],
)
def test_a_mail_server_is_read_from_one_address(
    monkeypatch: pytest.MonkeyPatch, url: str, port: int, starttls: bool, tls: bool
) -> None:
    monkeypatch.setenv("THING", url)
    found = env.email("THING", kept_in=Path("mail"))
    assert (found.backend, found.host, found.user, found.password) == (
        env.SMTP_BACKEND,
        "mail.example.com",
        "me@example.com",
        "p:w",
    )
    assert (found.port, found.starttls, found.tls) == (port, starttls, tls)
