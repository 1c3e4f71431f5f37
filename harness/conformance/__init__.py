"""Whether a component keeps the contract between plugins and the harness: the checks of ``harness check``."""
