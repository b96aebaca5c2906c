"""weft graph and the page of weft check --format html."""

import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as xml

from weft_cli import BOUTIQUE, INVENTORY, NEVER_REFUTED, POLICY, WeftTest

SVG = "{http://www.w3.org/2000/svg}"
HTML = "{http://www.w3.org/1999/xhtml}"
CHANGED = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432, tcp/22\n  allow db -> web : udp/53\n")


class GraphTest(WeftTest):
    def graph(self, *words, code=0):
        return self.expect(code, "graph", *words)

    def page(self, text):
        """A page is well-formed, and asks nobody for anything."""
        self.assertNotRegex(text, r"""src\s*=|href\s*=(?!"#)|url\(|@import|fetch\(|XMLHttpRequest""")
        self.assertLessEqual(set(re.findall(r"https?://[^\"' <]+", text)), {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
        return xml.fromstring(text)


class Graph(GraphTest):
    def test_arrows_as_text(self):
        self.golden("graph_boutique.out", self.graph(BOUTIQUE).out)

    def test_arrows_are_what_query_allows(self):
        """Every pair of workloads and every service of the policy, asked one by one."""
        directory = self.project(CHANGED)
        document = self.graph(directory, "--by", "app", "--format", "json").json()
        edges = {(edge["from"], edge["to"]): edge["services"] for edge in document["edges"]}
        for source, destination in (("web", "db"), ("db", "web")):
            for service in ("tcp/5432", "tcp/22", "udp/53", "tcp/80"):
                names = {"web": "shop/web-1", "db": "shop/db-0"}
                flow = f"{names[source]} -> {names[destination]} : {service}"
                verdict = self.expect(0, "query", directory, flow, "--format", "json").json()["verdict"]
                of_pair = [services for (a, b), services in edges.items() if source in a and destination in b]
                self.assertEqual(verdict == "allow", any(service in services for services in of_pair), (flow, edges))

    def test_a_focus(self):
        out = self.graph(BOUTIQUE, "--focus", "cart_store").out
        self.assertRegex(out, r"(?m)^cart -> cart_store : ")
        self.assertNotIn("frontend ->", out)
        deeper = self.graph(BOUTIQUE, "--focus", "cart_store", "--depth", "2").out
        # One of several of a namespace is a box of its own, with its own arrows.
        alone = self.graph(BOUTIQUE, "--focus", "default/redis-cart", "--by", "ns").out
        self.assertIn(" -> default/redis-cart : ", alone)
        self.assertIn(" without default/redis-cart", alone)
        self.assertNotIn("tcp/8080", alone)
        self.assertRegex(deeper, r"(?m)^frontend -> cart : ")

    def test_a_policy_before(self):
        self.write("old.weft", POLICY)
        directory = self.project(CHANGED)
        document = self.graph(directory, "--against", "old.weft", "--format", "json").json()
        states = {(edge["from"], edge["to"]): (edge["state"], edge["gained"], edge["lost"]) for edge in document["edges"]}
        self.assertEqual(sorted(each for each in states.values() if each[0] != "same"), [("changed", "tcp/22", ""), ("gained", "udp/53", "")])
        backwards = self.expect(0, "graph", "old.weft", "--inventory", directory + "/inventory.yaml", "--against", directory + "/policy.weft").out
        self.assertRegex(backwards, r"(?m)^- .* : was udp/53$")
        self.assertRegex(backwards, r"(?m)^~ .* : tcp/5432; gone: tcp/22$")
        self.assertIn("; 0 gained, 1 lost, 1 changed\n", backwards)
        same = self.graph(directory, "--against", directory + "/policy.weft").out
        self.assertIn("; 0 gained, 0 lost, 0 changed\n", same)

    @unittest.skipIf(shutil.which("git") is None, "git is not installed")
    def test_a_revision_before(self):
        def git(*words):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *words],
                           cwd=self.at, check=True, stdout=subprocess.DEVNULL)
        directory = self.project(POLICY)
        git("init", "-q", "-b", "main")
        git("add", ".")
        git("commit", "-q", "-m", "one")
        same = self.graph(directory, "--against", "HEAD").out
        self.assertIn("; 0 gained, 0 lost, 0 changed\n", same)
        self.project(CHANGED)
        for before in ("HEAD", f"HEAD:{directory}", f"main:{directory}/policy.weft"):
            self.assertIn("; 1 gained, 0 lost, 1 changed\n", self.graph(directory, "--against", before).out, before)
        self.assertIn("W3040", self.graph(directory, "--against", "HEAD:nowhere", code=2).err)

    def test_the_same_twice(self):
        for format in ("text", "json", "dot", "svg", "mermaid", "html"):
            self.assertEqual(self.graph(BOUTIQUE, "--format", format).out, self.graph(BOUTIQUE, "--format", format).out)

    def test_what_it_cannot_draw(self):
        self.write("p.weft", POLICY)
        self.assertIn("W9007", self.graph("p.weft", code=2).err)
        directory = self.project()
        self.assertIn("`--depth` counts from a focus", self.graph(directory, "--depth", "2", code=2).err)
        self.assertIn("`x` is no value of --depth", self.graph(directory, "--focus", "web", "--depth", "x", code=2).err)
        self.assertIn("error W9", self.graph(directory, "--focus", "nobody", code=2).err)
        self.assertIn("W3040", self.graph(directory, "--against", "none.weft", code=2).err)
        self.write("bad.weft", POLICY.replace("web -> db", "web => db"))
        self.assertIn("bad.weft:10", self.graph(directory, "--against", "bad.weft", code=2).err)


class Drawings(GraphTest):
    NAMES = POLICY.replace('"web"', '"w\\"<&>b"')

    def odd(self):
        return self.project(self.NAMES, INVENTORY.replace("{app: web}", "{app: 'w\"<&>b'}"))

    def test_svg_is_well_formed_and_has_all_arrows(self):
        edges = self.graph(BOUTIQUE, "--format", "json").json()["edges"]
        root = xml.fromstring(self.graph(BOUTIQUE, "--format", "svg").out)
        self.assertEqual(root.tag, SVG + "svg")
        arrows = [each for each in root.iter(SVG + "g") if each.get("data-from")]
        self.assertEqual(len(arrows), len(edges))
        xml.fromstring(self.graph(self.odd(), "--by", "app", "--format", "svg").out)

    def test_boxes_do_not_lie_on_one_another(self):
        root = xml.fromstring(self.graph(BOUTIQUE, "--format", "svg").out)
        boxes = []
        for group in root.iter(SVG + "g"):
            if group.get("data-name"):
                rect = group.find(SVG + "rect")
                boxes.append(tuple(int(rect.get(each)) for each in ("x", "y", "width", "height")))
        width, height = int(root.get("width")), int(root.get("height"))
        for i, (x, y, w, h) in enumerate(boxes):
            self.assertTrue(0 <= x and x + w <= width and 0 <= y and y + h <= height)
            for (a, b, c, d) in boxes[:i]:
                self.assertTrue(x + w <= a or a + c <= x or y + h <= b or b + d <= y)

    def test_every_arrow_tells_its_services(self):
        root = xml.fromstring(self.graph(BOUTIQUE, "--format", "svg").out)
        texts = [each.text for each in root.iter(SVG + "text") if each.get("class") == "services"]
        services = [edge["services"] for edge in self.graph(BOUTIQUE, "--format", "json").json()["edges"]]
        self.assertEqual(sorted(texts), sorted(services))

    def test_dot_is_read_by_graphviz(self):
        for directory, words in ((BOUTIQUE, []), (self.odd(), ["--by", "app"])):
            out = self.graph(directory, *words, "--format", "dot").out
            self.assertTrue(out.startswith("digraph weft {\n") and out.endswith("}\n"))
            if shutil.which("dot"):
                done = subprocess.run(["dot", "-Tsvg"], input=out.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_mermaid(self):
        directory = self.odd()
        out = self.graph(directory, "--by", "app", "--format", "mermaid").out
        self.assertTrue(out.startswith("flowchart LR\n"))
        # Nothing in a text may end it or be taken for markup.
        for text in re.findall(r'"([^"]*)"', out):
            self.assertNotRegex(text, r"[<>&`|\[\]{}]")
        self.write("old.weft", self.NAMES)
        changed = self.graph(directory, "--against", "old.weft", "--format", "mermaid").out
        self.assertNotIn("linkStyle", changed)
        self.write("old.weft", self.NAMES.replace("  allow web -> db : tcp/5432\n", ""))
        self.assertRegex(self.graph(directory, "--against", "old.weft", "--format", "mermaid").out, r"(?m)^  linkStyle \d stroke:#2a8a4a")

    def many(self, apps):
        """As many groups, each of which may open connections to the next one and to the last."""
        names = [f"app{i}" for i in range(apps)]
        rules = "".join(f"  allow app == \"{a}\" -> app in {{\"{b}\", \"{names[-1]}\"}} : tcp/80\n" for a, b in zip(names, names[1:]))
        workloads = "".join(f"  - {{name: x/{name}, ns: x, labels: {{app: {name}}}, node: n1, addresses: [10.0.{i // 200}.{i % 200 + 1}]}}\n"
                            for i, name in enumerate(names))
        return self.project("label app : string\npolicy p {\n  isolate workload\n" + rules + "}\n",
                            "nodes:\n  - {name: n1, addresses: [172.16.0.1]}\nworkloads:\n" + workloads)

    def test_near_a_focus_those_are_told_apart_that_behave_differently(self):
        """Where all of them are too many, so that the whole graph is one of namespaces."""
        directory = self.many(100)
        self.assertLess(self.graph(directory).out.count(" -> "), 5)
        near = self.graph(directory, "--focus", "x/app7").out.splitlines()
        self.assertEqual([line for line in near if "app7" in line],
                         ['app == "app6" -> app == "app7" : tcp/80', 'app == "app7" -> app == "app8" : tcp/80',
                          'app == "app7" -> app == "app99" : tcp/80'])
        # Chosen groups stay chosen, and where the subject is near to all the answer is as short as that of all.
        self.assertNotIn("app6", self.graph(directory, "--focus", "x/app7", "--by", "ns").out)
        self.assertNotIn("app6", self.graph(directory, "--focus", "x/app99").out)
        self.write("old.weft", (self.at / directory / "policy.weft").read_text().replace('"app6" -> app in {"app7", ', '"app6" -> app in {'))
        against = self.graph(directory, "--focus", "x/app7", "--against", "old.weft").out
        self.assertIn('+ app == "app6" -> app == "app7" : tcp/80', against)

    def test_what_mermaid_refuses_is_told(self):
        directory = self.many(300)
        outcome = self.graph(directory, "--by", "roles", "--format", "mermaid")
        self.assertGreater(outcome.out.count("-->"), 500)
        self.assertRegex(outcome.err, r"note: mermaid draws 500 arrows and 50000 letters at most")
        self.assertEqual(self.graph(directory, "--by", "roles", "--format", "dot").err, "")
        self.assertEqual(self.graph(directory, "--focus", "x/app7", "--by", "roles", "--service", "tcp/80", "--format", "mermaid", "--depth", "1").err, "")

    def test_a_large_matrix_has_no_empty_rows(self):
        directory = self.many(40)
        root = self.page(self.graph(directory, "--by", "roles", "--format", "html").out)
        matrix = next(each for each in root.iter(SVG + "svg") if "matrix" in each.get("class"))
        rows = {each.get("data-row") for each in matrix.findall(SVG + "text")} - {None}
        columns = {each.get("data-column") for each in matrix.findall(SVG + "text")} - {None}
        cells = [(each.get("data-row"), each.get("data-column")) for each in matrix.iter(SVG + "g")]
        self.assertEqual(rows, {row for row, _ in cells})
        self.assertEqual(columns, {column for _, column in cells})
        # Scripts know the same groups by the same numbers in the graph.
        arrows = [(each.get("data-from"), each.get("data-to")) for each in root.iter(SVG + "g") if each.get("data-from")]
        self.assertEqual(sorted(arrows), sorted(cells))
        self.assertIn("has no row", "".join(matrix.itertext()))

    def test_too_many_groups_are_a_table(self):
        text = self.graph(self.many(200), "--by", "roles", "--format", "html").out
        self.assertNotIn('id="graph"', text)
        self.assertNotIn('id="matrix"', text)
        self.assertIn("groups are too many for a drawing: ask for a part with <code>weft graph --focus</code>", text)
        self.assertEqual(text.count('<tr class="same" data-from'), len(self.graph("shop", "--by", "roles", "--format", "json").json()["edges"]))

    def test_the_page(self):
        root = self.page(self.graph(BOUTIQUE, "--format", "html").out)
        headings = [each.text for each in root.iter() if each.tag in (HTML + "h2", HTML + "h3")]
        self.assertEqual(headings, ["Who may talk to whom", "As a matrix", "As a table", "Groups"])
        self.page(self.graph(self.odd(), "--by", "app", "--format", "html").out)

    def test_the_matrix_tells_what_changed(self):
        """By a colour and a sign: not everybody tells the colours apart."""
        self.write("old.weft", POLICY + "policy more in app { allow world -> web : tcp/80 }\n")
        directory = self.project(CHANGED)
        root = self.page(self.graph(directory, "--against", "old.weft", "--format", "html").out)
        matrix = next(each for each in root.iter(SVG + "svg") if "matrix" in each.get("class"))
        squares = {}
        for cell in matrix.iter(SVG + "g"):
            ends = cell.find(SVG + "title").text.split(" : ")[0]
            sign = cell.find(SVG + "text")
            squares[ends] = (cell.find(SVG + "rect").get("class"), sign.text if sign is not None else "")
        changed = {ends: square for ends, square in squares.items() if square[0] not in ("all", "some")}
        self.assertEqual(changed, {"web -> db": ("changed", "~"), "db -> web": ("gained", "+"), "world -> web": ("lost", "−")})
        legend = [each.text for each in matrix.findall(SVG + "text") if each.get("data-row") is None and each.get("data-column") is None]
        self.assertEqual(set(legend) & {"gained", "lost", "changed"}, {"gained", "lost", "changed"})

    def test_the_page_of_a_check(self):
        directory = self.project(NEVER_REFUTED)
        outcome = self.expect(1, "check", directory, "--format", "html")
        root = self.page(outcome.out)
        text = "".join(root.itertext())
        self.assertIn("error W3002 never web -> db : tcp is broken: workload ", text)
        self.assertIn(" on tcp/5432 shop/policy.weft:12:1", text)
        self.assertIn("for example", text)
        self.assertEqual(text.count("is broken"), 1, "each finding says it once")
        self.assertIn("refuted", text)
        self.assertIn("Who may talk to whom", text)
        self.write("p.weft", NEVER_REFUTED)
        self.assertNotIn("Who may talk to whom", self.expect(1, "check", "p.weft", "--format", "html").out)
        self.write("bad.weft", POLICY.replace("web -> db", "web => <db>"))
        self.assertIn("W1006", "".join(self.page(self.expect(2, "check", "bad.weft", "--format", "html").out).itertext()))


@unittest.skipUnless(shutil.which("chromium"), "SKIPPED: no chromium")
class Browser(GraphTest):
    def after(self, script, *words, window=1400):
        """The page of the example, or of what `words` ask for, as a browser leaves it once `script` has run in it."""
        page = self.graph(*(words or (BOUTIQUE,)), "--format", "html").out
        self.write("page.html", page.replace("</body>", f"<script>{script}</script></body>"))
        done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom", f"--window-size={window},900",
                               f"--user-data-dir={self.at / 'profile'}", f"file://{self.at / 'page.html'}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout.decode()

    def test_the_search_hides_what_does_not_match(self):
        dom = self.after("var s = document.getElementById('search'); s.value = 'TCP/6379'; s.dispatchEvent(new Event('input'));")
        rows = re.findall(r'<tr class="same" data-from="\d+" data-to="\d+"( hidden="")?><td>([^<]*)</td><td>([^<]*)</td>', dom)
        self.assertEqual([(a, b) for hidden, a, b in rows if not hidden], [("cart", "cart_store")])
        self.assertRegex(dom, r'id="found"[^>]*>1 of \d+<')

    def test_a_click_shows_the_connections_of_a_box(self):
        click = "document.querySelector('#graph .node[data-name=cart]').dispatchEvent(new MouseEvent('click'));"
        dom = self.after(click)
        bright = set(re.findall(r'<g class="node[^"]*" data-node="\d+" data-name="([^"]*)"', re.sub(r'<g class="node[^"]* dim"', "<g", dom)))
        self.assertEqual(bright, {"cart", "cart_store", "checkout", "frontend"})
        self.assertNotIn(" dim\"", self.after(click + click))

    def test_the_search_finds_services_in_the_drawing_too(self):
        """An arrow is bright where it, or a box at its ends, says what is looked for; its ends are bright with it."""
        search = "var s = document.getElementById('search'); s.value = 'TCP/6379'; s.dispatchEvent(new Event('input'));"
        self.assertEqual(self.bright(self.after(search)), ({"cart", "cart_store"}, {"cart -&gt; cart_store : tcp/6379"}))
        nodes, arrows = self.bright(self.after(search.replace("TCP/6379", "default/redis")))
        self.assertEqual((nodes, arrows), ({"cart", "cart_store"}, {"cart -&gt; cart_store : tcp/6379"}))
        nothing = self.after(search.replace("TCP/6379", "no such thing"))
        self.assertEqual(self.bright(nothing), (set(), set()))
        self.assertIn(">nothing matches<", nothing)

    def bright(self, dom):
        graph = dom[dom.index('id="graph"'):dom.index('id="matrix"')]
        return (set(re.findall(r'<g class="node(?: focus| world| chosen)*"[^>]* data-name="([^"]*)"', graph)),
                set(re.findall(r'<g class="arrow \w+(?: partly)?" data-from[^>]*><title>([^<]*)', graph)))

    def test_only_what_changed(self):
        self.write("old.weft", POLICY)
        directory = self.project(CHANGED)
        dom = self.after("document.getElementById('changes').click();", directory, "--against", "old.weft")
        nodes, arrows = self.bright(dom)
        self.assertEqual((nodes, arrows), ({"web", "db"}, {"web -&gt; db : tcp/22, tcp/5432; new: tcp/22", "db -&gt; web : udp/53"}))
        rows = re.findall(r'<tr class="(\w+)" data-from="\d+" data-to="\d+"( hidden="")?>', dom)
        self.assertEqual(sorted(state for state, hidden in rows if not hidden), ["changed", "gained"])
        self.assertIn("same", [state for state, hidden in rows if hidden])

    def test_a_choice_by_keyboard_filters_the_table_too_until_escape(self):
        choose = ("document.querySelector('#graph .node[data-name=cart_store]')"
                  ".dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));")
        dom = self.after(choose)
        rows = re.findall(r'<tr class="same" data-from="\d+" data-to="\d+"><td>([^<]*)</td><td>([^<]*)</td>', dom)
        self.assertEqual(rows, [("cart", "cart_store")])
        self.assertIn(">connections of cart_store<", dom)
        self.assertEqual(len(re.findall(r'<g class="cell" ', dom)), 1)
        escaped = self.after(choose + "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));")
        self.assertNotIn(' dim"', escaped)
        self.assertNotIn('hidden=""', escaped)

    def test_a_drawing_is_as_large_as_can_be_read(self):
        """It is made to fit where that leaves letters that can be read, and else it scrolls inside its frame."""
        script = """
          const graph = document.getElementById('graph'), picture = graph.querySelector('svg');
          const click = how => document.querySelector('[data-zoom=' + how + ']').click();
          const own = Number(picture.getAttribute('width')), now = () => picture.clientWidth / own;
          const out = [now()];
          for (const how of ['full', 'in', 'fit']) { click(how); out.push(now()); }
          out.push(graph.scrollWidth - graph.clientWidth, document.documentElement.scrollWidth - innerWidth);
          document.body.dataset.scales = out.map(one => one.toFixed(2)).join(' ');
        """
        for width in (1600, 600):
            dom = self.after(script, window=width)
            scales = [float(each) for each in re.search(r'data-scales="([^"]*)"', dom)[1].split()]
            self.assertGreater(scales[0], 0.64, scales)
            self.assertAlmostEqual(scales[1], 1, delta=0.02)
            self.assertAlmostEqual(scales[2], 1.25, delta=0.02)
            self.assertLessEqual(scales[4], 1, "what fits has nothing to scroll")
            self.assertLessEqual(scales[5], 0, "the page itself never scrolls to the side")

    ROOM = """
      const wrong = [], lies = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
      const graph = document.querySelector('#graph svg'), boxes = [...graph.querySelectorAll('.node > rect')];
      let texts = 0;
      for (const font of ['', 'DejaVu Sans', 'Liberation Sans']) {
        if (font) graph.style.fontFamily = font;
        for (const box of boxes) {
          for (const text of box.parentNode.querySelectorAll('text')) {
            const a = text.getBBox(), b = box.getBBox();
            texts += 1;
            if (!(a.x >= b.x + 8 && b.x + b.width >= a.x + a.width + 8)) wrong.push(text.textContent);
          }
        }
        const labels = [...graph.querySelectorAll('.services')];
        labels.forEach((label, i) => {
          texts += 1;
          for (const other of labels.slice(0, i).concat(boxes)) {
            const a = label.getBBox(), b = other.getBBox();
            a.y += 1; a.height -= 2;
            if (lies(a, b)) wrong.push(label.textContent + ' on ' + other.textContent);
          }
        });
      }
      document.body.dataset.texts = texts;
      document.body.dataset.wrong = wrong.join('; ');
    """

    def test_texts_have_room_in_the_fonts_that_are_here(self):
        """The widths that the drawing reckons with, held against those of a browser."""
        wide = "W" * 30
        self.write("old.weft", POLICY.replace("group web", f"group {wide}").replace("allow web", f"allow {wide}"))
        for words in ((), (BOUTIQUE, "--by", "app", "--against", BOUTIQUE), ("old.weft", "--inventory", self.project(CHANGED) + "/inventory.yaml")):
            dom = self.after(self.ROOM, *words)
            self.assertGreater(int(re.search(r'data-texts="(\d+)"', dom)[1]), 15)
            self.assertEqual(re.search(r'data-wrong="([^"]*)"', dom)[1], "", words)


if __name__ == "__main__":
    unittest.main()
