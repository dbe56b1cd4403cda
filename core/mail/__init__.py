"""Mail: every message is a row in the ledger before it is sent, and keeps its fate there."""
