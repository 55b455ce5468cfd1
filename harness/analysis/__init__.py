"""What run folders say about compute and search: numbers for reports, derived from the files of a run alone."""
