#!/usr/bin/env bash
# dask-jobqueue 0.9.0: a batch system refuses a job (no such partition, say): sbatch writes why and exits with 1. What
# does SLURMCluster.scale() do?
#
# Guess, before it was run: it raises, as the cluster's own constructor does for a scheduler that cannot start.
# Seen: it returns, the cluster counts the worker among those that it has asked for, and the refusal is no more than an
# "exception was never retrieved" of asyncio in a log; wait_for_workers() then waits until its time is over.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0 dask-jobqueue==0.9.0
mkdir "$folder/bin"
printf '#!/bin/sh\necho "invalid partition" >&2\nexit 1\n' > "$folder/bin/sbatch"
chmod +x "$folder/bin/sbatch"

cat > "$folder/asking.py" <<'PY'
import time

from dask_jobqueue import SLURMCluster

cluster = SLURMCluster(cores=1, memory="1GB", scheduler_options={"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"})
print("scale() returned", cluster.scale(1))
time.sleep(3)
print("asked for", len(cluster.plan), "have", len(cluster.observed), "status", cluster.status.name)
PY
seen=$(PATH="$folder/bin:$PATH" timeout 60 "$folder/venv/bin/python" "$folder/asking.py" 2>"$folder/log" || true)
printf '%s\n' "$seen"
grep -c "invalid partition" "$folder/log"
[ "$seen" = $'scale() returned None\nasked for 1 have 0 status running' ] || { echo "this has changed"; exit 1; }
