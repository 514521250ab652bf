"""The engine's own fixtures serve here as well."""

from tests.batches.conftest import kinds, request_batch, work, worker

__all__ = ["kinds", "request_batch", "work", "worker"]
