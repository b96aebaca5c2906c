#include <catch2/catch.hpp>

#include "driver/query.h"

using namespace weft;
using namespace weft::driver;

namespace {

Question read(std::string_view text) {
  INFO(text);
  auto question = parse_question(text);
  if (!question) FAIL(question.error().message);
  return *question;
}

void check_refused(std::string_view text, const std::string& message) {
  INFO(text);
  const auto question = parse_question(text);
  REQUIRE(!question.has_value());
  CHECK(question.error().code == "W9101");
  CHECK(question.error().message == message);
  CHECK(!question.error().help.empty());
}

ImaginedPeer labels(std::map<std::string, std::string> of_workload) {
  ImaginedPeer peer;
  peer.labels = std::move(of_workload);
  return peer;
}

}  // namespace

TEST_CASE("a flow is read from its text", "[driver]") {
  CHECK(read("a -> b : tcp/1") == Question{NamedPeer{"a"}, NamedPeer{"b"}, "tcp/1"});
  CHECK(read("shop/web-1->shop/db-0:tcp/5432") ==
        Question{NamedPeer{"shop/web-1"}, NamedPeer{"shop/db-0"}, "tcp/5432"});
  CHECK(read("  8.8.8.8 ->\t10.0.0.1 : icmp/8/0 ") ==
        Question{AddressPeer{"8.8.8.8"}, AddressPeer{"10.0.0.1"}, "icmp/8/0"});
  CHECK(read("fd00::1 -> fd00::2 : tcp/443") == Question{AddressPeer{"fd00::1"}, AddressPeer{"fd00::2"}, "tcp/443"});
  CHECK(read("a.b_c-d:x -> b : tcp/http") == Question{NamedPeer{"a.b_c-d:x"}, NamedPeer{"b"}, "tcp/http"});
}

TEST_CASE("a name may stand in quotes, as in the tests of a policy", "[driver]") {
  CHECK(read(R"("shop/web-1" -> "shop/db-0" : tcp/5432)") ==
        Question{NamedPeer{"shop/web-1"}, NamedPeer{"shop/db-0"}, "tcp/5432"});
  CHECK(read(R"("a -> b : c" -> "d: \"e\"" : tcp/1)") ==
        Question{NamedPeer{"a -> b : c"}, NamedPeer{"d: \"e\""}, "tcp/1"});
  check_refused(R"("a -> b : tcp/1)", R"(a quote is not closed in `"a -> b : tcp/1`)");
}

TEST_CASE("a label map imagines a workload", "[driver]") {
  CHECK(read("{} -> {} : tcp/1") == Question{ImaginedPeer{}, ImaginedPeer{}, "tcp/1"});
  CHECK(read(R"({app: "web"} -> b : tcp/1)").source == PeerQuestion{labels({{"app", "web"}})});
  CHECK(read(R"({app: web, tier:"a b"} -> b : tcp/1)").source ==
        PeerQuestion{labels({{"app", "web"}, {"tier", "a b"}})});
  CHECK(read(R"({x: "}->:\"\\"} -> b : tcp/1)").source == PeerQuestion{labels({{"x", "}->:\"\\"}})});
  CHECK(read("a -> {app: web} : tcp/1").destination == PeerQuestion{labels({{"app", "web"}})});

  ImaginedPeer identity;
  identity.ns = "shop";
  identity.sa = "web";
  identity.cluster = "east";
  identity.node = "n1";
  identity.ns_labels = {{"team", "x"}, {"team/owner", "y"}};
  identity.labels = {{"ns.team", "plain"}, {"k8s.io/app", "z"}, {"node", "plain"}};
  CHECK(
      read(
          R"({node: n1, `node`: plain, ns: shop, sa: "web", cluster: east, ns.team: x, ns.`team/owner`: "y", `ns.team`: plain, "k8s.io/app": z} -> b : tcp/1)")
          .source == PeerQuestion{identity});
}

TEST_CASE("a text that is no flow says what is missing", "[driver]") {
  check_refused("a b : tcp/1", "no `->` in the flow `a b : tcp/1`");
  check_refused("a -> b", "no `: SERVICE` in the flow `a -> b`");
  check_refused("a -> {app: web}", "no `: SERVICE` in the flow `a -> {app: web}`");
  check_refused(" -> b : tcp/1", "the flow has no source");
  check_refused("a -> : tcp/1", "the flow has no destination");
  check_refused("a -> b : ", "the flow has no service");
  check_refused("{app web} -> b : tcp/1", "expected `:` at `web}`");
  check_refused("{app: } -> b : tcp/1", "expected a value at `}`");
  check_refused("{: web} -> b : tcp/1", "expected a label key at `: web}`");
  check_refused("{app: web} x -> b : tcp/1", "expected nothing after the label map at `x`");
  check_refused("{app: web, app: db} -> b : tcp/1", "the label map says `app` twice");
  check_refused("{ns: a, ns: b} -> b : tcp/1", "the label map says `ns` twice");
  check_refused("{app: \"web -> b : tcp/1", "a quote is not closed in `{app: \"web -> b : tcp/1`");
  check_refused("{`app: web} -> b : tcp/1", "a backtick is not closed in `{`app: web} -> b : tcp/1`");
  check_refused("{app: web -> b : tcp/1", "the `{` of a label map is not closed in `{app: web -> b : tcp/1`");
  check_refused("{app: web -> {app: db} : tcp/1",
                "the `{` of a label map is not closed in `{app: web -> {app: db} : tcp/1`");
  check_refused("a - {app: db} : tcp/1", "no `->` in the flow `a - {app: db} : tcp/1`");
  check_refused("{node: a, node: b} -> b : tcp/1", "the label map says `node` twice");
}
