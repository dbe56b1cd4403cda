"""A mailbox for a machine without a mail provider: takes mail, keeps it, shows it."""
