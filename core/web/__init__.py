"""What every page has in common: headers, origin check, reading session, errors, assets, health."""
