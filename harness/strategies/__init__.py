"""Ways to spend inference compute: one file and one asynchronous function each."""
