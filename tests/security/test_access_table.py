"""The table of docs/security.md, asked of the site: every address, as everybody, with every method.

A new address fails `test_every_address_stands_in_the_table` until it has its lines there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.urls import reverse

from batchadmin.accounts.services import address_token
from campaigns.states import ChannelType
from messaging.unsubscribing import Link, link_token
from tests.security.table import ANY, COLUMNS, METHODS, Address, Row, addresses, rows
from tests.security.world import MARK, Place, World

ROWS = rows()
ADDRESSES = addresses()
BY_NAME: dict[str, list[Row]] = defaultdict(list)
AT_ROUTE: dict[str, dict[str, Row]] = defaultdict(dict)  # an endpoint's methods may have a name each
for _row in ROWS:
    BY_NAME[_row.name].append(_row)
    if _row.name in ADDRESSES:
        AT_ROUTE[ADDRESSES[_row.name].route][_row.method] = _row
STRICTEST_AND_FREEST = ("nobody", "owner")  # who tries the methods that an address doesn't have
ANSWERED = {200, 201, 202, 204, 302, 303, 400, 409, 415, 422}
BY_LINK = {"invitation"}  # who has the link's secret reads what it is about
# Where an empty document is refused before anything is looked for; whose campaign it is has to be seen first all the same.
BODIES = {
    "api-v1:participants_change": '{"name": "event", "day": null, "audience": {"ids": [1]}}',
    "api-v1:participant_change": '{"dates": {"event": null}}',
    **dict.fromkeys(
        ("api-v1:participants_change_each", "api-v1:participants_list"),  # one address
        '{"participants": [{"influencer": 1, "dates": {"event": null}}]}',
    ),
}
WORDS = {401: "401", 403: "no", 404: "hidden", 405: "405"}


def test_every_address_stands_in_the_table() -> None:
    told = {row.name for row in ROWS}
    missing = sorted(set(ADDRESSES) - told)
    assert not missing, f"Give these addresses their lines in docs/security.md: {missing}"
    assert not sorted(told - set(ADDRESSES)), "These stand in docs/security.md, and the site has them not."


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_an_address_answers_everybody_as_the_table_says(name: str, world: World) -> None:
    address = ADDRESSES[name]
    told = AT_ROUTE[address.route]
    for method in METHODS:
        row = told.get(method) or told.get(ANY)
        for who in COLUMNS if row else STRICTEST_AND_FREEST:
            path, body = path_of(address, world.mine, world.mine.slug), BODIES.get(name)
            got, leaks = asked(world, who, method, path, body)
            if row is not None:
                assert got == row.answers[who], f"{method} {name} as {who}"
            else:
                assert got in {"405", "log in", "hidden", "no", "401"}, f"{method} {name} as {who}: {got}"
            assert not leaks or name in BY_LINK or who in ("viewer", "manager", "owner", "staff"), (
                f"{name} told {who} too much"
            )


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, one in sorted(ADDRESSES.items()) if "program" in one.parts])
def test_under_ones_own_address_nothing_of_another_program_is_found(name: str, world: World) -> None:
    address = ADDRESSES[name]
    for row in BY_NAME[name]:
        method = "GET" if row.method == ANY else row.method
        got, leaks = asked(world, "other", method, path_of(address, world.mine, world.other.slug))
        assert not leaks, name
        assert got == "hidden" or "pk" not in address.parts, f"{row.method} {name}: {got}"


def asked(world: World, who: str, method: str, path: str, data: Any = None) -> tuple[str, bool]:
    """What the table calls the answer, and whether it says anything of the first program. Undone afterwards."""
    client = world.client(who)
    headers = {"Authorization": f"Bearer {world.tokens[who]}"} if who in world.tokens else {}
    is_api = path.startswith("/api/")
    send: dict[str, Any] = {"headers": headers if is_api else {}}
    if method != "GET":
        send |= {"data": data or ("{}" if is_api else ""), "content_type": "application/json"}
        if not is_api:
            send["content_type"] = "application/x-www-form-urlencoded"
    with transaction.atomic():
        response = getattr(client, method.lower())(path, **send)
        content = content_of(response)
        transaction.set_rollback(True)
    return word_for(response), MARK.lower() in content.decode(errors="replace").lower()


def content_of(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def word_for(response: HttpResponseBase) -> str:
    leads = response.headers.get("Location", "")
    if response.status_code == 302 and (
        leads.startswith((reverse("log-in") + "?", reverse("admin:login") + "?"))
    ):
        return "log in"
    return WORDS.get(response.status_code) or (
        "yes" if response.status_code in ANSWERED else str(response.status_code)
    )


def path_of(address: Address, place: Place, slug: str) -> str:
    """The address with the numbers of that place's things, under this program's."""
    if address.name in ("admin", "django_rq"):
        return {"admin": "/admin/", "django_rq": "/admin/queues/"}[address.name]
    if address.name.startswith("api/"):
        return "/" + address.route.replace("<path:rest>", "x").replace("^", "")
    values = {part: value_of(part, address.name, place, slug) for part in address.parts}
    return reverse(address.name, kwargs=values)


def value_of(part: str, name: str, place: Place, slug: str) -> Any:
    things = place.things
    simple: dict[str, Any] = {
        "program": slug,
        "key": things["influencer"].pk,
        "fate": "delivered",
        "type": "sandbox",
        "channel_type": "email",
        "to": "off",
        "public_id": things["hooked"].public_id,
        "task": things["launch"].task,
        "uidb64": "MQ",
        "batch_id": things["batch"].pk,
        "influencer_id": things["influencer"].pk,
        "campaign_id": things["campaign"].pk,
        "import_id": things["bulk"].parent.import_id,
        "bulk_id": things["bulk"].pk,
        "number": 1,
        "rest": "x",
        "subscription": things["further-address"].pk,
    }
    if part == "token":
        link = Link(things["influencer"].pk, ChannelType.EMAIL, things["batch"].pk)
        tokens = {
            "unsubscribe": link_token(link),
            "invitation": place.join_token,
            "address-confirm": address_token(user=place.owner.user, email="another@example.com"),
        }
        return tokens.get(name, "x-y")
    return simple[part] if part in simple else place.thing(name).pk
