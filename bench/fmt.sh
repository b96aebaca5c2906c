#!/usr/bin/env bash
# bench fmt: the whole process `weft fmt` on a file of 100,000 rules
exec python3 - "$@" <<'PY'
import pathlib, random, resource, statistics, subprocess, tempfile, time

random.seed(1)
groups = [f'group g{number}=app=="app-{number}"&&env in {{"prod",  "stage"}}' for number in range(300)]
rules = []
for number in range(100_000):
    comment = "  // from the old firewall" if number % 10 == 0 else ""
    rules.append(f'allow g{random.randrange(300)}->g{random.randrange(300)}: tcp/{1 + number % 65535} because "ticket {number}"{comment}')

with tempfile.TemporaryDirectory() as directory:
    file = pathlib.Path(directory) / "rules.weft"
    file.write_text("\n".join(["label app, env : string", "tiers app", *groups, "policy all in app {", *rules, "}"]))
    size = file.stat().st_size / 1e6
    for words in ([], ["--check"], ["--diff"]):
        times, busy = [], []
        for _ in range(3):
            start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            process = subprocess.run(["build/release/bin/weft", "fmt", *words, str(file)], stdout=subprocess.DEVNULL)
            assert process.returncode == (1 if words == ["--check"] else 0)
            times.append(time.perf_counter() - start)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            busy.append(after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime)
        print(f"{' '.join(['weft fmt', *words])}: 100,000 rules ({size:.0f} MB), {len(times)} runs, least {min(times):.2f} s, "
              f"median {statistics.median(times):.2f} s, of the processor {statistics.median(busy):.2f} s")
PY
