#include <fmt/format.h>
#include <sys/resource.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <iostream>

#include "support.h"

namespace weft::inventory::test {
namespace {

constexpr unsigned workloads = 100'000;
constexpr unsigned nodes = 1'000;

std::string address(unsigned i) { return fmt::format("10.{}.{}.{}", i >> 16, (i >> 8) & 255, i & 255); }

std::string native_yaml() {
  std::string out = "namespaces:\n";
  for (unsigned i = 0; i < 100; ++i) out += fmt::format("  ns-{}: {{labels: {{team: team-{}}}}}\n", i, i % 20);
  out += "nodes:\n";
  for (unsigned i = 0; i < nodes; ++i)
    out += fmt::format("  - {{name: node-{}, labels: {{zone: z{}}}, addresses: [172.16.{}.{}]}}\n", i, i % 3, i >> 8,
                       i & 255);
  out += "workloads:\n";
  for (unsigned i = 0; i < workloads; ++i) {
    out += fmt::format(
        "  - name: ns-{0}/web-{1}\n    ns: ns-{0}\n    sa: web\n    labels: {{app: app-{2}, env: prod, tier: "
        "\"{3}\"}}\n    node: node-{4}\n"
        "    addresses: [{5}, \"fd00::{8:x}:{9:x}\"]\n    ports: {{http: tcp/8080, dns: [udp/53, tcp/53]}}\n    "
        "attach: {{interface: veth{1}}}\n",
        i % 100, i, i % 500, i % 3, i % nodes, address(i), 0, 0, i >> 16, i & 0xFFFF);
  }
  return out;
}

std::string native_json() {
  std::string out = "{\"nodes\": [";
  for (unsigned i = 0; i < nodes; ++i)
    out += fmt::format("{}{{\"name\": \"node-{}\", \"labels\": {{\"zone\": \"z{}\"}}}}", i ? ", " : "", i, i % 3);
  out += "],\n\"workloads\": [\n";
  for (unsigned i = 0; i < workloads; ++i) {
    out += fmt::format(
        "{6}{{\"name\": \"ns-{0}/web-{1}\", \"ns\": \"ns-{0}\", \"sa\": \"web\", \"labels\": {{\"app\": \"app-{2}\", "
        "\"env\": \"prod\", \"tier\": "
        "\"{3}\"}}, \"node\": \"node-{4}\", \"addresses\": [\"{5}\", \"fd00::{8:x}:{9:x}\"], \"ports\": {{\"http\": "
        "\"tcp/8080\", \"dns\": "
        "[\"udp/53\", \"tcp/53\"]}}, \"attach\": {{\"interface\": \"veth{1}\"}}}}",
        i % 100, i, i % 500, i % 3, i % nodes, address(i), i ? ",\n" : "", 0, i >> 16, i & 0xFFFF);
  }
  return out + "]}\n";
}

// As `kubectl get pods -A -o json` says it, shortened to about half.
std::string pods_json() {
  std::string out = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n";
  for (unsigned i = 0; i < workloads; ++i) {
    out += fmt::format(R"({6}        {{
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {{
                "annotations": {{"checksum/config": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}},
                "creationTimestamp": "2026-08-01T10:00:00Z",
                "labels": {{
                    "app": "app-{2}",
                    "env": "prod",
                    "pod-template-hash": "5d89bdfbf9"
                }},
                "name": "web-{1}",
                "namespace": "ns-{0}",
                "ownerReferences": [{{"apiVersion": "apps/v1", "blockOwnerDeletion": true, "controller": true, "kind": "ReplicaSet", "name": "web-{2}", "uid": "x"}}],
                "resourceVersion": "123456",
                "uid": "f1d2d2f9-24e9-86ac-4d2f-{1:012}"
            }},
            "spec": {{
                "containers": [
                    {{
                        "env": [{{"name": "A", "value": "b"}}, {{"name": "POD_IP", "valueFrom": {{"fieldRef": {{"fieldPath": "status.podIP"}}}}}}],
                        "image": "registry.example/web:1.2.3",
                        "name": "web",
                        "ports": [{{"containerPort": 8080, "name": "http", "protocol": "TCP"}}],
                        "resources": {{"limits": {{"cpu": "1", "memory": "1Gi"}}}},
                        "volumeMounts": [{{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "token", "readOnly": true}}]
                    }}
                ],
                "nodeName": "node-{4}",
                "serviceAccountName": "web",
                "tolerations": [{{"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}}]
            }},
            "status": {{
                "conditions": [{{"lastProbeTime": null, "lastTransitionTime": "2026-08-01T10:00:00Z", "status": "True", "type": "Ready"}}],
                "hostIP": "172.16.{3}.{7}",
                "phase": "Running",
                "podIP": "{5}",
                "podIPs": [{{"ip": "{5}"}}, {{"ip": "fd00::{8:x}:{9:x}"}}]
            }}
        }})",
                       i % 100, i, i % 500, (i % nodes) >> 8, i % nodes, address(i), i ? ",\n" : "", (i % nodes) & 255,
                       i >> 16, i & 0xFFFF);
  }
  return out + "\n    ],\n    \"kind\": \"List\"\n}\n";
}

rusage usage() {
  rusage out{};
  getrusage(RUSAGE_SELF, &out);
  return out;
}

double cpu_seconds() {
  const rusage now = usage();
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

void measure(std::string_view what, const std::string& text, std::size_t instances) {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add(std::string(what), text);
  const auto start = std::chrono::steady_clock::now();
  const double cpu_start = cpu_seconds();
  const model::Inventory inventory = read(sources, std::span(&id, 1), diagnostics);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const double cpu = cpu_seconds() - cpu_start;
  INFO(render(diagnostics, sources, {}));
  CHECK(diagnostics.empty());
  CHECK(inventory.instances.size() == instances);
  const double size = static_cast<double>(text.size()) / 1e6;
  std::cout << fmt::format(
      "{:12} {:6.1f} MB  {:5.2f} s, of which processor {:5.2f} s: {:5.1f} MB/s  peak so far {} MB\n", what, size,
      taken.count(), cpu, size / cpu, usage().ru_maxrss / 1024);
}

TEST_CASE("how long 100,000 workloads take", "[.measure]") {
  measure("Weft YAML", native_yaml(), workloads + nodes);
  measure("Weft JSON", native_json(), workloads + nodes);
  measure("pods JSON", pods_json(), workloads + nodes);
}

}  // namespace
}  // namespace weft::inventory::test
