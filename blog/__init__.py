"""Teaches: posts, anatomy, referral charts, comments, feeds."""
