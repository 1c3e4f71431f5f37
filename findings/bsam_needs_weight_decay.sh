#!/usr/bin/env bash
# pytorch_optimizer 4.1.0's bSAM with weight_decay=0: does it train?
#
# Guess, before it was run: as at the default, 1e-4, but without the decay; a larger lr makes larger steps.
# Seen: its momentum collects gradient × weight_decay where the paper (Möllenhoff and Khan 2023, arXiv 2210.01620) adds
# weight_decay × weight to the gradient. So at 0 neither lr nor the gradient has any part in the last half of the step:
# at lr 0.01 and at 10 the weights are the same to the last bit, and at the default the gradient counts a
# ten-thousandth.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
"$folder/venv/bin/pip" install --quiet pytorch_optimizer==4.1.0

cat > "$folder/steps.py" <<'PY'
import torch
from pytorch_optimizer import load_optimizer


def after(lr, weight_decay):
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.ones(5))
    optimiser = load_optimizer("bsam")([weight], num_data=100, lr=lr, weight_decay=weight_decay)
    weight.grad = torch.zeros(5)

    def closure():
        optimiser.zero_grad()
        loss = (weight - 3).square().sum()
        loss.backward()
        return loss

    for _ in range(20):
        optimiser.step(closure)
    return weight.detach()


for weight_decay in (0.0, 1e-4):
    small, large = after(0.01, weight_decay), after(10.0, weight_decay)
    print(weight_decay, torch.equal(small, large))
PY
seen=$("$folder/venv/bin/python" "$folder/steps.py" 2>/dev/null)
printf 'weight_decay, whether lr 0.01 and 10 end at the same bits:\n%s\n' "$seen"
[ "$seen" = $'0.0 True\n0.0001 False' ] || { echo "this has changed"; exit 1; }
