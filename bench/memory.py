"""Memory of a whole station by service: proportional set sizes (PSS), which count shared pages once.

    python bench/memory.py root@10.89.41.10 -i build/ssh/id_ed25519

Arguments are those of ssh. Start `make demo` first and give it a minute of traffic.
"""

import subprocess
import sys

# /proc/PID/cgroup names the unit; smaps_rollup holds "Pss: N kB".
ON_THE_HOST = r"""
for process in /proc/[0-9]*; do
    pss=$(awk '/^Pss:/ { print $2 }' "$process/smaps_rollup" 2>/dev/null) || continue
    [ -n "$pss" ] || continue
    unit=$(grep -oE '[^/]+\.(service|scope)' "$process/cgroup" | tail -n 1)
    echo "$pss ${unit:-$(cat "$process/comm")}"
done
"""


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    ssh = ["ssh", "-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *sys.argv[1:]]
    answer = subprocess.run([*ssh, ON_THE_HOST], check=True, capture_output=True, text=True).stdout
    by_unit: dict[str, tuple[int, int]] = {}
    for line in answer.splitlines():
        kilobytes, unit = line.split(" ", 1)
        memory, processes = by_unit.get(unit, (0, 0))
        by_unit[unit] = (memory + int(kilobytes), processes + 1)
    print("| unit | processes | PSS, MB |\n|---|---:|---:|")
    for unit, (memory, processes) in sorted(by_unit.items(), key=lambda item: -item[1][0]):
        print(f"| {unit} | {processes} | {memory / 1024:.1f} |")
    total = sum(memory for memory, _ in by_unit.values())
    print(f"| **all** | **{sum(n for _, n in by_unit.values())}** | **{total / 1024:.0f}** |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
