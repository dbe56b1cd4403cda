"""Sells the tool: catalogue, cart, checkout, payments, orders, fulfilment.

Public: `catalog`, `stock`, `shipping`, `checkout`, `orders`, `settlement`, `refunds`, `returns`,
`reviews`, `review_requests`, `refusals`, `testimonials`, `claims`, `alerts`, `webhooks`,
`reconciler`, `events`, `samples`, `models`. Only `payments` speaks with Stripe; only `settlement`
and `refunds` believe what it heard.
"""
