"""`python -m db`: prepare the history and tell where it is and what it holds."""

import sys

from core.errors import FirnlineError
from db.history import open_history

EXIT_CANNOT_START = 2  # as the batch has it


def main() -> int:
    """Create or migrate the history; return the exit status."""
    try:
        history = open_history()
    except FirnlineError as error:
        print(error, file=sys.stderr)
        return EXIT_CANNOT_START
    print(f"History: {history.location.place} ({history.count_runs()} runs)")
    print(f"Files:   {history.location.folder}")
    history.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
