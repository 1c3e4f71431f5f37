#!/usr/bin/env bash
# pytorch_optimizer 4.1.0 at its defaults, without weight decay: which optimisers move embedding rows whose gradient has
# been zero in every step (words that no batch has)?
#
# Guess, before it was run: none but FTRL, whose weights are made anew from its sums.
# Seen: AdamP moves them (its projection takes the whole weight's direction out of the step, and the rows without
# gradient lie in that direction), and Yogi does (its first moment does not begin at zero). FTRL sets them to exactly 0,
# so that pretrained vectors of words that training lacks are gone after one step. Adam, AdaBelief and Lion leave them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
"$folder/venv/bin/pip" install --quiet pytorch_optimizer==4.1.0

cat > "$folder/rows.py" <<'PY'
import torch
from pytorch_optimizer import load_optimizer

for name in ("adam", "adabelief", "lion", "adamp", "yogi", "ftrl"):
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(10, 4))
    begun = weight.detach()[5:].clone()
    values = {} if name == "ftrl" else {"weight_decay": 0.0}
    optimiser = load_optimizer(name)([weight], **values)
    for _ in range(5):
        weight.grad = torch.randn(10, 4)
        weight.grad[5:] = 0
        optimiser.step()
    rows = weight.detach()[5:]
    print(name, "stay" if torch.equal(rows, begun) else "move" if rows.any() else "zero")
PY
seen=$("$folder/venv/bin/python" "$folder/rows.py" 2>/dev/null)
printf '%s\n' "$seen"
[ "$seen" = $'adam stay\nadabelief stay\nlion stay\nadamp move\nyogi move\nftrl zero' ] || { echo "this has changed"; exit 1; }
