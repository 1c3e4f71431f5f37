#!/usr/bin/env bash
# distributed 2026.8.0: LocalCluster(dashboard_address=None). Its documentation says: None disables the dashboard. Does
# anything listen then?
#
# Guess, before it was run: nothing does; the scheduler has its one port for messages.
# Seen: the scheduler serves HTTP all the same, at the default port 8787 or, where that is taken, at another one; its
# `services` names a dashboard, and /health answers. Only an address of one's own says where, as "127.0.0.1:0" for this
# machine alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0

cat > "$folder/listening.py" <<'PY'
import urllib.request
import warnings

warnings.simplefilter("ignore")  # that port 8787 is taken is no matter here

from distributed import LocalCluster

for given in (None, "127.0.0.1:0"):
    local = {"processes": False, "protocol": "tcp://", "host": "127.0.0.1"}
    with LocalCluster(n_workers=1, dashboard_address=given, **local) as cluster:
        port = cluster.scheduler.identity()["services"]["dashboard"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            print(given, sorted(cluster.scheduler.services), answer.status, answer.read().decode())
PY
seen=$("$folder/venv/bin/python" "$folder/listening.py" 2>/dev/null)
printf '%s\n' "$seen"
[ "$seen" = $'None [\'dashboard\'] 200 ok\n127.0.0.1:0 [\'dashboard\'] 200 ok' ] || { echo "this has changed"; exit 1; }
