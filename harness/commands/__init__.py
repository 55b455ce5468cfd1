"""The commands of `harness`: one file each, with HELP, add_arguments and run."""
