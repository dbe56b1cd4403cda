"""A Stripe that runs on this machine: HTTP API, hosted pages, webhooks; for trying and testing."""
