"""One program with a great deal in it, written in sets: people, campaigns, batches with their ledgers, messages and chats.

Sizes follow from the number of ledger items: a fifth as many influencers,
  a twentieth as many batches. One batch has a tenth of all
items and ten have a hundredth each; the rest are small, as they are in life.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from batchadmin.accounts.models import Program, User
from batchadmin.accounts.services import program_create
from benchmarks.filling_rest import fill_rest
from campaigns.models import Campaign, Import
from campaigns.services import campaign_create
from messaging.models import Channel, Template, Trigger, TriggerLaunch

SLUG = "crowd"
SETTINGS = {"delivered": 90, "read": 40, "failed": 0, "late": 0, "latency": 0, "receipts_after": 0}

PEOPLE = """
INSERT INTO campaigns_influencer (program_id, external_id, first_name, last_name, email, msisdn, handles, tags,
  attributes, created_at, updated_at)
SELECT %(program)s, 'crm-' || n, (ARRAY['Bea','Zoë','Ana','Bo','Mia','Noor','Li','Jo','Eva','Tom'])[1 + n %% 10],
  (ARRAY['Lund','Müller','Weiß','Okafor','García','Silva','Chen','Novak','Rossi','Kaya'])[1 + n / 10 %% 10] || ' ' || n,
  CASE WHEN n %% 10 <> 3 THEN 'person' || n || '@example.com' END, CASE WHEN n %% 10 < 7 THEN '49151' || lpad(n::text, 8,
  '0') END,
  jsonb_build_object('instagram', 'handle' || n), CASE WHEN n %% 5 = 0 THEN ARRAY['vip'] ELSE ARRAY[]::varchar[] END,
  jsonb_build_object('country', (ARRAY['DE','FR','ES','IT'])[1 + n %% 4], 'followers', n %% 90000), now()
  - n * interval '1 minute', now()
FROM generate_series(1, %(people)s) AS n
"""

PARTICIPANTS = """
INSERT INTO campaigns_participant (campaign_id, influencer_id, stage_id, entered_stage_at, dates)
SELECT %(campaign)s, person.id, (SELECT id FROM campaigns_stage WHERE campaign_id = %(campaign)s AND position =
    (SELECT position FROM campaigns_stage WHERE campaign_id = %(campaign)s ORDER BY position OFFSET (person.id %% 3)
  LIMIT 1)),
  now() - (person.id %% 90000) * interval '1 minute', '{}'
FROM campaigns_influencer person WHERE program_id = %(program)s AND person.id %% %(every)s = 0
"""

CHANGES = """
INSERT INTO campaigns_stagechange (participant_id, to_stage_id, at, by_name)
SELECT id, stage_id, entered_stage_at, 'Owner' FROM campaigns_participant WHERE campaign_id = %(campaign)s
"""

# Every fifth is a move. The size of each stands in `after_stop` until its ledger is written.
BATCHES = """
INSERT INTO batches_batchrequest (program_id, kind, type, listed, lane, name, campaign_name, lock, status, requester_id,
  requested_at,
  started_at, finished_at, after_stop, total, pending, in_flight, succeeded, failed, skipped, not_sent, unknown,
  failed_since_end,
  retries, last_error, wait_reason)
SELECT %(program)s, CASE WHEN n %% 5 = 0 THEN %(move)s ELSE 'broadcast' END,
  CASE WHEN n %% 5 = 0 THEN 'BatchWorkflowStatus' ELSE 'BatchConversations' END, true, 'bulk',
  (ARRAY['Spring box','May news','Welcome','Summer sale','Last call'])[1 + n %% 5] || ' ' || n, 'Campaign ' || (n %% 40), '',
  'completed', %(owner)s, at, at, at + interval '3 minutes',
  CASE WHEN n = %(batches)s - 3 THEN %(items)s / 10 WHEN n %% (%(batches)s / 10)
  = 1 THEN %(items)s / 100 ELSE 1 + n * 7 %% %(small)s END,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', ''
FROM (SELECT n, now() - (%(batches)s - n) * interval '10 minutes' AS at FROM generate_series(1, %(batches)s) AS n) AS source
"""

ITEMS = """
INSERT INTO batches_batchitem (batch_id, key, status, attempts, reason, detail, payload)
SELECT batch.id, %(first)s + (batch.id * 7919 + n) %% %(people)s, fate.status, 1,
  CASE fate.status WHEN 'failed' THEN (ARRAY['5.1.1','5.7.1','5.2.2','other'])[1 + n %% 4] WHEN 'skipped' THEN 'opted_out'
    WHEN 'unknown' THEN 'unknown' ELSE '' END, '', '{"to": "somebody@example.com"}'
FROM batches_batchrequest batch CROSS JOIN LATERAL generate_series(1, batch.after_stop) AS n
CROSS JOIN LATERAL (SELECT CASE WHEN n %% 100 < 3 THEN 'failed' WHEN n %% 100 < 5 THEN 'skipped'
  WHEN n %% 100 = 50 AND batch.id %% 500 = 0 THEN 'unknown' ELSE 'succeeded' END AS status) AS fate
WHERE batch.program_id = %(program)s
"""

COUNTS = """
UPDATE batches_batchrequest batch SET total = found.total, succeeded = found.succeeded, failed = found.failed,
  skipped = found.skipped,
  unknown = found.unknown, after_stop = 0,
  status = CASE WHEN found.failed + found.unknown > 0 THEN 'failed' ELSE 'completed' END
FROM (SELECT batch_id, count(*) AS total, count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
    count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'skipped') AS skipped,
    count(*) FILTER (WHERE status = 'unknown') AS unknown FROM batches_batchitem GROUP BY batch_id) AS found
WHERE batch.id = found.batch_id AND batch.program_id = %(program)s
"""

EVENTS = """
INSERT INTO batches_batchevent (batch_id, at, what, who, detail)
SELECT id, requested_at, 'requested', 'owner@example.com', '' FROM batches_batchrequest WHERE program_id = %(program)s
UNION ALL SELECT id, finished_at, status, '', '' FROM batches_batchrequest WHERE program_id = %(program)s
"""

NOTICES = """
INSERT INTO batches_notice (batch_id, user_id, subject, body, created_at, read_at, mail_state, message_id, mail_error)
SELECT id, %(owner)s, 'Completed: ' || name, 'It has ended.', finished_at, CASE WHEN id %% 50 <> 0 THEN finished_at END,
  'sent', '<' || id || '@crowd>', ''
FROM batches_batchrequest WHERE program_id = %(program)s
"""

UPDATES = """
INSERT INTO campaigns_stageupdate (batch_id, action, campaign_id, from_stage_id, to_stage_id)
SELECT id, 'move', %(campaign)s, NULL, (SELECT id FROM campaigns_stage WHERE campaign_id = %(campaign)s ORDER BY position LIMIT 1)
FROM batches_batchrequest WHERE program_id = %(program)s AND kind = %(move)s
"""

BROADCASTS = """
INSERT INTO messaging_broadcast (batch_id, channel_id, template_id, campaign_id, subject, body, html, approved,
  exclude_past, time_limit, delivered, read)
SELECT id, (ARRAY[%(sandbox)s, %(mail)s])[1 + (id %% 3 = 0)::int], %(template)s, %(campaign)s, name,
  'Hi {{ influencer.first_name }}', '',
  '{}', true, 72, CASE WHEN id %% 3 = 0 THEN 0 ELSE succeeded * 9 / 10 END,
  CASE WHEN id %% 3 = 0 THEN 0 ELSE succeeded * 4 / 10 END
FROM batches_batchrequest WHERE program_id = %(program)s AND kind = 'broadcast'
"""

CHATS = """
INSERT INTO messaging_chat (program_id, influencer_id, channel_id, last_message_at, last_inbound_at)
SELECT %(program)s, item.key, broadcast.channel_id, max(batch.finished_at),
  CASE WHEN item.key %% 40 = 0 THEN max(batch.finished_at) END
FROM batches_batchitem item JOIN messaging_broadcast broadcast USING (batch_id)
  JOIN batches_batchrequest batch ON batch.id = item.batch_id
WHERE batch.program_id = %(program)s AND item.status IN ('succeeded', 'failed') GROUP BY item.key, broadcast.channel_id
"""

MESSAGES = """
INSERT INTO messaging_message (chat_id, batch_id, key, direction, status, address, subject, body, provider_id, reason,
  detail, queued_at,
  sent_at, delivered_at, failed_at)
SELECT chat.id, item.batch_id, item.key, 'out', CASE item.status WHEN 'failed' THEN 'failed' ELSE 'sent' END,
  'somebody@example.com',
  batch.name, 'Hi, your box is on its way, and we can''t wait to see it. ' || item.key, '', item.reason, '', moment.at,
  CASE item.status WHEN 'failed' THEN NULL ELSE moment.at END,
  CASE item.status WHEN 'failed' THEN NULL ELSE moment.at + interval '9 s' END,
  CASE item.status WHEN 'failed' THEN moment.at END
FROM batches_batchitem item JOIN messaging_broadcast broadcast USING (batch_id)
  JOIN batches_batchrequest batch ON batch.id = item.batch_id
JOIN messaging_chat chat ON chat.influencer_id = item.key AND chat.channel_id = broadcast.channel_id
CROSS JOIN LATERAL (SELECT batch.started_at + (item.key %% 170) * interval '1 second' AS at) AS moment
WHERE batch.program_id = %(program)s AND item.status IN ('succeeded', 'failed')
"""

# Four of the small ones run, so that the pages of what is live have something to show; no worker is ever to end them.
LIVE = """
UPDATE batches_batchrequest SET status = 'processing', finished_at = NULL, progress_at = now() + interval '1 day',
  wake_at = now() + interval '10 years', wait_reason = 'pace',
  pending = succeeded,
  succeeded = 0 WHERE program_id = %(program)s AND kind = 'broadcast' AND total < %(small)s
  AND id > (SELECT max(id) - 6 FROM batches_batchrequest WHERE program_id = %(program)s)
"""
LIVE_ITEMS = """
UPDATE batches_batchitem item SET status = 'pending' FROM batches_batchrequest batch
WHERE batch.id = item.batch_id AND batch.status = 'processing' AND item.status = 'succeeded' AND
  batch.program_id = %(program)s
"""

STEPS = (
    PEOPLE,
    PARTICIPANTS,
    CHANGES,
    BATCHES,
    ITEMS,
    COUNTS,
    EVENTS,
    NOTICES,
    UPDATES,
    BROADCASTS,
    CHATS,
    MESSAGES,
    LIVE,
    LIVE_ITEMS,
)
KNOWN_AFTER = {PEOPLE: "SELECT min(id) AS first FROM campaigns_influencer WHERE program_id = %(program)s"}


@dataclass(frozen=True)
class Crowd:
    """The program, and the owner who looks at it."""

    program: Program
    owner: User


def crowd(items: int) -> Crowd:
    """The program with so many ledger items; made anew if there is none of this size."""
    slug = f"{SLUG}-{items}"
    found = Program.objects.filter(slug=slug).first()
    owner = User.objects.filter(email=f"{slug}@example.com").first()
    is_new = found is None or owner is None
    made = Crowd(found, owner) if found and owner else _fill(slug, items)
    if fill_rest(made.program, made.owner) or is_new:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return made


@transaction.atomic
def _fill(slug: str, items: int) -> Crowd:
    made = program_create(name=slug.capitalize(), slug=slug, owner_email=f"{slug}@example.com")
    sandbox = Channel.objects.create(program=made.program, name="Sandbox", type="sandbox", settings=SETTINGS)
    mail = {"host": "127.0.0.1", "port": 2599, "security": "none"}
    smtp = Channel.objects.create(program=made.program, name="Office", type="smtp", settings=mail)
    campaigns = [
        campaign_create(program=made.program, name=f"Campaign {number}", by=made.user) for number in range(40)
    ]
    template = Template.objects.create(program=made.program, name="Monthly", subject="News", body="Hi")
    trigger = Trigger.objects.create(
        program=made.program, name="Shipped", channel=sandbox, subject="Hi", body="Hi"
    )
    known: dict[str, Any] = {
        "program": made.program.pk, "owner": made.user.pk, "people": items // 5, "items": items, "batches": items // 20,
        "small": 31, "campaign": campaigns[0].pk, "every": 2, "sandbox": sandbox.pk, "mail": smtp.pk, "move": "stage_move",
        "template": template.pk,
    }  # fmt: skip
    for statement in STEPS:
        _run(statement, known)
    _fill_small(made.program, made.user, trigger)
    return Crowd(made.program, made.user)


def _fill_small(program: Program, owner: User, trigger: Trigger) -> None:
    """What there are hundreds of, not hundreds of thousands."""
    now = timezone.now()
    Import.objects.bulk_create(
        Import(
            program=program, requester=owner, import_id=f"import-{number}", file_name=f"people-{number}.csv", state="started",
            created_at=now - timedelta(hours=number), started_at=now - timedelta(hours=number),
        )
        for number in range(1, 501)
    )  # fmt: skip
    Template.objects.bulk_create(
        Template(program=program, name=f"Template {number}", subject=f"Subject {number}", body="Hi")
        for number in range(1, 301)
    )
    TriggerLaunch.objects.bulk_create(
        TriggerLaunch(
            program=program,
            trigger=trigger,
            channel=trigger.channel,
            requester=owner,
            subject="Hi",
            body="Hi",
            asked=3,
            matching="email_profile",
        )
        for _number in range(2_000)
    )  # fmt: skip


def _run(statement: str, known: dict[str, Any]) -> None:
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(statement, known)
        rows = cursor.rowcount
        if statement in KNOWN_AFTER:
            cursor.execute(KNOWN_AFTER[statement], known)
            (known["first"],) = cursor.fetchone() or (1,)
    table = statement.split()[1 if statement.split()[0] == "UPDATE" else 2]
    print(
        f"{timezone.now():%H:%M:%S} {table:28} {rows:>11,} rows {time.monotonic() - began:7.1f} s", flush=True
    )


def first_campaign(found: Crowd) -> Campaign:
    """The campaign that everybody is in."""
    return Campaign.objects.filter(program=found.program).earliest("pk")
