"""``python tests/fuzz``: damaged inputs by the thousand, and what became of them as a table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzzing import main

if __name__ == "__main__":
    sys.exit(main())
