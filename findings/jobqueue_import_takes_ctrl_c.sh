#!/usr/bin/env bash
# dask-jobqueue 0.9.0: a program imports the package, starts no cluster, and is interrupted (Ctrl-C, SIGINT).
#
# Guess, before it was seen: KeyboardInterrupt, as in every Python program; a shell sees 130 or death by the signal.
# Seen: the import alone replaces the handler of SIGINT by one that calls sys.exit(), for the whole process. The
# interrupted program ends with exit code 0, so that `program && publish` goes on with half of its results.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0 dask-jobqueue==0.9.0

cat > "$folder/interrupted.py" <<'PY'
import os
import signal
import sys
import time

if sys.argv[1] == "with":
    import dask_jobqueue
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
signal.alarm(1)
try:
    time.sleep(10)
except BaseException as error:
    print(type(error).__name__)
    raise
PY
seen=""
for how in without with; do
  code=0
  said=$("$folder/venv/bin/python" "$folder/interrupted.py" "$how" 2>/dev/null) || code=$?
  seen+="$how: $said, exit code $code"$'\n'
done
printf '%s' "$seen"
[ "$seen" = $'without: KeyboardInterrupt, exit code 130\nwith: SystemExit, exit code 0\n' ] || { echo "this has changed"; exit 1; }
