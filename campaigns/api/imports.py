"""Imports by other systems: bulks of up to 1,000 members, and what became of them."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Body, Path, Router
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from batchadmin.accounts.api.callers import MAY_MANAGE, MAY_READ, ApiRequest
from batchadmin.accounts.api.pages import HIGHEST_ID, Id
from batchadmin.accounts.api.problems import ERRORS, Problem, problem_register
from batchadmin.accounts.api.repeats import repeatable
from batchadmin.accounts.services import Answer, fingerprint_of, request_once, token_person
from campaigns.bulk.imports import BULK_SIZE
from campaigns.importing.reports import bulk_report, import_report
from campaigns.models import Import, ImportBulk
from campaigns.services import BulkAsked, BulkRefused, bulk_request
from campaigns.states import MultiValues

router = Router(tags=["Imports"])
ImportName = Annotated[str, Path(min_length=1, max_length=100, description="The import's `import_id`")]
BulkId = Annotated[Id, Path(description="The bulk's number, as it was answered")]
Number = Annotated[int, Path(ge=0, le=HIGHEST_ID, description="Your own number of the bulk")]
BulkStatusName = Literal["waiting", "working", "finished", "waiting_for_retry", "failed"]

# No member is refused by its shape: a bad one is an error in the bulk's list.
MEMBER = {
    "title": "Member",
    "description": "`properties`: any field of an influencer (email, msisdn, external_id or id, first_name, last_name,"
    " tags, handles, attributes); every other property is an attribute, and null takes a value away. Beside it:"
    " `email_enabled`, `sms_enabled`, `push_enabled` (true or false), `optin_channel`, `optin_subchannel` (texts).",
    "example": {"properties": {"email": "zoe@example.com", "first_name": "Zoe"}, "email_enabled": True},
}


def _told(schema: dict[str, Any]) -> Any:
    """A field whose values are judged by us, because each wrong one has a code of its own."""
    return WithJsonSchema(schema)


class BulkIn(BaseModel):
    """A bulk of an import."""

    model_config = ConfigDict(extra="forbid", strict=True)

    import_id: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        pattern="^[A-Za-z0-9._~:@-]+$",
        description="Bulks with the same one are one import; else one is made up",
    )
    request_number: int | None = Field(
        None,
        ge=0,
        le=HIGHEST_ID,
        description="Your own number of the bulk; the same one again is answered alike",
    )
    members: Annotated[
        Any, _told({"type": "array", "minItems": 1, "maxItems": BULK_SIZE, "items": MEMBER})
    ] = Field(None, description="Who is to be imported")
    operation: Annotated[Any, _told({"type": "string", "enum": ["create", "update", "upsert"]})] = "create"
    member_identifier_type: Annotated[Any, _told({"type": "string", "enum": ["id", "email", "msisdn"]})] = (
        Field(
            None,
            description="By what members are found: for update id unless you say otherwise, for upsert any of them",
        )
    )
    multi_values_update_mode: Literal["replace", "append"] = Field(
        "replace", description="What becomes of lists such as tags"
    )


class BulkMade(BaseModel):
    """Which bulk of which import it became."""

    import_id: str
    bulk_id: int


class BulkLine(BaseModel):
    """A bulk in the list of its import."""

    id: int
    request_number: int | None
    status: BulkStatusName


class MemberCounts(BaseModel):
    """How many members came, and what became of them."""

    members_in_payload_number: int
    members_created_number: int
    members_updated_number: int
    members_with_validation_errors_number: int


class ImportOut(MemberCounts):
    """An import: the sums of its bulks."""

    import_id: str
    created_at: datetime
    bulks: list[BulkLine]


class BulkOut(MemberCounts):
    """A bulk: `finished` doesn't mean that any member succeeded; see the counts."""

    id: int
    import_id: str
    request_number: int | None
    operation: str
    status: BulkStatusName
    retries: int
    members_errors: dict[str, Any] = Field(
        description="What was wrong, by the member's identifier; erased after 24 hours"
    )
    created_at: datetime


@router.post(
    "imports", auth=MAY_MANAGE, response={202: BulkMade, **ERRORS}, summary="Import a bulk of members"
)
@repeatable()
def bulk_make(request: HttpRequest, told: Body[BulkIn]) -> tuple[int, Any]:
    """Create, update, or both, up to 1,000 influencers. A member that is bad is one error in the bulk's list.

    The whole bulk is refused (422) for `duplicated_emails`, `duplicated_msisdns`, `members_size_incorrect`,
    `members_empty`, `missing_identifier`, `invalid_operation` and `invalid_member_identifier_type`.
    """
    token = cast(ApiRequest, request).auth
    asked = BulkAsked.of(
        members=told.members,
        operation=told.operation,
        identifier=told.member_identifier_type,
        multi_values=MultiValues(told.multi_values_update_mode),
        import_id=told.import_id,
        request_number=told.request_number,
    )

    def work() -> Answer:
        bulk = bulk_request(program=token.program, by=token_person(token=token), asked=asked)
        return Answer(202, json.dumps({"import_id": asked.import_id, "bulk_id": bulk.pk}))

    if asked.request_number is None:
        answer = work()
    else:
        answer = request_once(
            program=token.program,
            scope=f"import:{asked.import_id}",
            key=str(asked.request_number),
            fingerprint=fingerprint_of(request.body),
            work=work,
            kept=None,
        ).answer
    return answer.status, json.loads(answer.body)


@router.get(
    "imports/{import_id}", auth=MAY_READ, response={200: ImportOut, **ERRORS}, summary="Look at an import"
)
def import_show(request: HttpRequest, import_id: ImportName) -> Any:
    """An import with the sums of its bulks, and how each bulk stands."""
    seen = Import.objects.visible_to(cast(ApiRequest, request).auth)
    return import_report(get_object_or_404(seen, import_id=import_id))


@router.get(
    "imports/{import_id}/bulks/by_request_number/{number}",
    auth=MAY_READ,
    response={200: BulkOut, **ERRORS},
    summary="Look at a bulk by your own number",
)
def bulk_show_by_number(request: HttpRequest, import_id: ImportName, number: Number) -> Any:
    """A bulk with its counts and errors."""
    return _report(request, parent__import_id=import_id, request_number=number)


@router.get(
    "imports/{import_id}/bulks/{bulk_id}",
    auth=MAY_READ,
    response={200: BulkOut, **ERRORS},
    summary="Look at a bulk",
)
def bulk_show(request: HttpRequest, import_id: ImportName, bulk_id: BulkId) -> Any:
    """A bulk with its counts and errors."""
    return _report(request, parent__import_id=import_id, pk=bulk_id)


def _report(request: HttpRequest, **which: Any) -> dict[str, Any]:
    seen = ImportBulk.objects.visible_to(cast(ApiRequest, request).auth).select_related("parent", "batch")
    return bulk_report(get_object_or_404(seen, **which))


problem_register(BulkRefused, lambda refusal: Problem(422, refusal.code, str(refusal)))
