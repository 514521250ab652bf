"""PostgreSQL and Redis without installing them: the servers of two wheels, data under DATA_DIR.

Whoever comes first starts them, whoever leaves last stops them. For people there is
`python -m batchadmin.lib.embedded status|stop`.
"""

from .errors import ServicesError
from .joining import join_unless_named, revive

__all__ = ["ServicesError", "join_unless_named", "revive"]
