"""``make bench``: all benchmarks, one after the other, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("first_token", "growth", "hostile", "exchange", "words", "repeated", "long_talk", "door")


def main() -> int:
    chosen = sys.argv[1:] or BENCHMARKS
    return max(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode for name in chosen)


if __name__ == "__main__":
    sys.exit(main())
