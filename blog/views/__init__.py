"""The blog's pages, as Flask serves them."""
