#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Selector;

namespace {

std::string said(const Builder& built, const Options& options = {}) {
  Options without_dead = options;
  without_dead.look_for_dead = false;
  const Report report = check(built.policy, nullptr, without_dead);
  const Sources sources = built.sources();
  Diagnostics diagnostics;
  report_to(report, built.policy, sources, diagnostics);
  return render(diagnostics, sources, {});
}

}  // namespace

TEST_CASE("a broken `never` names the flow and the rule that lets it through", "[verifier]") {
  Builder b;
  b.block("shop").allow(Selector::world(), app("db"), tcp(5432));
  b.isolate(app("db"));
  b.never(Selector::world(), app("db"), any_port());
  CHECK(
      said(b) ==
      R"(error W3002: `never world -> app == "db" : any` is broken: world at 203.0.113.1 reaches workload {app: "db"} on tcp/5432
 --> test.weft:3:1
3 | never world -> app == "db" : any
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 ::: test.weft:1:1
1 | allow world -> app == "db" : tcp/5432
  | ------------------------------------- this rule allows it at the destination
  = note: egress at the source: the world has no gate
  = note: ingress at the destination: allow by `shop` at test.weft:1:1 (tier `main`)
  = help: narrow that rule, deny the flow in an earlier tier, or except it from the assertion
)");
}

TEST_CASE("the reason an author gives is not part of what is claimed", "[verifier]") {
  Builder b;
  b.never(Selector::world(), Selector::world(), tcp(80));
  model::Assertion& claim = b.policy.assertions[0];
  claim.because = "auditors ask";
  b.text.insert(claim.span.end, "  because \"auditors ask\"");
  claim.span.end = static_cast<std::uint32_t>(b.text.size()) - 1;
  CHECK(said(b).starts_with("error W3002: `never world -> world : tcp/80` is broken: "));
}

TEST_CASE("a broken `always` names what denies", "[verifier]") {
  Builder b;
  SECTION("isolation at one end, the profile at the other") {
    b.block("shop").isolate(app("api")).egress = false;
    b.always(app("web"), app("api"), tcp(80));
    CHECK(
        said(b) ==
        R"(error W3003: `always app == "web" -> app == "api" : tcp/80` is broken: workload {app: "web"} does not reach workload {app: "api"} on tcp/80
 --> test.weft:2:1
2 | always app == "web" -> app == "api" : tcp/80
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 ::: test.weft:1:1
1 | isolate app == "api"
  | -------------------- isolated here: no rule of tier `main` allows it at the destination
  = note: egress at the source: deny by profile `strict`, as no rule decides
  = note: ingress at the destination: deny by isolation in `shop` at test.weft:1:1 (tier `main`)
  = note: no such flow is allowed at all: no rule allows any of it, and profile `strict` denies
  = help: allow it: `allow app == "web" -> app == "api" : tcp/80`
)");
  }
  SECTION("a rule at both") {
    b.block("shop").deny(app("web"), Selector::any(), any_port());
    b.always(app("web"), app("api"), tcp(80));
    CHECK(
        said(b) ==
        R"(error W3003: `always app == "web" -> app == "api" : tcp/80` is broken: workload {app: "web"} does not reach workload {app: "api"} on tcp/80
 --> test.weft:2:1
2 | always app == "web" -> app == "api" : tcp/80
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 ::: test.weft:1:1
1 | deny app == "web" -> any : any
  | ------------------------------ this rule denies it, at both ends
  = note: egress at the source: deny by `shop` at test.weft:1:1 (tier `main`)
  = note: ingress at the destination: deny by `shop` at test.weft:1:1 (tier `main`)
  = note: no such flow is allowed at all: no rule allows any of it, and profile `strict` denies
  = help: narrow that rule, allow the flow in an earlier tier, or except it from the assertion
)");
  }
}

TEST_CASE("conflicts, ambiguous priorities, vacuous and undecided claims", "[verifier]") {
  Builder b;
  SECTION("conflict") {
    b.block("shop").allow(app("a"), app("b"), any_port());
    b.block("safety").deny(Selector::workload(), app("b"), tcp(22));
    CHECK(said(b) ==
          R"(warning W3001: a `deny` of `safety` and an `allow` of `shop` match the same flow; the `deny` wins
 --> test.weft:2:1
2 | deny workload -> app == "b" : tcp/22
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ denies it
 ::: test.weft:1:1
1 | allow app == "a" -> app == "b" : any
  | ------------------------------------ allows it
  = note: for example workload {app: "a"} -> workload {app: "b"} : tcp/22
  = note: egress at the source: deny by `safety` at test.weft:2:1 (tier `main`)
  = note: ingress at the destination: deny by `safety` at test.weft:2:1 (tier `main`)
  = help: narrow one of the two; or put them into different tiers, policies with different priorities, or one `ordered` policy
)");
  }
  SECTION("ambiguous") {
    b.block("first", 0, true).priority(5).allow(app("a"), app("b"), tcp(80));
    b.block("second").priority(5).deny(app("a"), app("b"), any_port());
    CHECK(
        said(b) ==
        R"(error W3006: policies `first` and `second` share priority 5 of tier `main`, and which of them decides a flow would hang on the position of its rules
 --> test.weft:2:1
2 | deny app == "a" -> app == "b" : any
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ says `deny`
 ::: test.weft:1:1
1 | allow app == "a" -> app == "b" : tcp/80
  | --------------------------------------- says `allow` of the same flow
  = note: for example workload {app: "a"} -> workload {app: "b"} : tcp/80
  = note: egress at the source: deny by `second` at test.weft:2:1 (tier `main`)
  = note: ingress at the destination: deny by `second` at test.weft:2:1 (tier `main`)
  = help: give the two policies different priorities
)");
  }
  SECTION("vacuous") {
    b.never(both(app("a"), app("b")), Selector::any(), tcp(80));
    CHECK(
        said(b) ==
        R"(warning W3005: `never app == "a" && app == "b" -> any : tcp/80` proves nothing: no source matches `app == "a" && app == "b"`
 --> test.weft:1:1
1 | never app == "a" && app == "b" -> any : tcp/80
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: compare its labels, addresses and ports with those the policy knows
)");
  }
  SECTION("undecided") {
    b.allow(both(app("a"), env("x")), Selector::negation(app("b")), any_port());
    b.always(app("a"), app("c"), any_port());
    Options options;
    options.rlimit = 1;
    const std::string text = said(b, options);
    CHECK(
        text.starts_with("warning W3004: could not decide `always app == \"a\" -> app == \"c\" : any`: "
                         "the solver gave up within its limit of 1 units ("));
    CHECK(text.find(R"(
  = note: the assertion counts as neither proved nor broken
  = help: ask for less at once (fewer ports, narrower selectors), or give the keys it mentions finite values
  = help: allow more work for each question: `weft check --effort 10`
)") != std::string::npos);
  }
  SECTION("a policy that was never text") {
    b.never(Selector::world(), Selector::world(), tcp(80));
    const Report report = check(b.policy, nullptr, Options{});
    Diagnostics diagnostics;
    report_to(report, b.policy, Sources{}, diagnostics);
    REQUIRE(diagnostics.errors() == 1);
    CHECK(diagnostics.all()[0].message.find("`never world -> world : tcp/80`") != std::string::npos);
    CHECK_FALSE(diagnostics.all()[0].span.has_value());
  }
  SECTION("a disagreement of ours is no finding") {
    Report report;
    report.internal_errors = {"the solver's answer does not reproduce"};
    Diagnostics diagnostics;
    report_to(report, b.policy, Sources{}, diagnostics);
    CHECK(diagnostics.all()[0].code == "W3007");
    CHECK_FALSE(report.has_errors());
  }
}
