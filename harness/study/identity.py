"""What makes a study this one and no other, as a number: the seed of its confirmation.

Searches of all studies of one seed meet the same random draws. Confirmation is to be fresh: a second study on the same
data must not confirm at the draws that the first one has seen, unless that is wished.
"""

from __future__ import annotations

import json

from harness.plugin.prepared import sha256
from harness.study.study import Study


def confirmation_seed(study: Study, digest: str) -> int:
    """The seed, of 53 bits, of every random stream of the study's runs in confirm and test.

    ``digest``: of the problem. It depends on the problem's content, the settings of model and training, the study's
    seed, and on the names of what is compared or, where the study gives one, on its ``seed_namespace`` in their place;
    not on question, baseline, budget, arms or paths. 53 bits are what every reader of JSON keeps.
    """
    identity = {
        "problem": digest,
        "model": study.model.plain(),
        "training": study.training.plain(),
        "seed": study.seed,
        **({"namespace": study.seed_namespace} if study.seed_namespace else {"compare": sorted(study.compare)}),
    }
    return int(sha256(json.dumps(identity, sort_keys=True).encode())[:16], 16) >> 11
