"""Imports by API: bulks, what is refused as a whole, what is one row's error, what is told, and what is erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batchadmin.accounts.models import Membership
from batches.models import BatchItem, BatchRequest
from batches.services import batch_broke
from batches.states import BatchStatus
from campaigns.bulk import InfluencerImport
from campaigns.importing.progress import bulk_status
from campaigns.models import Import, ImportBulk, Influencer, OptChange, OptOut, Subscription
from campaigns.services import opt_out_set, payloads_purge
from tests.api.conftest import Caller
from tests.campaigns.factories import InfluencerFactory

Work = Callable[[], None]


def member_named(name: str, **more: Any) -> dict[str, Any]:
    """Somebody with an e-mail address and further properties."""
    return {"properties": {"email": f"{name}@example.com", **more}}


def send(caller: Caller, *members: Any, **more: Any) -> Any:
    return caller.post("imports", {"members": list(members), **more})


def bulk_of(caller: Caller, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.content
    made = answer.json()
    told: dict[str, Any] = caller.get(f"imports/{made['import_id']}/bulks/{made['bulk_id']}").json()
    return told


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("in_payload", "created", "updated", "with_validation_errors")
    one, two, three, four = (told[f"members_{name}_number"] for name in names)
    return one, two, three, four


def test_a_bulk_waits_is_worked_on_and_creates(caller: Caller, work: Work) -> None:
    answer = send(
        caller, member_named("zoe", first_name="Zoe", size="M", followers=3_300), member_named("bea")
    )
    assert bulk_of(caller, answer)["status"] == "waiting"
    work()
    told = bulk_of(caller, answer)
    assert (told["status"], counts(told), told["members_errors"]) == ("finished", (2, 2, 0, 0), {})
    zoe = Influencer.objects.get(email="zoe@example.com")
    assert (zoe.first_name, zoe.attributes) == ("Zoe", {"size": "M", "followers": 3_300})


def test_bulks_with_one_import_id_are_one_import(caller: Caller, work: Work) -> None:
    first = send(caller, member_named("a"), import_id="spring", request_number=1)
    second = send(
        caller, member_named("b"), {"properties": {"email": "no"}}, import_id="spring", request_number=2
    )
    work()
    told = caller.get("imports/spring").json()
    assert counts(told) == (3, 2, 0, 1)
    assert told["bulks"] == [
        {"id": first.json()["bulk_id"], "request_number": 1, "status": "finished"},
        {"id": second.json()["bulk_id"], "request_number": 2, "status": "finished"},
    ]
    by_number = caller.get("imports/spring/bulks/by_request_number/2").json()
    assert by_number == bulk_of(caller, second)
    assert caller.get("imports/spring/bulks/by_request_number/3").status_code == 404
    assert caller.get("imports/autumn").status_code == 404


def test_the_same_request_number_is_the_same_bulk(caller: Caller) -> None:
    first = send(caller, member_named("a"), import_id="spring", request_number=1)
    again = send(caller, member_named("a"), import_id="spring", request_number=1)
    other = send(caller, member_named("b"), import_id="spring", request_number=1)
    assert (again.status_code, again.json()) == (202, first.json())
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")
    assert ImportBulk.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"members": []}, "members_empty"),
        ({}, "members_empty"),
        ({"members": [member_named(f"m{one}") for one in range(1_001)]}, "members_size_incorrect"),
        ({"members": [member_named("a"), {"properties": {"email": " A@example.com"}}]}, "duplicated_emails"),
        (
            {
                "members": [
                    {"properties": {"msisdn": "491512345678"}},
                    {"properties": {"msisdn": 491512345678}},
                ]
            },
            "duplicated_msisdns",
        ),
        ({"members": [member_named("a")], "operation": "delete"}, "invalid_operation"),
        ({"members": [member_named("a")], "operation": ["create"]}, "invalid_operation"),
        (
            {"members": [member_named("a")], "member_identifier_type": "handle"},
            "invalid_member_identifier_type",
        ),
        ({"members": [member_named("a")], "operation": "update"}, "missing_identifier"),
        (
            {"members": [member_named("a")], "operation": "update", "member_identifier_type": "msisdn"},
            "missing_identifier",
        ),
        ({"members": [member_named("a")], "multi_values_update_mode": "merge"}, "invalid"),
        ({"members": [member_named("a")], "import_id": "a/b"}, "invalid"),
        ({"members": [member_named("a")], "request_number": "1"}, "invalid"),
        ({"members": "everybody"}, "members_size_incorrect"),
    ],
)
def test_a_bulk_is_refused_as_a_whole_by_code(caller: Caller, body: dict[str, Any], code: str) -> None:
    answer = caller.post("imports", body)
    assert (answer.status_code, answer.json()["error"]) == (422, code)
    assert not Import.objects.exists()
    assert not BatchRequest.objects.exists()


def test_a_thousand_members_are_one_bulk(caller: Caller, work: Work) -> None:
    answer = send(caller, *(member_named(f"m{one}") for one in range(1_000)))
    work()
    assert counts(bulk_of(caller, answer)) == (1_000, 1_000, 0, 0)


def test_each_bad_member_is_an_error_by_its_identifier(
    caller: Caller, member: Membership, work: Work
) -> None:
    InfluencerFactory.create(program=member.program, email="known@example.com")
    answer = send(
        caller,
        member_named("good"),
        member_named("known"),
        {"properties": {"email": "joe@", "first_name": 7, "tags": "vip"}},
        {"properties": {"msisdn": "+491512345678"}},
        {"properties": {"first_name": "Nobody"}},
        {**member_named("flag"), "email_enabled": "yes"},
        "not an object",
    )
    work()
    told = bulk_of(caller, answer)
    assert (told["status"], counts(told)) == ("finished", (7, 1, 0, 6))
    errors = told["members_errors"]
    assert errors["known@example.com"]["properties"][0]["error"] == {
        "email": [{"error": "duplicated_email", "value": "known@example.com"}]
    }
    assert errors["joe@"]["properties"][0]["error"] == {
        "email": [{"error": "invalid_email", "value": "joe@"}],
        "first_name": [{"error": "type_not_match", "value": "7", "values": "string"}],
        "tags": [{"error": "type_not_match", "value": "vip", "values": "list"}],
    }
    assert errors["+491512345678"]["properties"][0]["error"]["msisdn"][0]["error"] == "invalid_msisdn"
    assert errors["#5"]["properties"][0]["error"]["properties"][0]["error"] == "not_contain_required_property"
    assert errors["flag@example.com"]["email_enabled"] == [
        {"error": "type_not_match", "value": "yes", "values": "true, false"}
    ]
    assert set(errors) == {"known@example.com", "joe@", "+491512345678", "#5", "flag@example.com", "#7"}


def test_an_update_changes_only_what_is_in_the_payload(
    caller: Caller, member: Membership, work: Work
) -> None:
    one = InfluencerFactory.create(
        program=member.program,
        external_id="7",
        msisdn="491512345678",
        tags=["old"],
        attributes={"a": 1, "b": 2},
    )
    answer = send(
        caller,
        {"properties": {"id": 7, "last_name": "Neu", "b": None, "c": [1, "x"]}},
        {"properties": {"id": "8"}},
        operation="update",
    )
    work()
    told, after = bulk_of(caller, answer), Influencer.objects.get(pk=one.pk)
    assert counts(told) == (2, 0, 1, 1)
    assert (
        told["members_errors"]["8"]["properties"][0]["error"]["external_id"][0]["error"] == "member_not_found"
    )
    assert (after.last_name, after.attributes) == ("Neu", {"a": 1, "c": [1, "x"]})
    assert (after.first_name, after.email, after.msisdn, after.tags) == (
        one.first_name,
        one.email,
        "491512345678",
        ["old"],
    )


def test_members_are_found_by_what_the_bulk_says(caller: Caller, member: Membership, work: Work) -> None:
    one = InfluencerFactory.create(program=member.program, email="a@example.com")
    other = InfluencerFactory.create(program=member.program, msisdn="491512345678")
    taken = {"properties": {"email": "a@example.com", "msisdn": "491512345678"}}
    free = {"properties": {"msisdn": "491512345678", "email": "new@example.com"}}
    first = send(caller, taken, operation="update", member_identifier_type="email")
    second = send(caller, free, operation="update", member_identifier_type="msisdn")
    work()
    errors = bulk_of(caller, first)["members_errors"]["a@example.com"]["properties"][0]["error"]
    assert errors["msisdn"][0]["error"] == "duplicated_msisdn"
    assert counts(bulk_of(caller, second)) == (1, 0, 1, 0)
    assert Influencer.objects.get(pk=one.pk).msisdn is None
    assert Influencer.objects.get(pk=other.pk).email == "new@example.com"


def test_an_upsert_creates_and_updates(caller: Caller, member: Membership, work: Work) -> None:
    InfluencerFactory.create(program=member.program, email="a@example.com")
    answer = send(caller, member_named("a", first_name="Ann"), member_named("b"), operation="upsert")
    work()
    assert counts(bulk_of(caller, answer)) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("mode", "tags", "sizes"), [("replace", ["b"], ["L"]), ("append", ["a", "b"], ["M", "L"])]
)
def test_lists_are_replaced_or_added_to(
    caller: Caller, member: Membership, work: Work, mode: str, tags: list[str], sizes: list[str]
) -> None:
    InfluencerFactory.create(
        program=member.program, email="a@example.com", tags=["a"], attributes={"sizes": ["M"]}
    )
    send(
        caller,
        member_named("a", tags=["b"], sizes=["L"]),
        operation="update",
        member_identifier_type="email",
        multi_values_update_mode=mode,
    )
    work()
    after = Influencer.objects.get(email="a@example.com")
    assert (after.tags, after.attributes) == (tags, {"sizes": sizes})


def test_somebody_new_agrees_unless_they_say_otherwise(caller: Caller, work: Work) -> None:
    send(
        caller,
        member_named("a", msisdn="491512345678"),
        {**member_named("b"), "email_enabled": False, "optin_channel": "shop", "optin_subchannel": "till 4"},
        import_id="spring",
    )
    work()
    assert list(
        OptOut.objects.values_list("influencer__email", "channel_type", "by_person", "source", "reason")
    ) == [("b@example.com", "email", False, "import", "shop: till 4")]
    history = OptChange.objects.order_by("influencer__email", "channel_type")
    assert list(history.values_list("influencer__email", "channel_type", "opted_out", "reason")) == [
        ("a@example.com", "email", False, "import: spring"),
        ("a@example.com", "sms", False, "import: spring"),
        ("b@example.com", "email", True, "shop: till 4"),
    ]


def test_no_import_lifts_what_the_person_chose(caller: Caller, member: Membership, work: Work) -> None:
    person, noted = (
        InfluencerFactory.create(program=member.program, email=f"{name}@example.com") for name in "ab"
    )
    opt_out_set(influencer=person, channel_type="email", reason="STOP", by_person=True)
    opt_out_set(influencer=noted, channel_type="email", reason="by phone", by_person=False)
    wishes = [{**member_named(name), "email_enabled": True} for name in "ab"]
    answer = send(caller, *wishes, operation="update", member_identifier_type="email")
    work()
    assert list(OptOut.objects.values_list("influencer", flat=True)) == [person.pk]
    assert counts(bulk_of(caller, answer)) == (2, 0, 2, 0)


def test_an_update_that_says_nothing_of_it_leaves_opt_outs_alone(
    caller: Caller, member: Membership, work: Work
) -> None:
    one = InfluencerFactory.create(program=member.program, email="a@example.com")
    opt_out_set(influencer=one, channel_type="email", reason="by phone", by_person=False)
    send(caller, member_named("a", first_name="Ann"), operation="update", member_identifier_type="email")
    work()
    assert OptOut.objects.count() == 1


def test_push_is_switched_off_for_all_devices(caller: Caller, member: Membership, work: Work) -> None:
    one = InfluencerFactory.create(program=member.program, email="a@example.com")
    device = {"program": member.program, "influencer": one, "kind": "push", "provider": "fcm"}
    Subscription.objects.create(**device, subscription_id="1")
    told = {**member_named("a"), "push_enabled": False}
    send(caller, told, operation="update", member_identifier_type="email")
    work()
    assert not Subscription.objects.get().opted_in


def test_an_id_that_stands_twice_is_the_second_ones_error(caller: Caller, work: Work) -> None:
    answer = send(caller, member_named("a", id="1"), member_named("b", external_id="1"))
    work()
    told = bulk_of(caller, answer)
    assert counts(told) == (2, 1, 0, 1)
    assert (
        told["members_errors"]["b@example.com"]["properties"][0]["error"]["id"][0]["error"]
        == "duplicated_external_id"
    )


def test_a_row_that_breaks_is_an_error_too(
    caller: Caller, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = InfluencerImport.process

    def breaks(self: Any, batch: Any, lines: Any) -> Any:
        if any(line.key == 2 for line in lines):
            raise ValueError("cosmic ray")
        return real(self, batch, lines)

    monkeypatch.setattr(InfluencerImport, "process", breaks)
    answer = send(caller, member_named("a"), member_named("b"), member_named("c"))
    work()
    told = bulk_of(caller, answer)
    assert counts(told) == (3, 2, 0, 1)
    assert told["members_errors"] == {
        "#2": {"properties": [{"error": {"properties": [{"error": "broken"}]}}]}
    }


def test_a_bulk_whose_job_breaks_is_tried_five_times_more_and_then_fails(caller: Caller) -> None:
    answer = send(caller, member_named("a"))
    batch = BatchRequest.objects.get(pk=answer.json()["bulk_id"])
    seen = []
    for _break in range(6):
        BatchRequest.objects.filter(pk=batch.pk).update(status=BatchStatus.PROCESSING)
        batch_broke(batch.pk, RuntimeError("gone"))
        told = bulk_of(caller, answer)
        seen.append((told["status"], told["retries"]))
    assert seen == [*(("waiting_for_retry", number) for number in range(1, 6)), ("failed", 5)]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("queued", "waiting"),
        ("processing", "working"),
        ("waiting_for_retry", "waiting_for_retry"),
        ("completed", "finished"),
        ("stopped", "failed"),
    ],
)
def test_statuses_have_the_words_of_imports(caller: Caller, status: str, word: str) -> None:
    answer = send(caller, member_named("a"))
    bulk = ImportBulk.objects.get(pk=answer.json()["bulk_id"])
    bulk.batch.status = status
    assert str(bulk_status(bulk)) == word


def test_a_stopped_bulk_has_failed_and_its_import_page_shows_it(
    caller: Caller, member: Membership, client: Client
) -> None:
    answer = send(caller, member_named("a"), import_id="spring")
    assert caller.post(f"batch-requests/{answer.json()['bulk_id']}/stop").status_code == 200
    assert bulk_of(caller, answer)["status"] == "failed"
    client.force_login(member.user)
    page = {"program": member.program.slug}
    assert "spring" in client.get(reverse("imports", kwargs=page)).text
    found = client.get(reverse("import", kwargs={**page, "pk": Import.objects.get().pk}))
    assert "spring" in found.text


def test_a_day_later_payloads_and_errors_are_gone_and_counts_stay(caller: Caller, work: Work) -> None:
    answer = send(caller, member_named("a", first_name="Ann"), {"properties": {"email": "no"}})
    work()
    before = bulk_of(caller, answer)
    payloads_purge(now=timezone.now() + timedelta(hours=23, minutes=59))
    assert bulk_of(caller, answer) == before
    payloads_purge(now=timezone.now() + timedelta(hours=24, minutes=1))
    assert bulk_of(caller, answer) == {**before, "members_errors": {}}
    items = BatchItem.objects.filter(batch_id=answer.json()["bulk_id"])
    assert not items.exclude(payload=None, detail="").exists()


def test_a_bulk_not_done_within_a_day_ends_as_failed_with_its_rows_expired(caller: Caller) -> None:
    answer = send(caller, member_named("a"))
    payloads_purge(now=timezone.now() + timedelta(hours=25))
    assert bulk_of(caller, answer)["status"] == "failed"
    item = BatchItem.objects.get(batch_id=answer.json()["bulk_id"])
    assert (item.status, item.reason, item.payload) == ("not_sent", "expired", None)


def test_a_bulk_that_comes_after_the_erasure_goes_on(caller: Caller, work: Work) -> None:
    send(caller, member_named("a"), import_id="spring")
    work()
    payloads_purge(now=timezone.now() + timedelta(hours=25))
    late = send(caller, member_named("b"), import_id="spring")
    payloads_purge(now=timezone.now())
    assert Import.objects.get().state == "started"
    work()
    assert counts(bulk_of(caller, late)) == (1, 1, 0, 0)
    assert counts(caller.get("imports/spring").json()) == (2, 2, 0, 0)


def test_an_import_of_a_file_takes_no_bulks(caller: Caller, member: Membership) -> None:
    Import.objects.create(
        program=member.program, requester=member.user, import_id="file", file_name="people.csv"
    )
    answer = send(caller, member_named("a"), import_id="file")
    assert (answer.status_code, answer.json()["error"]) == (422, "import_id_taken")


@pytest.mark.django_db(transaction=True)
def test_bulks_that_come_at_the_same_time_are_all_kept(caller: Caller, work: Work) -> None:
    answers: list[int] = []

    def post(number: int) -> None:
        for one in range(5):
            told = member_named(f"n{number}-{one}")
            answers.append(
                send(caller, told, import_id="spring", request_number=number * 10 + one).status_code
            )
        connection.close()

    threads = [Thread(target=post, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    work()
    assert answers == [202] * 20
    assert counts(caller.get("imports/spring").json()) == (20, 20, 0, 0)
