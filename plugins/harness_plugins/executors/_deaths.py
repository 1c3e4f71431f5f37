"""What the scheduler does when a worker dies: nothing. Who made the run must say so, and decide."""

from __future__ import annotations

from typing import Any

from distributed.diagnostics.plugin import SchedulerPlugin

NAME = "harness-no-retries"

PREFIX = "harness-"
"""What the keys of our tasks begin with: other people's on the same scheduler are left as they are."""


class NoRetries(SchedulerPlugin):
    """Report a task of ours whose worker has died at the first death.

    A scheduler makes such a task again on three further workers before it says anything (``allowed-failures``): a run
    that kills its worker would take four of them, and three more for each further try.
    """

    idempotent = True
    name = NAME

    async def start(self, scheduler: Any) -> None:
        """Remember whose plugin this is."""
        self.scheduler = scheduler

    def transition(self, key: Any, start: str, finish: str, *args: Any, stimulus_id: str, **kwargs: Any) -> None:
        """As soon as a task is handed to a worker, it has no failures left."""
        if finish == "processing" and isinstance(key, str) and key.startswith(PREFIX):
            self.scheduler.tasks[key].suspicious = self.scheduler.allowed_failures
