"""The API by which other systems launch triggers, in JSON and XML; `docs/api/triggers.md` describes it."""
