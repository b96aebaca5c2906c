#!/usr/bin/env bash
# bench fmt: the whole process `weft fmt` on a file of 100,000 rules
exec python3 - "$@" <<'PY'
import pathlib, random, statistics, subprocess, tempfile, time

random.seed(1)
lines = ["label app, env : string", "tiers app", "policy all in app {"]
for number in range(100_000):
    ends = [f'app=="app-{random.randrange(2000)}"&&env in {{"prod",  "stage"}}' for _ in range(2)]
    comment = "  // from the old firewall" if number % 10 == 0 else ""
    lines.append(f"allow {ends[0]}->{ends[1]}: tcp/{1 + number % 65535}, udp/53 because \"ticket {number}\"{comment}")
lines.append("}")

with tempfile.TemporaryDirectory() as directory:
    file = pathlib.Path(directory) / "rules.weft"
    file.write_text("\n".join(lines))
    size = file.stat().st_size / 1e6
    for what, words in (("weft fmt", [str(file)]), ("weft fmt --check", ["--check", str(file)])):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run(["build/release/bin/weft", "fmt", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        print(f"{what}: 100,000 rules ({size:.0f} MB), {len(times)} runs, least {min(times):.2f} s, median {statistics.median(times):.2f} s")
PY
