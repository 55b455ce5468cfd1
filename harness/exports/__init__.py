"""What a finished run becomes for other programs: a file per format, with hyphens in its name as underscores here.

Each module has `HELP` (one line), `export(runs, output, options) -> str`, which writes and returns the sentence that
says what was written, and `add_arguments(parser)` where the format has options of its own. `options` holds the parsed
command line. Modules are imported when `harness export` runs; third-party packages only inside functions.
"""
