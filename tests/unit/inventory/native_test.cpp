#include <catch2/catch.hpp>

#include "support.h"

namespace weft::inventory::test {
namespace {

// The example of the contract, in both notations.
constexpr const char* yaml = R"(
namespaces:
  shop: {labels: {team: commerce}}
nodes:
  - {name: n1, labels: {zone: a}, addresses: [172.16.0.1], ports: {kubelet: tcp/10250}}
apiserver: {addresses: [172.16.0.100]}
workloads:
  - name: shop/web-1
    ns: shop
    sa: web
    cluster: east
    labels: {app: web, env: prod}
    node: n1
    addresses: [10.0.0.1, "fd00::1"]
    ports: {http: tcp/8080, dns: [udp/53, tcp/53]}
    host_network: false
    attach: {interface: veth-web-1}        # where its gates live on this node; or {cgroup: …}, {netns: …}
)";
constexpr const char* json = R"({
  "namespaces": {"shop": {"labels": {"team": "commerce"}}},
  "nodes": [{"name": "n1", "labels": {"zone": "a"}, "addresses": ["172.16.0.1"], "ports": {"kubelet": "tcp/10250"}}],
  "apiserver": {"addresses": ["172.16.0.100"]},
  "workloads": [{"name": "shop\/web-1", "ns": "shop", "sa": "web", "cluster": "east",
    "labels": {"app": "web", "env": "pr\u006fd"}, "node": "n1", "addresses": ["10.0.0.1", "fd00::1"],
    "ports": {"http": "tcp/8080", "dns": ["udp/53", "tcp/53"]}, "host_network": false,
    "attach": {"interface": "veth-web-1"}}]
})";
constexpr const char* both =
    "node n1 node.zone=a 172.16.0.1 kubelet:6/10250\n"
    "workload shop/web-1 cluster=east ns=shop sa=web app=web env=prod ns.team=commerce on n1 10.0.0.1 fd00::1 "
    "dns:6/53 dns:17/53 http:6/8080 @veth-web-1||\n"
    "namespace shop ns.team=commerce\n"
    "apiserver 172.16.0.100/32\n";

TEST_CASE("Weft's own form is read as its contract says, in YAML and in JSON", "[inventory]") {
  CHECK(dump(read_good({yaml}).inventory) == both);
  CHECK(dump(read_good({json}).inventory) == both);
  CHECK(dump(read_good({std::string("\xEF\xBB\xBF") + json}).inventory) == both);
  CHECK(dump(read_good({std::string("\xEF\xBB\xBF") + (yaml + 1)}).inventory) == both);
}

TEST_CASE("every peer knows the addresses of the API server", "[inventory]") {
  const Reading reading = read_good({yaml});
  const model::Address address = *model::parse_address("172.16.0.100");
  CHECK(reading.inventory.find("shop/web-1")->peer.apiserver.contains(address));
  CHECK(reading.inventory.world.apiserver.contains(address));
  CHECK(reading.inventory.owner(address) == nullptr);
}

TEST_CASE("an address with a zone is told so wherever it stands", "[inventory]") {
  for (const std::string text :
       {"workloads: [{name: a, addresses: [fe80::1%eth0]}]", "nodes: [{name: a, addresses: [\"fe80::1%eth0\"]}]",
        "apiserver: {addresses: [fe80::1%eth0]}",
        "kind: Pod\nmetadata: {name: p}\nstatus: {podIPs: [{ip: fe80::1%eth0}]}",
        "{\"workloads\": [{\"name\": \"a\", \"addresses\": [\"fe80::1%eth0\"]}]}"}) {
    const Reading reading = read_text(text);
    INFO(text << '\n' << reading.rendered());
    REQUIRE(reading.codes() == std::vector<std::string>{"W2020"});
    CHECK(reading.diagnostics.all().front().suggestions ==
          std::vector<std::string>{"no zone is allowed: write `fe80::1`"});
  }
}

TEST_CASE("UTF-16 is called by its name, and a lone NUL is not", "[inventory]") {
  const std::string ascii = "workloads: [{name: a}]\n";
  for (const std::size_t first : {0U, 1U}) {  // the byte of each pair that holds the letter
    std::string wide;
    for (const char letter : ascii) {
      char pair[2] = {};
      pair[first] = letter;
      wide.append(pair, 2);
    }
    for (const std::string& text : {wide, (first == 0 ? "\xFF\xFE" : "\xFE\xFF") + wide}) {
      const Reading reading = read_text(text);
      REQUIRE(reading.codes() == std::vector<std::string>{"W2001"});
      CHECK(reading.diagnostics.all().front().span_text == "this looks like UTF-16");
    }
  }
  for (const std::string& text :
       {std::string("a: \0", 4), std::string("\0", 1), std::string("\0\0\0\0\0", 5), std::string("a\0b: c", 6)}) {
    CHECK(read_text(text).codes() == std::vector<std::string>{"W2002"});
  }
}

TEST_CASE("what is said of a broken inventory ends with the word that there is more", "[inventory]") {
  std::string text = "workloads:\n";
  for (int i = 0; i < 500; ++i) text += fmt::format("  - {{name: w{}, colour: red}}\n", i);
  const std::string shown = read_text(text).rendered();
  CHECK(shown.find("error W2009: more than 50 errors; the others are not shown") != std::string::npos);
  CHECK(shown.find("more\n") == std::string::npos);
}

TEST_CASE("everything but the name is optional", "[inventory]") {
  CHECK(dump(read_good({"workloads: [{name: a}]\nnodes: [{name: b}]\nnamespaces: {c: {}, d: }\n"}).inventory) ==
        "workload a\nnode b\nnamespace c\nnamespace d\n");
  CHECK(dump(read_good({"workloads: []\n"}).inventory).empty());
  CHECK(dump(read_good({"{}"}).inventory).empty());
  // No namespace is stated, so none is known, whatever the name looks like.
  CHECK(dump(read_good({"workloads: [{name: shop/a}]\n"}).inventory) == "workload shop/a\n");
}

TEST_CASE("texts are one inventory together, in any order", "[inventory]") {
  const std::string nodes = "nodes: [{name: n1, addresses: [172.16.0.1]}]\n";
  const std::string workloads = "workloads: [{name: a, ns: shop, node: n1}]\n";
  const std::string namespaces = "namespaces: {shop: {labels: {team: x}}}\n";
  const std::string expected_first =
      "node n1 172.16.0.1\nworkload a ns=shop ns.team=x on n1\nnamespace shop ns.team=x\n";
  const std::string expected_last =
      "workload a ns=shop ns.team=x on n1\nnode n1 172.16.0.1\nnamespace shop ns.team=x\n";
  CHECK(dump(read_good({nodes, workloads, namespaces}).inventory) == expected_first);
  CHECK(dump(read_good({namespaces, workloads, nodes}).inventory) == expected_last);
  CHECK(dump(read_good({nodes + "---\n" + workloads + "---\n" + namespaces}).inventory) == expected_first);
  CHECK(dump(read_good({"{\"nodes\": [{\"name\": \"n1\", \"addresses\": [\"172.16.0.1\"]}]}\n" +
                            std::string("{\"workloads\": [{\"name\": \"a\", \"ns\": \"shop\", \"node\": \"n1\"}]}"),
                        namespaces})
                 .inventory) == expected_first);
}

TEST_CASE("a host-network workload is its node", "[inventory]") {
  const Reading reading = read_good({R"(
workloads:
  - {name: agent, node: n1, host_network: true, labels: {app: agent}, ports: {metrics: tcp/9100, kubelet: tcp/10250}}
  - {name: other, node: n1, host_network: yes, ports: {metrics: tcp/9101}}
nodes:
  - {name: n1, labels: {zone: a}, addresses: [172.16.0.1], ports: {kubelet: tcp/10250}}
)"});
  CHECK(dump(reading.inventory) ==
        "node agent node.zone=a is n1 kubelet:6/10250 metrics:6/9100 metrics:6/9101\n"
        "node other node.zone=a is n1 kubelet:6/10250 metrics:6/9100 metrics:6/9101\n"
        "node n1 node.zone=a 172.16.0.1 kubelet:6/10250 metrics:6/9100 metrics:6/9101\n");
  CHECK(reading.inventory.find("agent")->peer.instance == model::InstanceId{2});
}

TEST_CASE("a label of any spelling stays what it is", "[inventory]") {
  // `ns` and `ns.team` as plain labels are no namespace facts, and `kubernetes.io/metadata.name` of a namespace is
  // `ns`.
  const Reading reading = read_good({R"(
namespaces: {shop: {labels: {kubernetes.io/metadata.name: shop, "team/owner": x}}}
workloads: [{name: a, ns: shop, labels: {ns: other, "ns.team": w, "grün": "süß", empty: ""}}]
)"});
  const model::Labels expected{{model::keys::ns, "shop"},
                               {model::keys::of_workload("ns"), "other"},
                               {model::keys::of_workload("ns.team"), "w"},
                               {model::keys::of_workload("grün"), "süß"},
                               {model::keys::of_workload("empty"), ""},
                               {model::keys::of_namespace("team/owner"), "x"}};
  CHECK(reading.inventory.find("a")->peer.labels == expected);
}

TEST_CASE("aliases and merge keys mean what they stand for", "[inventory]") {
  const Reading reading = read_good({R"(
nodes:
  - {name: n1, labels: &zone {zone: a}}
  - {name: n2, labels: *zone}
  - {name: n3, labels: {<<: *zone, rack: r1}}
  - {name: n4, labels: {zone: b, <<: [*zone, {rack: r2}]}}
  - {name: n5, labels: {"<<": x}}
)"});
  CHECK(dump(reading.inventory) ==
        "node n1 node.zone=a\nnode n2 node.zone=a\nnode n3 node.rack=r1 node.zone=a\nnode n4 node.rack=r2 node.zone=b\n"
        "node n5 node.`<<`=x\n");
}

TEST_CASE("an overlay adds to a workload of any text", "[inventory]") {
  const std::string deployment =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {labels: {app: "
      "web}}}}\n";
  const std::string overlay =
      "nodes: [{name: n1}]\noverlay:\n  - {name: default/web, node: n1, addresses: [10.0.0.1], attach: {interface: "
      "veth-web}}\n";
  const std::string web = "workload default/web ns=default sa=default app=web on n1 10.0.0.1 @veth-web||\n";
  CHECK(dump(read_good({deployment, overlay}).inventory) == web + "node n1\n");
  CHECK(dump(read_good({overlay, deployment}).inventory) == "node n1\n" + web);
  CHECK(dump(read_good({deployment + "---\n" + overlay}).inventory) == web + "node n1\n");

  SECTION("several may add different facts") {
    CHECK(dump(read_good({deployment, "nodes: [{name: n1}]\noverlay: [{name: default/web, node: n1}]\n",
                          "overlay: [{name: default/web, addresses: [10.0.0.1], attach: {interface: veth-web}}]\n"})
                   .inventory) == web + "node n1\n");
  }
  SECTION("it may say where a host-network template runs") {
    const std::string agent =
        "kind: DaemonSet\nmetadata: {name: agent}\nspec: {template: {spec: {hostNetwork: true, containers: [{ports: "
        "[{name: m, "
        "containerPort: 9100, hostPort: 9100}]}]}}}\n";
    CHECK(dump(read_good({agent, "nodes: [{name: n1}]\noverlay: [{name: default/agent, node: n1}]\n"}).inventory) ==
          "node default/agent is n1 m:6/9100\nnode n1 m:6/9100\n");
  }
}

TEST_CASE("after errors the rest is read all the same", "[inventory]") {
  const Reading reading = read_text(R"(
nodes: [{name: n1, bogus: 1}, {name: n2, addresses: [nowhere, 172.16.0.2]}]
workloads:
  - {name: a, node: n3, addresses: [10.0.0.1, 10.0.0.1]}
  - {labels: {app: x}}
  - {name: b, addresses: [10.0.0.1, 10.0.0.2]}
  - {name: b}
  - {name: c, host_network: true}
)");
  CHECK(dump(reading.inventory) == "node n1\nnode n2 172.16.0.2\nworkload a 10.0.0.1\nworkload b 10.0.0.2\n");
  CHECK(reading.diagnostics.errors() == 8);
}

TEST_CASE("findings come in the same order every time", "[inventory]") {
  const std::string text = "workloads: [{name: a, x: 1}, {name: a, y: 2}, {name: b, node: z}]\n";
  CHECK(read_text(text).rendered() == read_text(text).rendered());
}

}  // namespace
}  // namespace weft::inventory::test
