"""Tables from run folders."""
