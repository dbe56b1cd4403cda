"""Tables of the back office."""
