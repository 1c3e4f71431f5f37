"""A command forks its workers from itself: one import for all, and nothing else of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are spawned")

PROGRAM = """
import json, os, signal, sys, threading
from harness.execution import processes
from harness.execution.forking import fork_workers_from_here

def ask(expression):
    with processes.process_pool(1) as executor:
        return executor.submit(eval, expression).result()

def ask_all():
    return ask(
        "dict(marked=getattr(__import__('os'), 'marked', False), parent=__import__('os').getppid(),"
        "handlers=[__import__('signal').getsignal(number).name for number in (2, 15)])"
    )

os.marked = True  # nothing that a new interpreter has
signal.signal(signal.SIGTERM, lambda *_: None)
print("before ", end="")  # in a buffer, which workers must not have
fork_workers_from_here()
processes.warm_up()
here = dict(pid=os.getpid(), has=set(processes.LOADED) <= set(sys.modules))
forked = ask_all()
os.kill(forked["parent"], signal.SIGKILL)
os.waitid(os.P_PID, forked["parent"], os.WEXITED | os.WNOWAIT)
again = ask_all()
os.kill(again["parent"], signal.SIGKILL)
os.waitid(os.P_PID, again["parent"], os.WEXITED | os.WNOWAIT)
end = threading.Event()
threading.Thread(target=end.wait).start()
beside_a_thread = ask_all()
end.set()
print(json.dumps(dict(here=here, forked=forked, again=again, beside_a_thread=beside_a_thread)), flush=True)
os._exit(0)  # as whoever is killed says goodbye to nobody
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, object]]:
    """What a command sees of itself and of workers: forked, forked from a second server, and beside a thread."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    word, _, answers = done.stdout.partition(" ")
    assert word == "before"
    return json.loads(answers)  # type: ignore[no-any-return]


def test_a_worker_has_what_the_command_has_imported(seen):
    assert seen["here"]["has"] is True
    assert seen["forked"]["marked"] is True
    assert seen["forked"]["parent"] != seen["here"]["pid"]


def test_a_worker_has_none_of_the_commands_handlers_and_ignores_ctrl_c(seen):
    assert seen["forked"]["handlers"] == ["SIG_IGN", "SIG_DFL"]


def test_a_dead_server_is_forked_again(seen):
    assert seen["again"]["marked"] is True
    assert seen["again"]["parent"] not in (seen["forked"]["parent"], seen["here"]["pid"])


def test_beside_a_thread_it_is_a_new_interpreter(seen):
    assert seen["beside_a_thread"]["marked"] is False
    assert seen["beside_a_thread"]["handlers"] == ["SIG_IGN", "SIG_DFL"]


def test_it_ends_with_the_command(seen):
    pid = seen["beside_a_thread"]["parent"]
    done = subprocess.run(["timeout", "20", "tail", f"--pid={pid}", "-f", "/dev/null"], check=False)
    assert done.returncode == 0  # 124 where it goes on
