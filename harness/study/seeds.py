"""The seed indices that each phase may use: those of tuning and of confirmation never overlap."""

from __future__ import annotations

TUNING = range(100)
"""Seed indices of search (the first) and select (those after it)."""


CONFIRMATION = range(100, 100_000)
"""Seed indices of confirm: fresh, because no tuning run ever used one."""
