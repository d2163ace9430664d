"""The history: tables, engine, queries, migrations and the files that runs keep."""
