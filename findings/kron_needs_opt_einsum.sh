#!/usr/bin/env bash
# pytorch_optimizer 4.1.0's Kron, with torch 2.13.0: how large is the largest tensor of one step on a 40 × 60 weight?
#
# Guess, before it was run: 3,600 numbers, the larger of its two factors (40 × 40 and 60 × 60).
# Seen: 5,760,000 numbers, the product of both factors, and 3,600 once opt_einsum is installed, which Kron does not ask
# for. It multiplies with torch.einsum("ab,cd,bd->ac", Q1, Q2, G); without opt_einsum torch takes the operands from left
# to right, and the first two share no letter. A weight of 200 × 400 asks for 25.6 GB that way.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
"$folder/venv/bin/pip" install --quiet pytorch_optimizer==4.1.0

cat > "$folder/largest.py" <<'PY'
import torch
from pytorch_optimizer import load_optimizer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten


class Largest(TorchDispatchMode):
    numel = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for each in tree_flatten(out)[0]:
            if isinstance(each, torch.Tensor):
                self.numel = max(self.numel, each.numel())
        return out


torch.manual_seed(0)
weight = torch.nn.Parameter(torch.randn(40, 60))
optimiser = load_optimizer("kron")([weight], lr=1e-3)
weight.grad = torch.randn(40, 60)
with Largest() as largest:
    optimiser.step()
print(torch.backends.opt_einsum.is_available(), largest.numel)
PY
without=$("$folder/venv/bin/python" "$folder/largest.py" 2>/dev/null)
"$folder/venv/bin/pip" install --quiet opt_einsum==3.4.0
with=$("$folder/venv/bin/python" "$folder/largest.py" 2>/dev/null)
printf 'opt_einsum, largest tensor of a step: %s\n' "$without" "$with"
[ "$without" = "False 5760000" ] && [ "$with" = "True 3600" ] || { echo "this has changed"; exit 1; }
