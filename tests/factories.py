"""Rows for tests of every app; each app's own factories stand in tests/<app>/factories.py."""

import factory
from factory.django import DjangoModelFactory

from batchadmin.accounts.models import Membership, Program, User
from batchadmin.accounts.states import Role

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    """A user who can log in with PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    full_name = factory.Sequence(lambda number: f"Person {number}")
    password = factory.django.Password(PASSWORD)


class ProgramFactory(DjangoModelFactory[Program]):
    """A program without members."""

    class Meta:
        model = Program

    name = factory.Sequence(lambda number: f"Program {number}")
    slug = factory.Sequence(lambda number: f"program-{number}")
    sender_name = "Glow"
    sender_address = "hello@glow.example"


class MembershipFactory(DjangoModelFactory[Membership]):
    """A manager in a program of its own."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    program = factory.SubFactory(ProgramFactory)
    role = Role.MANAGER
