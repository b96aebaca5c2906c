#!/usr/bin/env bash
# bench check-1k: `weft check` of 1,000 rules without findings, from start to exit, beside starting up and reading alone
exec python3 - "$@" <<'PY'
import pathlib, statistics, subprocess, tempfile, time

GROUPS, RULES = 50, 1000

def policy():
    values = " | ".join(f'"svc-{i}"' for i in range(GROUPS))
    lines = ["profile strict", f"label app : {values}", "label env : \"prod\" | \"test\"", ""]
    lines += [f'group g{i} = app == "svc-{i}" && env == "prod"' for i in range(GROUPS)]
    lines += ["", "tiers guardrail, app", "",
              'policy fence in guardrail { deny env == "test" -> env == "prod" : any  deny world -> workload && !g0 : any }', "",
              "policy mesh in app {", "  isolate workload"]
    for i in range(RULES - 2):
        source, step = i % GROUPS, 1 + i // GROUPS
        lines.append(f"  allow g{source} -> g{(source + step) % GROUPS} : tcp/{8000 + step}")
    return "\n".join(lines + ["}", ""])

with tempfile.TemporaryDirectory() as directory:
    file = pathlib.Path(directory) / "mesh.weft"
    file.write_text(policy())
    weft = "build/release/bin/weft"
    for what, words in (("start-up (weft version)", ["version"]),
                        ("and reading (weft profile --policy)", ["profile", "--no-config", "--policy", str(file)]),
                        ("and proving (weft check)", ["check", "--no-config", str(file)])):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            done = subprocess.run([weft, *words], check=True, capture_output=True, text=True)
            times.append((time.perf_counter() - start) * 1000)
        print(f"{what}: {len(times)} runs, least {min(times):.0f} ms, median {statistics.median(times):.0f} ms")
    print(done.stdout.splitlines()[0])
PY
