#!/usr/bin/env bash
# bench query: `weft query --batch` over 300,000 flows: lines a second of processor time, by policy and kind of end
exec python3 - "$@" <<'PY'
import json, pathlib, random, resource, subprocess, tempfile

weft = str(pathlib.Path("build/release/bin/weft").resolve())
flows = 300_000
chance = random.Random(1)

def seconds(words, lines):
    """Processor time of one run over these lines, user and system together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([weft, "query", *words, "--batch", "-"], input=lines, stdout=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.count(b"\n") == lines.count(b"\n") and b'"error"' not in done.stdout
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

def row(title, words, ends, services):
    def line(number):
        return json.dumps({"id": number, "from": chance.choice(ends), "to": chance.choice(ends), "service": chance.choice(services)}) + "\n"
    start = min(seconds(words, line(0).encode()) for _ in range(3))
    lines = "".join(line(number) for number in range(flows)).encode()
    whole = min(seconds(words, lines) for _ in range(3))
    print(f"{title:<58}{start:>8.2f} s{whole - start:>9.2f} s{flows / (whole - start):>13,.0f}/s")

def mesh(at, apps):
    """A policy of one rule for each app to each of ten others, and two workloads of each app."""
    (at / "policy.weft").write_text(
        "label app : " + " | ".join(f'"a{i}"' for i in range(apps)) + "\ntiers app\npolicy mesh in app {\n  isolate workload\n" +
        "".join(f'  allow app == "a{i}" -> app == "a{(i * 7 + j) % apps}" : tcp/{8000 + j}\n' for i in range(apps) for j in range(10)) + "}\n")
    (at / "inventory.yaml").write_text(
        "workloads:\n" + "".join(f"  - {{name: mesh/a{i}-{k}, ns: mesh, labels: {{app: a{i}}}, addresses: [10.{k}.{i // 256}.{i % 256}]}}\n"
                                 for i in range(apps) for k in range(2)))
    return str(at)

names = ["frontend", "cartservice", "redis-cart", "checkoutservice", "paymentservice", "adservice"]
print(f"{flows:,} flows, least of three runs{'':<31}{'start':>5}{'flows':>11}{'rate':>13}")
row("online boutique: workloads by name", ["examples/online-boutique"], ["default/" + name for name in names], ["tcp/7070", "tcp/6379", "tcp/8080"])
row("online boutique: imagined workloads", ["examples/online-boutique"], [{"labels": {"app": name}, "ns": "default"} for name in names], ["tcp/7070", "tcp/6379"])
with tempfile.TemporaryDirectory() as directory:
    where = mesh(pathlib.Path(directory), 100)
    row("1,000 rules, 200 workloads by name", [where], [f"mesh/a{i}-{k}" for i in range(100) for k in range(2)], [f"tcp/{8000 + j}" for j in range(12)])
    row("1,000 rules, 200 addresses", [where], [{"address": f"10.{k}.0.{i}"} for i in range(100) for k in range(2)], [f"tcp/{8000 + j}" for j in range(12)])
PY
