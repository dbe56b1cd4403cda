"""Sells the tool: catalogue, cart, checkout, payments, orders, fulfilment."""
