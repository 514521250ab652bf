"""Django's templates, drawn in fewer steps: same language, same output.

Pages of fifty rows draw some thousand nodes. Here texts that stand side by side are one, what renders to nothing is left out,
values are looked up without an exception for each name that isn't there, translations of fixed words are kept for each language,
and addresses are filled into forms. Whatever isn't known here is drawn by the framework itself.
"""

from .loader import Loader

__all__ = ["Loader"]
