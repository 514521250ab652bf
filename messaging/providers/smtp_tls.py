"""Encryption on the way to a mail server, and in plain words why there is none."""

from __future__ import annotations

import ssl

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import ProviderFault

# OpenSSL's numbers for what it finds wrong with a certificate (X509_V_ERR_…).
WRONG = {
    9: gettext_lazy("The certificate of %(host)s is not valid yet."),
    10: gettext_lazy("The certificate of %(host)s has expired."),
    18: gettext_lazy("%(host)s has signed its certificate itself."),
    19: gettext_lazy("The certificate of %(host)s was signed by somebody whom this machine doesn't know."),
    20: gettext_lazy("The certificate of %(host)s was signed by somebody whom this machine doesn't know."),
    21: gettext_lazy("The certificate of %(host)s was signed by somebody whom this machine doesn't know."),
    23: gettext_lazy("The certificate of %(host)s was withdrawn."),
    62: gettext_lazy("The certificate is not for %(host)s but for another name."),
    64: gettext_lazy("The certificate is not for %(host)s but for another name."),
}


def tls_context() -> ssl.SSLContext:
    """What we take: certificates for the server's name, by authorities that this machine trusts (or SSL_CERT_FILE names)."""
    return ssl.create_default_context()


def tls_fault(host: str, port: int, error: ssl.SSLError) -> ProviderFault:
    """Why the server can't be spoken to in private, as a fault of the channel."""
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong = str(WRONG.get(error.verify_code) or _("The certificate of %(host)s: %(why)s."))
        return ProviderFault("bad_certificate", wrong % {"host": host, "why": error.verify_message})
    if isinstance(error, ssl.SSLEOFError):
        return ProviderFault("connection", f"{host}:{port}: {error.reason or error}")
    words = _("%(host)s answers on port %(port)s, but not with TLS (%(why)s).")
    return ProviderFault("no_tls", words % {"host": host, "port": port, "why": error.reason or error})
