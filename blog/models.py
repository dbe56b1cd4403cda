"""Tables of the blog."""
