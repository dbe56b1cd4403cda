"""Stripe's resources, a module each: what the API's operations do with the account's objects."""
