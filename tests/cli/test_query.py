"""weft query: one question on the command line, thousands as lines of JSON."""

import json
import os
import random
import subprocess
import unittest

from weft_cli import BINARY, BOUTIQUE, INVENTORY, POLICY, WeftTest, environment

ALLOWED = {"verdict": "allow", "rule": "shop", "at": "shop/policy.weft:10:3", "tier": "app"}
ISOLATED = {"verdict": "deny", "by": "isolation", "policy": "shop", "at": "shop/policy.weft:9:3", "tier": "app"}


class Query(WeftTest):
    def ask(self, *words, code=0):
        return self.expect(code, "query", self.project(), *words)

    def test_a_flow_and_its_rules(self):
        self.golden("query.out", self.ask("shop/web-1 -> shop/db-0 : tcp/5432", "shop/db-0 -> shop/web-1 : tcp/80",
                                          "shop/web-1 -> shop/web-1 : tcp/80", "8.8.8.8 -> shop/db-0 : icmp/8/0",
                                          "n1 -> 8.8.8.8 : ip/47").out)

    def test_the_same_as_json(self):
        answer = self.ask("shop/web-1 -> shop/db-0 : tcp/pg", "--format", "json").json()
        self.assertEqual(answer, {"flow": "shop/web-1 -> shop/db-0 : tcp/pg", "verdict": "allow", "source": ALLOWED,
                                  "destination": ALLOWED})

    def test_exit_code_on_request(self):
        self.ask("shop/db-0 -> shop/web-1 : tcp/80")
        self.ask("shop/db-0 -> shop/web-1 : tcp/80", "--exit-code", code=1)
        self.ask("shop/web-1 -> shop/db-0 : tcp/5432", "--exit-code")
        self.ask("shop/web-1 -> shop/db-0 : tcp/5432", "shop/db-0 -> shop/web-1 : tcp/80", "--exit-code", code=1)

    def test_imagined_workloads(self):
        self.assertIn(": allow\n", self.ask('{app: "web"} -> shop/db-0 : tcp/5432').out)
        self.assertIn(": deny\n", self.ask('{app: "web"} -> {app: "web"} : tcp/5432').out)

    def test_what_cannot_be_answered(self):
        for flow, code, text in (("web-1 -> shop/db-0 : tcp/1", "W9102", "did you mean `shop/web-1`?"),
                                 ("web -> shop/db-0 : tcp/1", "W9102", "`web` is a group; ask about one of its members, such as `shop/web-1`"),
                                 ('app == "web" -> shop/db-0 : tcp/1', "W9102", 'told by its labels in braces: `{app: "web", ns: "shop"}`'),
                                 ("shop/web-1 -> shop/db-0", "W9101", "a flow is written"),
                                 ("shop/web-1 -> shop/db-0 : tcp", "W9104", "name the port"),
                                 ("shop/web-1 -> shop/db-0 : tcp/http", "W9104", "declares no port"),
                                 ("n1 -> fd00::1 : tcp/1", "W9105", "no packet can carry")):
            outcome = self.ask(flow, code=2)
            self.assertIn(f"error {code}: ", outcome.err)
            self.assertIn(text, outcome.err)

    def test_a_flow_without_its_arrow_or_brace(self):
        for flow, text in (("shop/web-1 - shop/db-0 : tcp/5432", "no `->` in the flow"), ("{app: web} {app: db}", "no `->` in the flow"),
                           ("a b :icmp6/128/0", "no `->` in the flow"), ("{app: web -> shop/db-0 : tcp/1", "the `{` of a label map is not closed"),
                           ("{app: web -> {app: db} : tcp/1", "the `{` of a label map is not closed")):
            self.assertIn(f"error W9101: {text}", self.ask(flow, code=2).err)
        for arrow in "=>", "~>":
            outcome = self.ask(f"shop/web-1 {arrow} shop/db-0 : tcp/5432", code=2)
            self.assertIn("= help: did you mean `shop/web-1 -> shop/db-0 : tcp/5432`?", outcome.err)
        self.assertIn("no flow is given", self.ask("other.weft", code=2).err)
        # Whoever asks wants to read about what went wrong with the question, not about a warning of the policy.
        self.write("warned.weft", POLICY.replace("  allow web", "  deny !db -> db : udp\n  allow web"))
        outcome = self.expect(2, "query", "warned.weft", "{app: web} : tcp/1")
        self.assertTrue(outcome.err.startswith("warning W1042"), outcome)
        self.assertTrue(outcome.err.endswith("for more: weft explain W9101\n"), outcome)
        self.write("a : tcp", POLICY)  # a file all the same
        self.assertIn(": allow\n", self.expect(0, "query", "a : tcp", "{app: web} -> {app: db} : tcp/5432").out)

    def test_slips_in_imagined_workloads(self):
        outcome = self.ask("{ap: web} -> {app: bd} : tcp/5432")
        self.assertIn("warning W9107: the policy declares no label `ap`: no rule looks at it\n  = help: did you mean `app`?\n", outcome.err)
        self.assertIn("warning W9107: `bd` is no value that the policy declares for `app`\n  = help: did you mean `db`?\n", outcome.err)
        self.assertEqual(self.ask("{app: web} -> {app: db} : tcp/5432").err, "")
        self.assertEqual(self.ask("{ap: web} -> {app: bd} : tcp/5432", "--quiet").err, "")
        outcome = self.ask("{ap: web} -> {app: db} : tcp/5432", "--format", "json")
        self.assertEqual(outcome.json()["notes"], ["the policy declares no label `ap`: no rule looks at it; did you mean `app`?"])
        self.assertEqual(outcome.err, "")
        outcome = self.ask("{app: web, node: n2} -> shop/db-0 : tcp/5432", code=2)
        self.assertIn("error W9102: the inventory has no node `n2`\n  = help: did you mean `n1`?", outcome.err)
        self.ask("{app: web, node: n1} -> shop/db-0 : tcp/5432", "--exit-code")

    def test_one_line_of_json_for_each_flow(self):
        outcome = self.ask("nobody -> shop/db-0 : tcp/1", "a b : tcp/1", "shop/web-1 -> shop/db-0 : tcp/5432", "--format", "json", code=2)
        lines = [json.loads(line) for line in outcome.out.splitlines()]
        self.assertEqual([line["flow"] for line in lines], ["nobody -> shop/db-0 : tcp/1", "a b : tcp/1", "shop/web-1 -> shop/db-0 : tcp/5432"])
        self.assertEqual([line.get("error", {}).get("code") for line in lines], ["W9102", "W9101", None])
        self.assertEqual(lines[0]["error"]["message"], "the inventory has no workload or node `nobody`")

    def test_one_bad_question_does_not_stop_the_others(self):
        outcome = self.ask("nobody -> shop/db-0 : tcp/1", "shop/web-1 -> shop/db-0 : tcp/5432", code=2)
        self.assertIn("shop/web-1 -> shop/db-0 : tcp/5432: allow\n", outcome.out)
        self.assertIn("no workload or node `nobody` (in `nobody -> shop/db-0 : tcp/1`)\n", outcome.err)
        outcome = self.ask("nobody -> shop/db-0 : tcp/1", code=2)
        self.assertIn("no workload or node `nobody`\n", outcome.err)
        outcome = self.ask("shop/web-1 -> shop/db-0", "{ap: web} -> shop/db-0 : tcp/1", code=2)
        self.assertIn("no `: SERVICE` in the flow `shop/web-1 -> shop/db-0`\n", outcome.err)
        self.assertIn("no rule looks at it (in `{ap: web} -> shop/db-0 : tcp/1`)\n", outcome.err)

    def test_names_in_quotes(self):
        outcome = self.ask('"shop/web-1" -> "shop/db-0" : tcp/5432')
        self.assertIn(': allow\n', outcome.out)

    def test_addresses_that_disagree(self):
        policy = POLICY.replace("  allow web", "  deny addr fd00::/16 -> any : any\n  allow web")
        directory = self.project(policy)
        flow = "shop/web-1 -> shop/db-0 : tcp/5432"
        outcome = self.expect(1, "query", directory, flow, "--exit-code")
        self.golden("query_mixed.out", outcome.out)
        answer = self.expect(0, "query", directory, flow, "--format", "json").json()
        self.assertEqual(answer["verdict"], "mixed")
        self.assertEqual(answer["source"]["verdict"], "deny")
        self.assertEqual([(each["from"], each["to"], each["verdict"]) for each in answer["by_address"]],
                         [("10.0.0.1", "10.0.0.2", "allow"), ("fd00::1", "fd00::2", "deny")])

    def test_without_an_inventory(self):
        self.write("p.weft", POLICY)
        self.assertIn(": allow\n", self.expect(0, "query", "p.weft", "{app: web} -> {app: db} : tcp/5432").out)
        self.assertIn("--inventory", self.expect(2, "query", "p.weft", "a -> b : tcp/1").err)

    def test_the_boutique(self):
        self.assertIn(": allow\n", self.expect(0, "query", BOUTIQUE, "default/frontend -> default/cartservice : tcp/7070").out)
        self.assertIn(": deny\n", self.expect(0, "query", BOUTIQUE, "default/adservice -> default/cartservice : tcp/7070").out)


class Batch(WeftTest):
    def batch(self, lines, *words, code=0, policy=POLICY):
        data = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
        outcome = self.weft("query", self.project(policy), "--batch", "-", *words, stdin=data)
        self.assertEqual(outcome.code, code, outcome)
        answers = [json.loads(line) for line in outcome.out.splitlines()]
        self.assertEqual(len(answers), len(lines))
        return answers

    def test_slips_are_noted_where_something_is_near(self):
        ask = lambda labels: self.batch([{"from": {"labels": labels}, "to": "shop/db-0", "service": "tcp/5432"}])[0].get("notes")
        self.assertEqual(ask({"ap": "web"}), ["the policy declares no label `ap`: no rule looks at it; did you mean `app`?"])
        self.assertEqual(ask({"app": "red"}), ["`red` is no value that the policy declares for `app`; it declares web, db"])
        self.assertIsNone(ask({"app": "web", "pod-template-hash": "6d4cf56db6"}))

    def test_the_contract(self):
        lines = [{"id": 1, "from": "shop/web-1", "to": "shop/db-0", "service": "tcp/5432"},
                 {"id": "two", "from": {"labels": {"app": "web"}, "ns": "shop", "ns_labels": {"team": "x"}},
                  "to": {"address": "8.8.8.8"}, "service": "icmp/8/0"},
                 {"from": {"address": "8.8.8.8"}, "to": {"address": "9.9.9.9"}, "service": "udp/53"},
                 {"id": None, "from": "shop/db-0", "to": "shop/db-0", "service": "tcp/1"},
                 {"id": 2.5, "from": "n1", "to": {"labels": {"app": "db"}, "ports": {"pg": ["tcp/5432"], "x": "udp/1"},
                                                  "addresses": ["10.9.9.9", "fd00::9"], "node": "n1", "sa": "db",
                                                  "cluster": "c"}, "service": "tcp/pg"}]
        self.assertEqual(self.batch(lines), [
            {"id": 1, "verdict": "allow", "source": ALLOWED, "destination": ALLOWED},
            {"id": "two", "verdict": "deny", "source": ISOLATED, "destination": None},
            {"verdict": "allow", "source": None, "destination": None},
            {"id": None, "verdict": "allow", "by": "self", "source": None, "destination": None},
            {"id": 2.5, "verdict": "deny", "source": None, "destination": ISOLATED}])

    def test_profiles_name_themselves(self):
        bare = POLICY.replace("  isolate workload\n", "")
        [denied] = self.batch([{"id": 1, "from": "shop/db-0", "to": "shop/web-1", "service": "tcp/1"}], policy=bare)
        self.assertEqual(denied["source"], {"verdict": "deny", "by": "profile"})
        [allowed] = self.batch([{"id": 1, "from": "n1", "to": "shop/web-1", "service": "tcp/1"}], policy="profile k8s\n" + bare)
        self.assertEqual(allowed["destination"], {"verdict": "allow", "by": "own-node"})

    def test_bad_lines_answer_errors_and_the_rest_goes_on(self):
        good = {"id": 7, "from": "shop/web-1", "to": "shop/db-0", "service": "tcp/5432"}
        bad = [(b"", "W9101"), (b"{", "W9101"), (b"[1]", "W9101"), (b"null", "W9101"), (b"\xff\xfe", "W9101"), (b"\0", "W9101"),
               (b"[" * 50_000, "W9101"), (b'{"id":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "W9101"),
               (b" " * 3_000_000, "W9101"), (b'{"id": 1} x', "W9101"),
               ({}, "W9101"), ({"from": 1, "to": "n1", "service": "tcp/1"}, "W9101"),
               ({"from": "n1", "to": "n1"}, "W9101"), ({"from": "n1", "to": "n1", "service": 5}, "W9101"),
               ({"from": {"label": {}}, "to": "n1", "service": "tcp/1"}, "W9101"),
               ({"from": {"labels": {"a": 1}}, "to": "n1", "service": "tcp/1"}, "W9101"),
               ({"from": {"labels": []}, "to": "n1", "service": "tcp/1"}, "W9101"),
               ({"from": {"ports": {"a": [1]}}, "to": "n1", "service": "tcp/1"}, "W9101"),
               ({"from": {"address": "1.1.1.1", "ns": "x"}, "to": "n1", "service": "tcp/1"}, "W9101"),
               ({"from": {"address": "1.1.1"}, "to": "n1", "service": "tcp/1"}, "W9103"),
               ({"from": {"addresses": ["10.0.0.1"]}, "to": "n1", "service": "tcp/1"}, "W9106"),
               ({"from": {"node": "n2"}, "to": "n1", "service": "tcp/1"}, "W9102"),
               ({"from": {"node": "shop/web-1"}, "to": "n1", "service": "tcp/1"}, "W9106"),
               ({"from": "nobody", "to": "n1", "service": "tcp/1"}, "W9102"),
               ({"from": "n1", "to": "n1", "service": "tcp"}, "W9104"),
               ({"from": "n1", "to": {"address": "fd00::1"}, "service": "tcp/1"}, "W9105")]
        lines = [line for each, _ in bad for line in (each, good)]
        answers = self.batch(lines, code=2)
        for (line, code), answer in zip(bad, answers[::2]):
            self.assertEqual(answer["error"]["code"], code, (line[:50] if isinstance(line, bytes) else line, answer))
            self.assertTrue(answer["error"]["message"])
        self.assertTrue(all(answer["verdict"] == "allow" for answer in answers[1::2]))

    def test_an_error_echoes_its_id(self):
        answers = self.batch([{"id": "x", "from": "nobody", "to": "n1", "service": "tcp/1"}, {"id": 9}], code=2)
        self.assertEqual([answer["id"] for answer in answers], ["x", 9])

    def test_thousands_of_lines_keep_their_order(self):
        noise = random.Random(3)
        names = ["shop/web-1", "shop/db-0", "n1", {"address": "10.0.0.1"}, {"address": "1.2.3.4"}, {"labels": {"app": "db"}}]
        lines = []
        for i in range(20_000):
            if noise.random() < 0.1:
                lines.append(noise.randbytes(noise.randrange(200)).replace(b"\n", b" "))
            else:
                lines.append({"id": i, "from": noise.choice(names), "to": noise.choice(names),
                              "service": noise.choice(["tcp/5432", "tcp/80", "icmp/8/0"])})
        answers = self.batch(lines, code=2)
        for line, answer in zip(lines, answers):
            if isinstance(line, bytes):
                self.assertEqual((answer["id"], "error" in answer), (None, True))
            else:
                self.assertEqual(answer["id"], line["id"])
                self.assertIn("verdict", answer)
                allowed = (line["service"] == "tcp/5432" and answer["verdict"] == "allow" and answer["source"] == ALLOWED)
                web = line["from"] in ("shop/web-1", {"address": "10.0.0.1"})
                db = line["to"] in ("shop/db-0", {"labels": {"app": "db"}})
                self.assertEqual(allowed, web and db and line["service"] == "tcp/5432", (line, answer))

    def test_a_file_without_a_last_line_end_and_with_carriage_returns(self):
        directory = self.project()
        line = '{"id": 1, "from": "shop/web-1", "to": "shop/db-0", "service": "tcp/5432"}'
        self.write("flows.ndjson", line + "\r\n" + line)
        self.assertEqual(len(self.expect(0, "query", directory, "--batch", "flows.ndjson").out.splitlines()), 2)
        self.write("empty.ndjson", "")
        self.assertEqual(self.expect(0, "query", directory, "--batch", "empty.ndjson").out, "")

    def test_exit_code_on_request(self):
        denied = {"from": "shop/db-0", "to": "shop/web-1", "service": "tcp/1"}
        self.batch([denied])
        self.batch([denied], "--exit-code", code=1)
        self.batch([denied, {}], "--exit-code", code=2)

    def test_how_many_failed_is_said_once(self):
        outcome = self.weft("query", self.project(), "--batch", "-", stdin=b"x\ny\n")
        self.assertEqual(outcome.err, "2 of 2 lines could not be answered; each says why\n")

    def test_standard_input_cannot_be_both(self):
        outcome = self.expect(2, "query", "-", "--batch", "-")
        self.assertIn("standard input is asked for more than once", outcome.err)

    def test_a_program_may_ask_and_read_in_turn(self):
        directory = self.project()
        process = subprocess.Popen([BINARY, "query", directory, "--batch", "-"], cwd=self.at, env=environment(),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for i in range(3):
            line = json.dumps({"id": i, "from": "shop/web-1", "to": "shop/db-0", "service": "tcp/5432"})
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["id"], i)
        process.stdin.close()
        self.assertEqual(process.wait(timeout=60), 0)
        process.stdout.close()

    def test_a_reader_that_leaves_ends_the_batch(self):
        directory = self.project()
        line = b'{"id": 1, "from": "shop/web-1", "to": "shop/db-0", "service": "tcp/5432"}\n'
        self.write("many.ndjson", line * 200_000)
        process = subprocess.Popen([BINARY, "query", directory, "--batch", "many.ndjson"], cwd=self.at, env=environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()


if __name__ == "__main__":
    unittest.main()
