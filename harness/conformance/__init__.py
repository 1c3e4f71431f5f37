"""Whether a component keeps the contract."""
