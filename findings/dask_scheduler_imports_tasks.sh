#!/usr/bin/env bash
# distributed 2026.8.0: a client submits one function of a module to a scheduler that runs in a process of its own.
# Which processes import that module?
#
# Guess, before it was seen: the client and the worker; the scheduler passes the pickled task on without looking into it.
# Seen: the scheduler imports the module too, since it unpickles the graph of tasks. So a function whose module imports
# torch costs the scheduler seconds and some hundred MB, and a scheduler without torch cannot take it. A call that is
# pickled by hand, and unpickled by a function of the standard library, goes past it.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid 2>/dev/null) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0

mkdir "$folder/modules"
for name in plain pickled; do
  cat > "$folder/modules/${name}_task.py" <<PY
import os

with open(os.environ["SEEN"], "a") as seen:
    seen.write("${name} " + os.environ["ROLE"] + "\n")


def answer():
    return 42
PY
done
export PYTHONPATH="$folder/modules" SEEN="$folder/seen" OMP_NUM_THREADS=1
cd "$folder"
ROLE=scheduler "$folder/venv/bin/dask" scheduler --host 127.0.0.1 --port 0 --no-dashboard --scheduler-file at.json 2>scheduler.log &
echo $! > scheduler.pid
ROLE=worker "$folder/venv/bin/dask" worker --scheduler-file at.json --host 127.0.0.1 --no-dashboard --no-nanny 2>worker.log &
echo $! > worker.pid
cat > ask.py <<'PY'
import operator
import pickle

from distributed import Client

import pickled_task
import plain_task


def main():
    with Client(scheduler_file="at.json", timeout=60) as client:
        print(client.submit(plain_task.answer).result(timeout=60))
        call = pickle.dumps(pickled_task.answer)
        print(client.submit(operator.call, client.submit(pickle.loads, call, pure=False)).result(timeout=60))


main()
PY
ROLE=client "$folder/venv/bin/python" ask.py
seen=$(sort -u seen)
printf '%s\n' "$seen"
[ "$seen" = $'pickled client\npickled worker\nplain client\nplain scheduler\nplain worker' ] || { echo "this has changed"; exit 1; }
