"""Results of other harnesses as run folders: a module per format, each with `HELP` and `read(path, …) -> [Imported]`.

Whatever another harness did not store is null in a run folder and "n/a" in its tables, never 0.
"""
