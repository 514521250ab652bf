"""create_program and create_token, as scripts rely on them."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from batchadmin.accounts.models import ApiToken, Program, User
from batchadmin.accounts.services import token_find
from tests.factories import ProgramFactory, UserFactory

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_create_program_prints_a_log_in_that_works() -> None:
    document = json.loads(run("create_program", "Glow Beauty", "--owner", "ana@glow.example", "--json"))
    assert document["program"] == "glow-beauty"
    assert document["owner"] == "ana@glow.example"
    assert User.objects.get(email="ana@glow.example").check_password(document["password"])


def test_create_program_tells_people_the_same() -> None:
    words = run("create_program", "Glow", "--owner", "ana@glow.example")
    assert "/p/glow/" in words
    assert "ana@glow.example" in words


def test_create_program_prints_no_password_for_a_known_owner() -> None:
    user = UserFactory.create()
    assert json.loads(run("create_program", "Glow", "--owner", user.email, "--json"))["password"] is None


@pytest.mark.parametrize(
    "words",
    [
        ["create_program", "", "--owner", "a@b.example"],
        ["create_program", "Glow", "--owner", "nobody"],
        ["create_program", "Glow"],
        ["create_program", "Glow", "--owner", "a@b.example", "--time-zone", "Mars/Base"],
        ["create_program", "Glow", "--owner", "a@b.example", "--slug", "taken"],
        ["create_token", "--program", "none", "--role", "viewer"],
        ["create_token", "--program", "taken", "--role", "boss"],
        ["create_token", "--program", "taken", "--role", "viewer", "--name", " "],
        ["create_token", "--program", "taken"],
    ],
)
def test_bad_usage_makes_nothing(words: list[str]) -> None:
    ProgramFactory.create(slug="taken")
    with pytest.raises(CommandError) as refusal:
        run(*words)
    # Django itself turns an error of the command line into status 2; ours carry it.
    assert refusal.value.returncode == 2 or "Error:" in str(refusal.value)
    assert Program.objects.count() == 1
    assert not ApiToken.objects.exists()


def test_create_token_prints_a_token_that_works() -> None:
    ProgramFactory.create(slug="glow")
    document = json.loads(run("create_token", "--program", "glow", "--role", "manager", "--json"))
    token = token_find(plaintext=document["token"])
    assert token is not None
    assert (token.role, token.program.slug) == ("manager", "glow")


def test_create_token_shows_people_the_token_once() -> None:
    ProgramFactory.create(slug="glow")
    words = run("create_token", "--program", "glow", "--role", "viewer", "--name", "Shop")
    assert token_find(plaintext=words.splitlines()[0]) is not None
