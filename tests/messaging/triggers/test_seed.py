"""The examples of the interface's first description, word for word but for token and numbers."""

from __future__ import annotations

from typing import Any

import pytest
from defusedxml import ElementTree
from django.test import Client

from batchadmin.accounts.models import Membership
from messaging.models import Trigger
from tests.messaging.triggers.conftest import API
from tests.messaging.triggers.factories import person

TOKEN = "abcdefghijklmnqrstuvwxyz"
EMAIL_JSON = """{
"token": "abcdefghijklmnqrstuvwxyz",
"trigger_id": 8,
"format": "json",
"matching": "email",
"data": [
{
"email": "example1@example.com"
},
{
"email": "example2@example.com"
}
]
}"""
EMAIL_XML = """<xml>
<token>abcdefghijklmnqrstuvwxyz</token>
<trigger_id>85</trigger_id>
<format>xml</format>
<matching>email</matching>
<data>
<email>example1@example.com</email>
</data>
<data>
<email>example2@example.com</email>
</data>
</xml>"""
CUSTOM_JSON = """{
"token": "abcdefghijklmnqrstuvwxyz",
"trigger_id": 96,
"format": "json",
"skip_triggers": false,
"matching": "custom",
"field_name": "Custom_ID",
"data": [
{
"field_value": "003"
},
{
"field_value": "002"
}
]
}"""
CUSTOM_XML = """<xml>
<token>abcdefghijklmnqrstuvwxyz</token>
<trigger_id>85</trigger_id>
<format>xml</format>
<skip_triggers>false</skip_triggers>
<matching>custom</matching>
<field_name>Custom_ID</field_name>
<data>
<field_value>YY</field_value>
</data>
<data>
<field_value>AA</field_value>
</data>
</xml>"""
SEED = [
    (EMAIL_JSON, "application/json", "8"),
    (EMAIL_XML, "application/xml", "85"),
    (CUSTOM_JSON, "application/json", "96"),
    (CUSTOM_XML, "text/xml", "85"),
]


def launched(response: Any) -> tuple[str, str, list[str]]:
    """Error, text and profiles of an answer in either form."""
    if response["Content-Type"].startswith("application/json"):
        found = response.json()
        return str(found["error"]), found["error_text"], [one["profile_id"] for one in found["result"]]
    root = ElementTree.fromstring(response.content)
    assert root.tag == "xml"
    profiles = [str(one.findtext("profile_id")) for one in root.findall("result")]
    return str(root.findtext("error")), str(root.findtext("error_text")), profiles


@pytest.mark.parametrize(("example", "content_type", "number"), SEED)
def test_an_example_launches_for_the_two_whom_it_names(
    client: Client,
    manager: Membership,
    trigger: Trigger,
    token_text: str,
    example: str,
    content_type: str,
    number: str,
) -> None:
    two = [
        person(manager, email=f"example{one}@example.com", attributes={"Custom_ID": value}).pk
        for one, value in enumerate(("003", "002") if "003" in example else ("YY", "AA"), start=1)
    ]
    person(manager, attributes={"Custom_ID": "001"})
    body = example.replace(TOKEN, token_text)
    body = body.replace(f'"trigger_id": {number}', f'"trigger_id": {trigger.pk}')
    body = body.replace(f"<trigger_id>{number}<", f"<trigger_id>{trigger.pk}<")
    response = client.post(API + "start_batch", body, content_type=content_type)
    assert response.status_code == 200
    error, text, profiles = launched(response)
    assert (error, text) == ("0", "Successful operation")
    assert sorted(profiles) == sorted(map(str, two))


def test_a_body_over_the_limit_gets_the_answer_of_the_example(client: Client, db: None) -> None:
    response = client.post(
        API + "start_batch", b"{" + b" " * 10 * 1024 * 1024, content_type="application/json"
    )
    assert response.status_code == 400
    assert response.json() == {
        "error": 400,
        "error_debug": "http: request body too large",
        "error_text": "Invalid request",
    }


def test_a_body_over_the_limit_gets_it_in_xml_too(client: Client, db: None) -> None:
    response = client.post(
        API + "start_batch", b"<" + b" " * 10 * 1024 * 1024, content_type="application/xml"
    )
    assert response.status_code == 400
    assert response.content == (
        b"<xml><error>400</error><error_debug>http: request body too large</error_debug>"
        b"<error_text>Invalid request</error_text></xml>"
    )
