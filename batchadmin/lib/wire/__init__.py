"""Documents as they come over the wire, JSON or XML, into one Python form and back. Callers import from here.

A document is an object (dict) of objects, lists, texts, numbers, booleans and None. `docs/api/triggers.md` says how it
looks in XML. Whatever can't be read raises WireError, whose words say what is wrong; nothing hostile costs more than
the size of its text.
"""

from .documents import Document, Value, WireError
from .json_form import json_read, json_write
from .xml_form import xml_read, xml_write

__all__ = [
    "Document",
    "Value",
    "WireError",
    "json_read",
    "json_write",
    "xml_read",
    "xml_write",
]
