#!/usr/bin/env bash
# bench check: the whole process `weft check examples/online-boutique`, from start to exit
exec python3 - "$@" <<'PY'
import statistics, subprocess, time

command = ["build/release/bin/weft", "check", "examples/online-boutique"]
times = []
for _ in range(30):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    times.append((time.perf_counter() - start) * 1000)
print(f"{' '.join(command)}: {len(times)} runs, least {min(times):.0f} ms, median {statistics.median(times):.0f} ms, most {max(times):.0f} ms")
PY
