"""What can be done with triggers. Callers import from here."""

from .hooks import hook_add, hook_remove
from .launches import LaunchRefused, launch_carry_out, launch_refuse, launch_request, launched_ids
from .triggers import trigger_activate, trigger_save

__all__ = [
    "LaunchRefused",
    "hook_add",
    "hook_remove",
    "launch_carry_out",
    "launch_refuse",
    "launch_request",
    "launched_ids",
    "trigger_activate",
    "trigger_save",
]
