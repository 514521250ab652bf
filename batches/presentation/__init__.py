"""How a batch is put into words, numbers and colours, for every page that shows one."""

from .progress import Progress, Stall, Workers, progress_of, stall_of
from .sentences import sentence_of
from .statuses import StatusWord, item_status_word, status_word
from .tallies import Tally, tallies_of
from .timeline import timeline_of

__all__ = [
    "Progress",
    "Stall",
    "StatusWord",
    "Tally",
    "Workers",
    "item_status_word",
    "progress_of",
    "sentence_of",
    "stall_of",
    "status_word",
    "tallies_of",
    "timeline_of",
]
