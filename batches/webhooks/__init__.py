"""Telling other systems that a batch has ended: signed, tried again for three days, each attempt kept."""
