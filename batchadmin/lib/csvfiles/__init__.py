"""Tables in files as people have them: CSV in any encoding and with any delimiter, or XLSX. Read as streams.

with open(path, "rb") as file:
    table = table_open(file, name="may.csv")
    table.headers, table.facts
    for row in table.rows(): row.line, row.values
"""

from batchadmin.lib.csvfiles.opening import Table, table_open
from batchadmin.lib.csvfiles.rows import Facts, FileProblem, Row

__all__ = ["Facts", "FileProblem", "Row", "Table", "table_open"]
