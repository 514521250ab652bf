"""Made-up influencers: names as real lists have them, addresses that lead nowhere."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from batchadmin.accounts.models import Program
from campaigns.models import Influencer

FIRST = [
    "Zoe", "Ana", "Bea", "Lena", "Mia", "Emma", "Sofia", "Noah", "Liam", "Luca", "Elif", "Aylin",
    "Yusuf", "Amira", "Layla", "Omar", "Fatima", "Chloé", "Jules", "Inès", "Mateo", "Lucía",
    "Valentina", "Diego", "Camila", "João", "Beatriz", "Giulia", "Matteo", "Ines", "Freja", "Astrid",
    "Sven", "Björn", "Kasia", "Piotr", "Olga", "Dmitri", "Priya", "Arjun", "Mei", "Hana", "Yuki",
    "Minh", "Linh", "Adaeze", "Kwame", "Zanele", "Thabo", "Grace", "Ruby", "Poppy", "Oliver", "Maya",
    "Aaliyah",
]  # fmt: skip
LAST = [
    "Müller", "Lund", "Silva", "Rossi", "Novak", "Kowalska", "Yılmaz", "Dubois", "Martin", "García",
    "Fernández", "Santos", "Costa", "Bianchi", "Hansen", "Nilsson", "Virtanen", "Horvat", "Popescu",
    "Ivanova", "Petrov", "Sharma", "Patel", "Nguyen", "Tanaka", "Kim", "Chen", "Okafor", "Mensah",
    "Dlamini", "Smith", "O'Connor", "MacLeod", "Johnson", "Brown", "Williams", "Haddad", "Al-Masri",
    "El-Sayed", "Cohen", "van-der-Berg", "d'Angelo",
]  # fmt: skip
ARABIC = ("ليلى حداد", "عمر السيد", "مريم العلي", "يوسف خليل", "نور الهدى", "سارة منصور")
CYRILLIC_AND_MORE = ("Ольга Иванова", "Дмитрий Петров", "田中 花子", "김 민지", "Ελένη Παππά")
EMOJI = ("Bea 🌸", "Coco 💄✨", "Max 🏋️ Fit", "Luna 🌙 Yoga", "Travel with Kim ✈️")
LONG = "Maximiliana Theodora Alexandrina von Hohenstein-Weißenfels zu Löwenstein-Wertheim-Rosenberg"
COUNTRIES = ("DE", "DE", "DE", "FR", "ES", "IT", "PL", "TR", "GB", "US", "BR", "AE")
SIZES = ("XS", "S", "M", "M", "L", "XL")
TAGS = ("beauty", "fitness", "food", "travel", "fashion", "parenting", "gaming", "vip")
NETWORKS = ("instagram", "tiktok", "youtube")


def people_made(program: Program, number: int, seed: int) -> Iterator[Influencer]:
    """`number` influencers of the program, not saved; the same ones for the same seed."""
    luck = random.Random(seed)  # noqa: S311 (not a secret)
    for index in range(1, number + 1):
        yield person_made(program, index, luck)


def person_made(program: Program, index: int, luck: random.Random) -> Influencer:
    """One influencer: 3 in 100 have no e-mail address, 1 in 100 no first name, 1 in 50 an unusual one."""
    first, last = name_made(index, luck)
    handle = handle_made(first, last, index)
    return Influencer(
        program=program,
        external_id=f"demo-{index:05d}",
        first_name=first,
        last_name=last,
        email=None if index % 33 == 0 else f"{handle}@example.com",
        msisdn=f"4915{70_000_000 + index}" if luck.random() < 0.6 else None,
        handles={luck.choice(NETWORKS): handle},
        tags=sorted(luck.sample(TAGS, luck.randint(0, 3))),
        attributes=attributes_made(luck),
        created_at=timezone.now() - timedelta(days=luck.randint(20, 400)),
    )


def name_made(index: int, luck: random.Random) -> tuple[str, str]:
    """A first and a last name."""
    if index == 77:
        return LONG, "und Freudenberg"
    if index % 100 == 50:
        return "", luck.choice(LAST)
    if index % 50 == 7:
        whole = luck.choice(ARABIC + CYRILLIC_AND_MORE + EMOJI)
        first, _space, last = whole.partition(" ")
        return first, last
    return luck.choice(FIRST), luck.choice(LAST)


def handle_made(first: str, last: str, index: int) -> str:
    """A handle that nobody else has."""
    plain = "".join(
        char for char in f"{first}.{last}".lower() if char.isascii() and (char.isalnum() or char == ".")
    )
    return f"{plain.strip('.')[:24] or 'creator'}.{index}"


def attributes_made(luck: random.Random) -> dict[str, object]:
    """Custom fields; a shirt's size is not known of everybody."""
    found: dict[str, object] = {
        "country": luck.choice(COUNTRIES),
        "followers": int(10 ** luck.uniform(3, 6.5)),
    }
    if luck.random() < 0.9:
        found["size"] = luck.choice(SIZES)
    return found
