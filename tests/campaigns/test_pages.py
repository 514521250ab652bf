"""What pages show and do: lists, selections, questions, imports."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batchadmin.accounts.models import Membership
from batches.models import BatchRequest
from batches.services import batch_stop
from campaigns.audience import Selection
from campaigns.jobs import imports_serve
from campaigns.models import Campaign, Import, Influencer, Participant
from campaigns.services import campaign_add_request, import_start, import_upload, stage_move_request
from campaigns.states import Phase
from tests.api.conftest import caller_of
from tests.campaigns.factories import CampaignFactory, InfluencerFactory, ParticipantFactory, crowd

Work = Callable[[], None]


def url(manager: Membership, name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"program": manager.program.slug, **kwargs})


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def shown(answer: Any) -> str:
    """What a reader sees, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(answer)).split())


def test_the_list_searches_names_addresses_and_handles(manager: Membership, browser: Client) -> None:
    InfluencerFactory.create(program=manager.program, first_name="Zoë", handles={"tiktok": "zed"})
    InfluencerFactory.create(program=manager.program, first_name="Bea")
    for words in ("zoë muell", "@zed"):
        page = text(browser.get(url(manager, "influencers"), {"q": words}))
        assert "Zoë Mueller" in page
        assert "Bea Mueller" not in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"country": "fr"}, ["Bea"]),
        ({"followers_min": "5000"}, ["Bea"]),
        ({"tag": "vip"}, ["Zoe"]),
        ({"reach": "whatsapp"}, ["Zoe"]),
        ({"attribute": "country=DE"}, ["Zoe"]),
        ({"attribute": "followers=9000"}, ["Bea"]),
        ({"network": "TikTok"}, ["Zoe"]),
    ],
)
def test_filters_narrow_the_list(
    manager: Membership, browser: Client, query: dict[str, str], names: list[str]
) -> None:
    make = InfluencerFactory.create
    make(
        program=manager.program,
        first_name="Zoe",
        tags=["vip"],
        msisdn="491512345678",
        handles={"tiktok": "z"},
    )
    make(program=manager.program, first_name="Bea", attributes={"country": "FR", "followers": 9_000})
    page = text(browser.get(url(manager, "influencers"), query))
    assert [name for name in ("Zoe", "Bea") if f"{name} Mueller</bdi>" in page] == names


def test_a_filter_that_cant_be_used_says_so(manager: Membership, browser: Client) -> None:
    InfluencerFactory.create(program=manager.program)
    answer = browser.get(url(manager, "influencers"), {"followers_min": "many", "campaign": "999999"})
    assert answer.status_code == 200
    assert "Enter a number" in text(answer)


def test_an_empty_program_is_told_what_to_do_first(manager: Membership, browser: Client) -> None:
    assert "Nobody yet" in text(browser.get(url(manager, "influencers")))
    assert "No campaign yet" in text(browser.get(url(manager, "campaigns")))
    assert "Nothing imported yet" in text(browser.get(url(manager, "imports")))


def test_an_influencer_is_added_by_hand(manager: Membership, browser: Client) -> None:
    form = {
        "first_name": "Zoë",
        "email": " ZOE@x.de ",
        "msisdn": "+49 151 2345678",
        "handles": "instagram @zoem\nTikTok: zed",
        "tags": "a, b",
        "attributes": "size: M\nfollowers: 3.3k",
    }
    browser.post(url(manager, "influencer-new"), form)
    zoe = Influencer.objects.get(program=manager.program)
    assert (zoe.email, zoe.msisdn, zoe.tags) == ("zoe@x.de", "491512345678", ["a", "b"])
    assert zoe.handles == {"instagram": "zoem", "tiktok": "zed"}
    assert zoe.attributes == {"size": "M", "followers": 3_300}
    profile = text(browser.get(url(manager, "influencer", pk=zoe.pk)))
    assert "<bdi>@zed</bdi> (TikTok), <bdi>@zoem</bdi> (Instagram)" in profile


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Write at least a name"),
        ({"email": "zoe@@x"}, "Not an e-mail address"),
        ({"msisdn": "0151 23"}, "No country code"),
        ({"handles": "zoem"}, "a network and a handle"),
        ({"email": "taken@x.de"}, "Zoe Mueller has this already"),
    ],
)
def test_what_is_wrong_with_an_influencer_is_said_and_nothing_saved(
    manager: Membership, browser: Client, form: dict[str, str], words: str
) -> None:
    InfluencerFactory.create(program=manager.program, first_name="Zoe", email="taken@x.de")
    answer = browser.post(url(manager, "influencer-new"), form)
    assert answer.status_code == 422
    assert words in text(answer)
    assert Influencer.objects.count() == 1


def test_saving_an_influencer_unchanged_changes_no_attribute(manager: Membership, browser: Client) -> None:
    attributes = {"followers": 3_300, "zip": "12345", "note": "one\ntwo", "list": [1, 2]}
    zoe = InfluencerFactory.create(program=manager.program, attributes=attributes)
    page = browser.get(url(manager, "influencer-edit", pk=zoe.pk))
    browser.post(
        url(manager, "influencer-edit", pk=zoe.pk), {**page.context["form"].initial, "external_id": ""}
    )
    zoe.refresh_from_db()
    assert zoe.attributes == attributes


def test_a_new_campaign_has_the_usual_stages(manager: Membership, browser: Client) -> None:
    browser.post(url(manager, "campaign-new"), {"name": "Spring"})
    stages = list(Campaign.objects.get(name="Spring").stages.values_list("name", flat=True))
    assert stages == ["Invited", "Accepted", "Confirmed", "Posted", "Paid", "Dropped"]
    again = browser.post(url(manager, "campaign-new"), {"name": "Spring"})
    assert (again.status_code, "already" in text(again)) == (422, True)


def stage_form(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"stage-TOTAL_FORMS": "5", "stage-INITIAL_FORMS": "3"}
    for number, stage in enumerate(campaign.stages.all()):
        values = {"pk": stage.pk, "name": stage.name, "phase": stage.phase, "ORDER": number + 1}
        form |= {f"stage-{number}-{name}": value for name, value in values.items()}
    for number in (3, 4):
        form |= {
            f"stage-{number}-name": "",
            f"stage-{number}-phase": "candidates",
            f"stage-{number}-ORDER": "",
        }
    return {**form, **changes}


def test_a_stage_that_was_added_while_the_page_was_open_stays(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    opened = stage_form(campaign)
    campaign.stages.create(name="Asked again", phase=Phase.CANDIDATES, position=9)
    answer = browser.post(url(manager, "campaign-stages", pk=campaign.pk), opened)
    assert answer.status_code == 422
    assert "Somebody else has added “Asked again” meanwhile." in answer.content.decode()
    assert campaign.stages.count() == 4


def test_stages_are_renamed_added_and_traded(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    changes = {
        "stage-0-name": "Accepted",
        "stage-1-name": "Invited",
        "stage-3-name": "Asked",
        "stage-3-ORDER": "1",
    }
    browser.post(url(manager, "campaign-stages", pk=campaign.pk), stage_form(campaign, **changes))
    assert list(campaign.stages.values_list("name", flat=True)) == ["Accepted", "Asked", "Invited", "Paid"]


def test_a_stage_with_people_cant_be_removed(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    crowd(campaign, 2)
    form = stage_form(campaign, **{"stage-0-remove": "on"})
    answer = browser.post(url(manager, "campaign-stages", pk=campaign.pk), form)
    assert "2 people stand there" in text(answer)
    assert campaign.stages.count() == 3


def test_the_workflow_shows_the_stage_that_the_address_names(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    ParticipantFactory.create(campaign=campaign, influencer__first_name="Zoe")
    second = campaign.stages.get(name="Accepted")
    ParticipantFactory.create(campaign=campaign, stage=second, influencer__first_name="Bea")
    page = text(browser.get(url(manager, "campaign", pk=campaign.pk), {"stage": second.pk}))
    assert "Bea Mueller" in page
    assert "Zoe Mueller" not in page


@pytest.mark.parametrize("stage", ["999999999", "nonsense", "-1"])
def test_a_stage_of_another_campaign_is_not_there(
    manager: Membership, browser: Client, campaign: Campaign, stage: str
) -> None:
    other = CampaignFactory.create(program=manager.program).stages.first()
    assert other is not None
    address = url(manager, "campaign", pk=campaign.pk)
    assert browser.get(address, {"stage": stage}).status_code == 404
    assert browser.get(address, {"stage": other.pk}).status_code == 404


def test_a_stage_that_is_being_filled_shows_its_progress_and_cant_be_opened(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    ids = crowd(campaign, 11)
    accepted = campaign.stages.get(name="Accepted")
    stage_move_request(selection=Selection(ids=tuple(ids)), to_stage=accepted, by=manager.user)
    page = text(browser.get(url(manager, "campaign", pk=campaign.pk)))
    assert "Accepted is locked" in page
    assert "0 of 11 done" in page
    assert f'href="?stage={accepted.pk}"' not in page
    opened = text(browser.get(url(manager, "campaign", pk=campaign.pk), {"stage": accepted.pk}))
    assert 'name="ids"' not in opened


@pytest.mark.parametrize("name", ["influencers", "campaign"])
def test_a_list_waits_for_no_count_and_learns_it_when_it_stands(
    manager: Membership, browser: Client, campaign: Campaign, name: str
) -> None:
    crowd(campaign, 60)
    address = url(manager, name, **({"pk": campaign.pk} if name == "campaign" else {}))
    first = text(browser.get(address))
    assert "Select all that match" in first
    assert f'hx-get="{address}"' in first
    asked = {"HX-Request": "true", "HX-Target": "select-all"}
    counted = text(browser.get(address, headers=asked))
    assert "Select all 60 that match" in counted
    assert "<table" not in counted
    assert "Select all 60 that match" in text(
        browser.get(address, {"page": "2"})
    )  # nothing to count: it is the last


@pytest.mark.parametrize("few", [1, 1_000])
def test_who_is_rare_is_found_as_who_is_frequent(
    manager: Membership, browser: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("batchadmin.lib.ordering.FEW", few)
    crowd(campaign, 4)
    for first_name in ("Yara", "Zoe"):
        InfluencerFactory.create(program=manager.program, first_name=first_name, tags=["rare"])
    shown = text(browser.get(url(manager, "influencers"), {"tag": "rare"}))
    assert shown.index("Yara") < shown.index("Zoe")
    assert "Select all 2 that match" in shown
    assert "No match" in text(browser.get(url(manager, "influencers"), {"tag": "rarer"}))


def test_all_that_match_can_be_selected_except_some(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    ids = crowd(campaign, 60)
    page = browser.get(url(manager, "campaign", pk=campaign.pk), {"who": "all", "except": str(ids[0])})
    assert "59 selected" in text(page)
    shown = page.context["page"].ticks
    sent: dict[str, Any] = {
        "who": "all",
        "filter": shown.selection.filter,
        "expected": shown.expected_if_all_shown,
        "shown": shown.shown_text,
        "ids": [one for one in shown.shown if one != ids[-1]],
        "except": [ids[0]],
        "to": campaign.stages.get(name="Accepted").pk,
    }
    question = text(browser.get(url(manager, "selection-move", pk=campaign.pk), sent))
    assert "Move 58 to Accepted?" in question
    assert "58 move, 0 are there already." in question


def test_a_few_are_moved_at_once_from_the_page(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    ids = crowd(campaign, 3)
    accepted = campaign.stages.get(name="Accepted")
    form = {"ids": ",".join(map(str, ids)), "to": accepted.pk, "expected": 3}
    answer = browser.post(url(manager, "selection-move", pk=campaign.pk), form, follow=True)
    assert "3 moved." in text(answer)
    assert Participant.objects.filter(stage=accepted).count() == 3
    assert not BatchRequest.objects.exists()


def test_more_become_a_batch_request(manager: Membership, browser: Client, campaign: Campaign) -> None:
    ids = crowd(campaign, 11)
    form = {"ids": ",".join(map(str, ids)), "to": campaign.stages.get(name="Accepted").pk, "expected": 11}
    answer = browser.post(url(manager, "selection-move", pk=campaign.pk), form)
    batch = BatchRequest.objects.get()
    assert answer["Location"] == url(manager, "batch", pk=batch.pk)
    assert (batch.total, batch.requester) == (11, manager.user)


def test_the_items_of_a_stage_update_say_from_where_to_where_on_the_page_and_in_the_file(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    invited, accepted, _paid = campaign.stages.all()
    ids = [*crowd(campaign, 12), *crowd(campaign, 1, accepted)]
    moved = stage_move_request(selection=Selection(ids=tuple(ids)), to_stage=accepted, by=manager.user)
    newcomers = InfluencerFactory.create_batch(11, program=manager.program)
    new = Selection(ids=tuple(one.pk for one in newcomers))
    added = campaign_add_request(selection=new, to_stage=invited, by=manager.user)
    page = shown(browser.get(url(manager, "batch", pk=moved.pk)))
    assert page.count("Invited → Accepted Waiting") == 12
    assert page.count(" Accepted Skipped") == 1
    assert "Zoe" in (page := shown(browser.get(url(manager, "batch", pk=added.pk))))
    assert page.count(" Invited Waiting") == 11
    assert "→" not in page
    file = browser.get(url(manager, "batch-export", pk=moved.pk))
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[-2:] for line in (lines[0], lines[1], lines[-1])] == [
        ["From stage", "To stage"],
        ["Invited", "Accepted"],
        ["Accepted", "Accepted"],
    ]


def test_when_the_number_has_changed_the_manager_is_asked_again(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    crowd(campaign, 4)
    invited, accepted = campaign.stages.get(name="Invited"), campaign.stages.get(name="Accepted")
    form: dict[str, Any] = {"who": "all", "filter": f"stage={invited.pk}", "to": accepted.pk, "expected": 3}
    address = url(manager, "selection-move", pk=campaign.pk)
    for answer in (browser.get(address, form), browser.post(address, form)):
        assert "You saw 3; now 4 match." in text(answer)
        assert "Go on with 4" in text(answer)
    assert not Participant.objects.filter(stage=accepted).exists()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"ids": "abc"},
        {"ids": "99999999999999999999"},
        {"who": "all", "filter": "campaign=nonsense"},
        {"ids": "1", "expected": "-1"},
    ],
)
def test_a_selection_that_cant_be_read_leads_back_with_words(
    manager: Membership, browser: Client, campaign: Campaign, query: dict[str, Any]
) -> None:
    stage = campaign.stages.get(name="Accepted")
    answer = browser.get(
        url(manager, "selection-move", pk=campaign.pk), {**query, "to": stage.pk}, follow=True
    )
    assert answer.redirect_chain[0][0].startswith(url(manager, "campaign", pk=campaign.pk))
    assert list(answer.context["messages"])


def test_a_target_stage_of_another_campaign_is_no_choice(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    ids = crowd(campaign, 2)
    other = CampaignFactory.create().stages.first()
    assert other is not None
    form = {"ids": str(ids[0]), "to": other.pk}
    assert browser.post(url(manager, "selection-move", pk=campaign.pk), form).status_code == 422
    assert browser.post(url(manager, "selection-add"), form).status_code == 422


def test_people_are_added_to_a_campaign_from_the_list(
    manager: Membership, browser: Client, campaign: Campaign
) -> None:
    zoe = InfluencerFactory.create(program=manager.program)
    form: dict[str, str | int] = {"ids": str(zoe.pk), "to": campaign.stages.get(name="Invited").pk}
    assert "1 is added" in text(browser.get(url(manager, "selection-add"), form))
    browser.post(url(manager, "selection-add"), {**form, "expected": 1})
    assert Participant.objects.get(influencer=zoe).stage.name == "Invited"


def test_an_opt_out_is_noted_and_lifted(manager: Membership, browser: Client) -> None:
    zoe = InfluencerFactory.create(program=manager.program)
    address = url(manager, "influencer-opt-out", pk=zoe.pk, channel_type="email")
    browser.post(address)
    assert zoe.opt_outs.get().by_person is False
    browser.post(address, {"lift": "1"})
    assert not zoe.opt_outs.exists()


def upload(content: bytes, name: str = "may.csv") -> dict[str, Any]:
    file = io.BytesIO(content)
    file.name = name
    return {"file": file}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "it is a PNG picture"),
        (b"name,email\n", "only one line"),
        (b"", "empty"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    manager: Membership, browser: Client, content: bytes, words: str
) -> None:
    answer = browser.post(url(manager, "import-new"), upload(content))
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Import.objects.exists()


def test_a_file_is_uploaded_checked_and_imported(manager: Membership, browser: Client, work: Work) -> None:
    content = b"Username,E-mail,Size\n@zoem,zoe@x.de,M\n@bea,bea@@x.de,S\n"
    page = browser.post(url(manager, "import-new"), upload(content), follow=True)
    made = Import.objects.get()
    form = {field.name: field.value() or "" for field in page.context["form"]}
    check = text(browser.post(url(manager, "import", pk=made.pk), form, follow=True))
    assert "The check waits for its turn" in check
    imports_serve()
    check = text(browser.get(url(manager, "import-check", pk=made.pk)))
    assert "1 + 0 + 0 + 1 = 2" in check
    assert "Not an e-mail address" in check
    assert "Import 1" in check
    assert not Influencer.objects.exists()
    browser.post(url(manager, "import-check", pk=made.pk))
    imports_serve()
    work()
    result = text(browser.get(url(manager, "import", pk=made.pk)))
    assert "1 created, 0 updated, 0 the same, 1 rejected" in result
    assert "Upload the mended file" in result
    assert '<span class="tally-label">Created</span>' in result
    file = b"".join(browser.get(url(manager, "import-rejected", pk=made.pk)).streaming_content)  # type: ignore[attr-defined]
    assert "bea@@x.de" in file.decode()


def test_the_numbers_of_a_stopped_import_add_up_and_the_rest_is_offered(
    manager: Membership, browser: Client, work: Work
) -> None:
    imported = drafted(manager)
    import_start(imported=imported, by=manager.user)
    stop = url(manager, "import-stop", pk=imported.pk)
    assert "No row is done yet. 1 row won&#x27;t be imported." in text(browser.get(stop))
    browser.post(stop)
    assert "nothing left to stop" in text(browser.get(stop, follow=True))
    page = text(browser.get(url(manager, "import", pk=imported.pk)))
    assert "0 + 0 + 0 + 0 + 1 = 1" in page
    assert "Import the other 1" in page
    asked = text(browser.get(url(manager, "import-restart", pk=imported.pk)))
    assert "1 row was not imported, and will be" in asked
    browser.post(url(manager, "import-restart", pk=imported.pk))
    imports_serve()
    work()
    again = browser.get(url(manager, "import-restart", pk=imported.pk), follow=True)
    assert "There is nothing left of it to import." in text(again)
    assert "1 + 0 + 0 + 0 = 1" in text(browser.get(url(manager, "import", pk=imported.pk)))
    history = text(browser.get(url(manager, "imports")))
    assert "1 created, 0 updated, 0 the same, 0 rejected" in history


def test_the_history_has_what_other_systems_sent_with_requester_and_bulks(
    manager: Membership, browser: Client
) -> None:
    caller = caller_of(manager)
    for number in (1, 2):
        members = [{"properties": {"email": f"zoe{number}@x.de"}}]
        caller.post("imports", {"import_id": "shop", "request_number": number, "members": members})
    page = browser.get(url(manager, "imports"))
    row = next(row for row in page.context["table"].rows)
    cells = {name: str(row.get_cell(name)) for name in ("name", "bulks", "size", "requester")}
    assert "shop" in cells["name"]
    assert (cells["bulks"], cells["size"], cells["requester"]) == ("2", "2", manager.user.email)
    assert text(browser.get(url(manager, "import", pk=Import.objects.get().pk))).count("Waiting") >= 2


def test_columns_that_tell_nobody_apart_are_refused_on_the_page(manager: Membership, browser: Client) -> None:
    page = browser.post(url(manager, "import-new"), upload(b"Size,Colour\nM,red\n"), follow=True)
    form = {field.name: field.value() or "" for field in page.context["form"]}
    answer = browser.post(url(manager, "import", pk=Import.objects.get().pk), form)
    assert answer.status_code == 422
    assert "who is who" in text(answer)


def drafted(manager: Membership) -> Import:
    file = io.BytesIO(b"Email\nzoe@x.de\n")
    return import_upload(program=manager.program, by=manager.user, file=file, name="may.csv")


def polled(client: Client, address: str, version: str = "") -> str:
    """What the page's poller is answered; its address stands in the page."""
    headers = {"HX-Request": "true", "HX-Target": "live", "HX-Live-Version": version}
    return client.get(address, headers=headers).content.decode()


def test_others_see_a_stage_become_locked_and_open_again(
    browser: Client, manager: Membership, campaign: Campaign
) -> None:
    crowd(campaign, 12)
    page = browser.get(reverse("campaign", args=[manager.program.slug, campaign.pk])).content.decode()
    address = html.unescape(page.split('data-live-url="')[1].split('"')[0])
    to_stage = campaign.stages.get(name="Accepted")
    everybody = Selection(everything=True, filter=f"campaign={campaign.pk}")
    batch = stage_move_request(selection=everybody, to_stage=to_stage, by=manager.user)
    locked = polled(browser, address)
    assert "Accepted is locked: " in locked
    assert f'id="stage-{to_stage.pk}" aria-disabled="true"' in " ".join(locked.split())
    batch_stop(batch=batch, by=manager.user, force=True)
    crowd(campaign, 1)
    opened = polled(browser, address)
    assert "is locked" not in opened
    assert "Others are at Invited now than when this list was made." in opened
    assert 'id="show-anew"' in opened
