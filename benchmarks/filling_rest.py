"""What a crowd's program also has much of: one long chat, people's own messages, what went out by itself, webhooks, audit.

Written after the rest of it (`benchmarks.filling`), and only once.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from batchadmin.accounts.models import AuditEntry, Program, User
from batches.models import Webhook
from messaging.audience import AUTOMATED
from messaging.models import Channel, Template

LONG_CHAT, TOLD, ENTRIES, MOST_AUTOMATED = 3_000, 50_000, 100_000, 5_000

# One person has written and been written to for years.
CHAT = """
INSERT INTO messaging_message (chat_id, direction, status, address, subject, body, provider_id, reason, detail, queued_at,
  sent_at, delivered_at)
SELECT chat.id, CASE WHEN n %% 3 = 0 THEN 'in' ELSE 'out' END, CASE WHEN n %% 3 = 0 THEN 'received' ELSE 'delivered' END,
  'somebody@example.com', 'Your box', 'It has come, thank you. ' || n, '', '', '', moment.at, moment.at, moment.at
FROM (SELECT max(id) AS id FROM messaging_chat WHERE program_id = %(program)s) AS chat
CROSS JOIN generate_series(1, %(long)s) AS n
CROSS JOIN LATERAL (SELECT now() - (%(long)s - n) * interval '3 hours' AS at) AS moment
"""
# Of those who have written at all, every one said one thing.
INBOUND = """
INSERT INTO messaging_message (chat_id, direction, status, address, subject, body, provider_id, reason, detail, queued_at)
SELECT id, 'in', 'received', 'somebody@example.com', '', 'When does it come?', '', '', '', last_inbound_at
FROM messaging_chat WHERE program_id = %(program)s AND last_inbound_at IS NOT NULL
"""
# The newest small broadcasts are made a template's own.
AUTOMATED_BATCHES = """
UPDATE batches_batchrequest SET kind = %(automated)s WHERE id IN (SELECT batch_id FROM messaging_broadcast
  JOIN batches_batchrequest batch ON batch.id = batch_id
  WHERE batch.program_id = %(program)s AND batch.total < 40 AND batch.status = 'completed' ORDER BY batch_id DESC LIMIT %(most)s)
"""
AUTOMATED_TEMPLATE = """
UPDATE messaging_broadcast SET template_id = %(template)s FROM batches_batchrequest batch
WHERE batch.id = batch_id AND batch.program_id = %(program)s AND batch.kind = %(automated)s
"""
DELIVERIES = """
INSERT INTO messaging_automateddelivery (template_id, influencer_id, batch_id, at)
SELECT DISTINCT ON (item.key) %(template)s, item.key, batch.id, batch.finished_at FROM batches_batchitem item
JOIN batches_batchrequest batch ON batch.id = item.batch_id
WHERE batch.program_id = %(program)s AND batch.kind = %(automated)s ORDER BY item.key, batch.id
"""
TELLING = """
INSERT INTO batches_webhookdelivery (uid, webhook_id, batch_id, event, body, status, tries, next_at, give_up_at,
  created_at, ended_at)
SELECT gen_random_uuid(), %(webhook)s, id, 'batch.completed', '{}', CASE WHEN id %% 50 = 0 THEN 'given_up' ELSE 'delivered' END,
  1, finished_at, finished_at, finished_at, finished_at
FROM batches_batchrequest WHERE program_id = %(program)s AND finished_at IS NOT NULL ORDER BY id LIMIT %(told)s
"""
AUDIT = """
INSERT INTO accounts_auditentry (program_id, actor_id, actor_name, action, subject, detail, at)
SELECT %(program)s, %(owner)s, 'Owner', (ARRAY['batch.stopped','import.started','template.saved'])[1 + n %% 3],
  'Something ' || n, '{}', now() - n * interval '10 minutes' FROM generate_series(1, %(entries)s) AS n
"""
STEPS = (CHAT, INBOUND, AUTOMATED_BATCHES, AUTOMATED_TEMPLATE, DELIVERIES, TELLING, AUDIT)


def fill_rest(program: Program, owner: User) -> bool:
    """Write it, unless it's there; returns whether it was written."""
    if AuditEntry.objects.filter(program=program, subject="Something 1").exists():
        return False
    channel = Channel.objects.filter(program=program).earliest("pk")
    template = Template.objects.create(
        program=program, name="Welcome, by itself", subject="Hi", body="Hi", channel=channel,
        automated_by=owner, automated_since=timezone.now() - timedelta(days=400),
    )  # fmt: skip
    webhook = Webhook.objects.create(program=program, url="https://example.com/hook", secret="x" * 32)
    known = {
        "program": program.pk, "owner": owner.pk, "long": LONG_CHAT, "automated": AUTOMATED, "most": MOST_AUTOMATED,
        "template": template.pk, "webhook": webhook.pk, "told": TOLD, "entries": ENTRIES,
    }  # fmt: skip
    for statement in STEPS:
        with connection.cursor() as cursor:
            cursor.execute(statement, known)
    return True
