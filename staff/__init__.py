"""The back office: sign-in and one module for each desk; nothing imports it."""
