#include <catch2/catch.hpp>

#include "support.h"

namespace weft::inventory::test {
namespace {

void check(const std::string& text, const std::string& expected) {
  CHECK(dump(read_good({text}).inventory) == expected);
}

TEST_CASE("a pod becomes a workload", "[inventory]") {
  check(R"(
apiVersion: v1
kind: Pod
metadata:
  name: web-0
  namespace: shop
  labels: {app: web}
  annotations: {x: 1, y: true}
spec:
  serviceAccountName: web
  nodeName: n1
  containers:
    - ports:
        - {name: http, containerPort: 8080}
        - {name: dns, containerPort: 53, protocol: UDP}
        - {containerPort: 9999}
    - ports: [{name: sig, containerPort: 2905, protocol: SCTP}]
  initContainers:
    - ports: [{name: gone, containerPort: 1}]
    - restartPolicy: Always
      ports: [{name: proxy, containerPort: 15001}]
status:
  phase: Running
  podIP: 10.0.0.1
  podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
  hostIP: 172.16.0.1
  hostIPs: [{ip: 172.16.0.1}, {ip: "fd00:172::1"}]
)",
        "workload shop/web-0 ns=shop sa=web app=web on n1 10.0.0.1 fd00::1 dns:17/53 http:6/8080 proxy:6/15001 "
        "sig:132/2905\n"
        "node n1 172.16.0.1 fd00:172::1\n");
  check("kind: Pod\nmetadata: {name: a, labels: null}\nstatus: {podIP: 10.0.0.1}\n",
        "workload default/a ns=default sa=default 10.0.0.1\n");
  check(
      "kind: Pod\nmetadata: {generateName: a-}\nspec: {serviceAccount: old, nodeName: \"\"}\nstatus: {podIP: \"\", "
      "podIPs: []}\n",
      "workload default/a- ns=default sa=old\n");
}

TEST_CASE("a pod that has ended is none", "[inventory]") {
  check(R"(
kind: List
items:
  - {kind: Pod, metadata: {name: a}, status: {phase: Succeeded, podIP: 10.0.0.1}}
  - {kind: Pod, metadata: {name: b}, status: {phase: Failed, podIP: 10.0.0.1}}
  - {kind: Pod, metadata: {name: c}, status: {phase: Running, podIP: 10.0.0.1}}
  - {kind: Pod, metadata: {name: d}, status: {phase: Pending}}
)",
        "workload default/c ns=default sa=default 10.0.0.1\nworkload default/d ns=default sa=default\n");
}

TEST_CASE("a host-network pod is its node, and its address the node's", "[inventory]") {
  const std::string pods = R"(
kind: PodList
apiVersion: v1
items:
  - metadata: {name: agent, namespace: kube-system, labels: {app: agent}}
    spec: {nodeName: n1, hostNetwork: true, containers: [{ports: [{name: metrics, containerPort: 9100}]}]}
    status: {podIP: 172.16.0.1, hostIP: 172.16.0.1}
  - metadata: {name: web}
    spec: {nodeName: n1}
    status: {podIP: 10.0.0.1, hostIP: 172.16.0.1}
)";
  check(pods,
        "node kube-system/agent is n1 metrics:6/9100\nworkload default/web ns=default sa=default on n1 10.0.0.1\n"
        "node n1 172.16.0.1 metrics:6/9100\n");
  check(pods + R"(---
kind: Node
apiVersion: v1
metadata: {name: n1, labels: {zone: a}}
status:
  addresses:
    - {type: InternalIP, address: 172.16.0.1}
    - {type: ExternalIP, address: 172.16.0.1}
    - {type: ExternalIP, address: 192.0.2.1}
    - {type: Hostname, address: n1.example}
)",
        "node kube-system/agent node.zone=a is n1 metrics:6/9100\nworkload default/web ns=default sa=default on n1 "
        "10.0.0.1\n"
        "node n1 node.zone=a 172.16.0.1 192.0.2.1 metrics:6/9100\n");
}

TEST_CASE("namespaces give their labels to their workloads", "[inventory]") {
  check(R"(
kind: Pod
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop, team: x}}
)",
        "workload shop/a ns=shop sa=default ns.team=x\nnamespace shop ns.team=x\n");
}

TEST_CASE("a template becomes one workload, whatever holds it", "[inventory]") {
  const std::string labels = "{metadata: {labels: {app: x}}, spec: {serviceAccountName: s}}";
  const std::string expected = "workload shop/a ns=shop sa=s app=x\n";
  for (const char* kind : {"apps/v1\nkind: Deployment", "apps/v1\nkind: StatefulSet", "apps/v1\nkind: DaemonSet",
                           "apps/v1\nkind: ReplicaSet", "v1\nkind: ReplicationController", "batch/v1\nkind: Job",
                           "extensions/v1beta1\nkind: Deployment"}) {
    INFO(kind);
    check("apiVersion: " + std::string(kind) +
              "\nmetadata: {name: a, namespace: shop}\nspec: {replicas: 3, template: " + labels + "}\n",
          expected);
  }
  check(
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {jobTemplate: {spec: "
      "{template: " +
          labels + "}}}\n",
      expected);
}

TEST_CASE("another project's kind of the same name is not taken for Kubernetes' own", "[inventory]") {
  check("apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: a}\nspec: {tasks: []}\n", "");
  check("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n", "");
  CHECK(read_text("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n").diagnostics.empty());
}

TEST_CASE("where the pods are known, their controllers' templates are no workloads", "[inventory]") {
  const std::string controllers = R"(
kind: List
items:
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {}}}
  - apiVersion: apps/v1
    kind: ReplicaSet
    metadata: {name: web-1, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
    spec: {template: {}}
  - {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {template: {}}}
)";
  check(controllers, "workload default/web ns=default sa=default\nworkload default/db ns=default sa=default\n");
  check(controllers + "---\n" + R"(
kind: Pod
metadata: {name: web-1-x, ownerReferences: [{kind: Other, name: o}, {kind: ReplicaSet, name: web-1, controller: true}]}
)",
        "workload default/db ns=default sa=default\nworkload default/web-1-x ns=default sa=default\n");
}

TEST_CASE("lists may hold lists", "[inventory]") {
  check("kind: List\nitems: [{kind: PodList, items: [{metadata: {name: a}}]}, {kind: Pod, metadata: {name: b}}]\n",
        "workload default/a ns=default sa=default\nworkload default/b ns=default sa=default\n");
  check("kind: List\nitems: []\n", "");
}

TEST_CASE("both forms may stand side by side", "[inventory]") {
  const Reading reading =
      read_good({"kind: Pod\nmetadata: {name: a}\nspec: {nodeName: n1}\n",
                 "nodes: [{name: n1, labels: {zone: a}}]\nnamespaces: {default: {labels: {t: x}}}\n"});
  CHECK(dump(reading.inventory) ==
        "workload default/a ns=default sa=default ns.t=x on n1\nnode n1 node.zone=a\nnamespace default ns.t=x\n");
}

TEST_CASE("one note counts the objects of a text that nobody knows", "[inventory]") {
  const Reading reading = read_text(
      "kind: RayCluster\napiVersion: ray.io/v1\n---\nkind: JobSet\napiVersion: jobset.x-k8s.io/v1alpha2\n---\n"
      "kind: RayCluster\napiVersion: ray.io/v1\n");
  REQUIRE(reading.codes() == std::vector<std::string>{"W2032"});
  CHECK(reading.diagnostics.all()[0].severity == Severity::Note);
  CHECK(reading.diagnostics.all()[0].message ==
        "skipped 3 objects of kinds Weft does not know: `JobSet`, `RayCluster`");
  CHECK(read_text("kind: ConfigMap\napiVersion: v1\n---\nkind: NetworkPolicy\napiVersion: networking.k8s.io/v1\n---\n"
                  "kind: HorizontalPodAutoscaler\napiVersion: autoscaling/v2\n")
            .diagnostics.empty());
}

}  // namespace
}  // namespace weft::inventory::test
