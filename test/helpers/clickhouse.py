"""Arguments: FILE QUERY. Runs the statements of the file in ClickHouse, then the query, and prints the rows that it finds."""

import sys

from chdb import session

file, query = sys.argv[1:]
with session.Session() as clickhouse, open(file) as statements:
    for statement in statements.read().split(";\n"):
        if statement.strip():
            clickhouse.query(statement)
    print(clickhouse.query(query, "JSONEachRow"), flush=True)
