// Relations, deadlines and audit in the tables.
#include <catch2/catch.hpp>

#include <set>

#include <fmt/format.h>

#include "bundle/abi.h"
#include "plan/build.h"

using namespace weft;
using model::LabelKey;
using model::Selector;

namespace {

const LabelKey job = model::keys::of_workload("job");
const LabelKey parent = model::keys::of_workload("parent");
const LabelKey role = model::keys::of_workload("role");
const model::ServicePoint http = model::service_point(model::protocol::tcp, 80);

struct Field {
  model::Policy policy;
  model::Inventory inventory;

  Field() {
    policy.profile = *model::find_profile("strict");
    policy.tiers = {{.name = "main"}, {.name = "late"}};
    policy.blocks.push_back({.name = "gang"});
  }

  model::Rule& rule(model::Verdict verdict, Selector source, Selector destination) {
    model::Rule out;
    out.verdict = verdict;
    out.source = std::move(source);
    out.destination = std::move(destination);
    out.ports.points = model::PointSet::any();
    return policy.rules.emplace_back(std::move(out));
  }
  model::Rule& allow(Selector source, Selector destination) {
    return rule(model::Verdict::Allow, std::move(source), std::move(destination));
  }

  model::Address add(model::Labels labels) {
    const auto number = static_cast<std::uint32_t>(inventory.instances.size());
    model::Instance instance;
    instance.name = fmt::format("w{}", number);
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.instance = model::InstanceId{number};
    instance.peer.labels = std::move(labels);
    instance.addresses = {model::v4_address(0x0A000001U + number)};
    inventory.instances.push_back(std::move(instance));
    return inventory.instances.back().addresses[0];
  }

  plan::DecisionPlan build() {
    inventory.index();
    auto plan = plan::build(policy, inventory);
    REQUIRE(plan);
    return std::move(*plan);
  }
};

bool allows(const plan::DecisionPlan& plan, const model::Address& from, const model::Address& to,
            model::Moment now = model::before_all) {
  return plan::decide(plan, model::Direction::Egress, from, to, http, now).verdict == model::Verdict::Allow &&
         plan::decide(plan, model::Direction::Ingress, to, from, http, now).verdict == model::Verdict::Allow;
}

const plan::Class& class_of(const plan::DecisionPlan& plan, const model::Address& address) {
  return plan.classes[static_cast<std::size_t>(plan::identify(plan, address).class_id)];
}

}  // namespace

TEST_CASE("classes grow with the values relations compare, rows and entries do not", "[plan]") {
  std::set<std::size_t> rows, entries;
  for (const unsigned jobs : {10U, 20U, 40U}) {
    Field field;
    field.allow(Selector::equals(role, "trainer"), Selector::equals(role, "trainer")).relations = {{job, job, true}};
    for (unsigned i = 0; i < 400; ++i) {
      field.add({{role, i < 200 ? "trainer" : "bystander"},
                 {job, fmt::format("job-{}", i % jobs)},
                 {model::keys::of_workload("pod-index"), std::to_string(i)}});
    }
    const plan::DecisionPlan plan = field.build();
    // Nobody, the world, the bystanders no rule selects (whatever their job), and a class for each job of trainers.
    CHECK(plan.classes.size() == 3 + jobs);
    CHECK(plan.value_count == jobs);
    rows.insert(plan.egress.own_rows.size());
    entries.insert(plan.egress.entries.size() + plan.ingress.entries.size());
  }
  CHECK(rows.size() == 1);
  CHECK(entries.size() == 1);
}

TEST_CASE("without relations a class is its row", "[plan]") {
  Field field;
  field.allow(Selector::equals(role, "a"), Selector::equals(role, "b"));
  field.add({{role, "a"}, {job, "1"}});
  field.add({{role, "a"}, {job, "2"}});
  field.add({{role, "b"}});
  const plan::DecisionPlan plan = field.build();
  REQUIRE(plan.classes.size() == plan.egress.own_rows.size());
  for (std::size_t c = 0; c < plan.classes.size(); ++c) {
    CHECK(plan.classes[c].row == c);
    CHECK(plan.classes[c].values.empty());
  }
  CHECK(plan.conditions.empty());
  CHECK(plan.relation_keys.empty());
}

TEST_CASE("values of different keys compare, at the end at which they are asked for", "[plan]") {
  Field field;
  field.allow(Selector::workload(), Selector::workload()).relations = {{parent, job, true}};
  const model::Address child = field.add({{parent, "x"}}), mother = field.add({{job, "x"}});
  const model::Address stranger = field.add({{job, "y"}}), both = field.add({{job, "x"}, {parent, "y"}});
  const plan::DecisionPlan plan = field.build();
  CHECK(plan.relation_keys == std::vector{job, parent});
  CHECK(allows(plan, child, mother));
  CHECK_FALSE(allows(plan, mother, child));
  CHECK_FALSE(allows(plan, child, stranger));
  CHECK(allows(plan, child, both));
  CHECK(allows(plan, both, stranger));
  CHECK(class_of(plan, child).values[1] == class_of(plan, mother).values[0]);
  CHECK(class_of(plan, mother).values[1] == 0);
}

TEST_CASE("a relation with an absent key never holds, whichever way it compares", "[plan]") {
  const bool equal = GENERATE(true, false);
  Field field;
  field.allow(Selector::any(), Selector::any()).relations = {{job, job, equal}};
  const model::Address one = field.add({{job, "x"}}), none = field.add({}), more = field.add({});
  const model::Address world = *model::parse_address("8.8.8.8");
  const plan::DecisionPlan plan = field.build();
  for (const model::Address& other : {none, more, world}) {
    CHECK_FALSE(allows(plan, one, other));
    CHECK_FALSE(allows(plan, other, one));
  }
  CHECK_FALSE(allows(plan, none, more));
  CHECK(plan.classes.size() == 4);  // nobody, the world, workloads without the key, the one with it
}

TEST_CASE("conditions are distinct, and every entry names its own", "[plan]") {
  Field field;
  field.allow(Selector::workload(), Selector::any()).expires = model::Moment{200};
  field.allow(Selector::any(), Selector::workload()).expires = model::Moment{100};
  model::Rule& both = field.allow(Selector::workload(), Selector::workload());
  both.expires = model::Moment{200};
  both.relations = {{job, job, false}, {parent, job, true}, {job, job, false}};
  field.allow(Selector::any(), Selector::any());
  const model::Address one = field.add({{job, "x"}}), two = field.add({{job, "y"}, {parent, "x"}});
  const plan::DecisionPlan plan = field.build();
  CHECK(plan.conditions == std::vector<plan::Condition>{plan::Relation{0, 0, false}, plan::Relation{1, 0, true},
                                                        plan::Deadline{model::Moment{100}},
                                                        plan::Deadline{model::Moment{200}}});
  std::vector<std::vector<std::uint16_t>> asked;
  for (const plan::Entry& entry : plan.egress.entries) {
    if (entry.by == plan::Entry::By::Rule) asked.push_back(entry.conditions);
    if (entry.by != plan::Entry::By::Rule) CHECK(entry.conditions.empty());
  }
  CHECK(asked == std::vector<std::vector<std::uint16_t>>{{3}, {2}, {0, 1, 3}, {}});
  CHECK(allows(plan, one, two));

  const std::string text = to_string(plan, field.policy);
  for (const char* part :
       {"k0    source.job != destination.job", "k1    source.parent == destination.job",
        "k2    before 1970-01-01T00:01:40Z", "  if k0 k1 k3  (rule 2 of gang, tier main)", "job is value"}) {
    CHECK_THAT(text, Catch::Contains(part));
  }
}

TEST_CASE("an entry counts before its deadline and not from then on", "[plan]") {
  Field field;
  field.rule(model::Verdict::Deny, Selector::any(), Selector::any()).expires = model::Moment{100};
  field.allow(Selector::any(), Selector::any()).expires = model::Moment{200};
  const model::Address one = field.add({}), two = field.add({});
  const plan::DecisionPlan plan = field.build();
  CHECK_FALSE(allows(plan, one, two, model::before_all));
  CHECK_FALSE(allows(plan, one, two, model::Moment{99}));
  CHECK(allows(plan, one, two, model::Moment{100}));
  CHECK(allows(plan, one, two, model::Moment{199}));
  CHECK_FALSE(allows(plan, one, two, model::Moment{200}));
}

TEST_CASE("audited rules decide nothing, and say what they would have decided", "[plan]") {
  Field field;
  model::Rule& rule = field.allow(Selector::equals(role, "a"), Selector::any());
  rule.audit = true;
  rule.relations = {{job, job, true}};
  rule.expires = model::Moment{100};
  const model::Address one = field.add({{role, "a"}, {job, "x"}}), two = field.add({{job, "x"}});
  const plan::DecisionPlan plan = field.build();
  CHECK(std::holds_alternative<plan::Audited>(plan.conditions.back()));
  CHECK_FALSE(allows(plan, one, two));

  const auto would = [&](const model::Address& from, const model::Address& to, model::Moment now) {
    return plan::would_decide(plan, model::Direction::Egress, plan::identify(plan, from), plan::identify(plan, to),
                              plan::atom_of(plan, http), now);
  };
  const auto allowed = would(one, two, model::before_all);
  REQUIRE(allowed);
  CHECK(allowed->verdict == model::Verdict::Allow);
  CHECK(plan.egress.entries[allowed->entry].rule == model::RuleId{0});
  CHECK_FALSE(would(two, one, model::before_all));   // it says nothing about that source
  CHECK_FALSE(would(one, two, model::Moment{100}));  // nor after its deadline
}

TEST_CASE("an audited isolation allows behind those in force", "[plan]") {
  Field field;
  model::Isolation audited;
  audited.subject = Selector::workload();
  audited.audit = true;
  field.policy.isolations.push_back(audited);
  model::Isolation real;
  real.subject = Selector::equals(role, "a");
  field.policy.isolations.push_back(real);
  field.rule(model::Verdict::Deny, Selector::any(), Selector::any()).tier = model::TierId{1};
  const model::Address isolated = field.add({{role, "a"}}), one = field.add({}), two = field.add({});
  const plan::DecisionPlan plan = field.build();
  CHECK(allows(plan, one, two));  // the walk ends at the audited isolation: the deny of the next tier is not asked
  CHECK_FALSE(allows(plan, isolated, two));
  CHECK_FALSE(allows(plan, one, isolated));

  const auto would = plan::would_decide(plan, model::Direction::Egress, plan::identify(plan, one),
                                        plan::identify(plan, two), plan::atom_of(plan, http));
  REQUIRE(would);
  CHECK(would->verdict == model::Verdict::Deny);
  CHECK(plan.egress.entries[would->entry].isolation == model::IsolationId{0});
}

TEST_CASE("more compared values than a program can number are an error that says so", "[plan]") {
  Field field;
  field.allow(Selector::workload(), Selector::workload()).relations = {{job, parent, true}};
  for (unsigned i = 0; i < 33'000; ++i) field.add({{job, fmt::format("a{}", i)}, {parent, fmt::format("b{}", i)}});
  field.inventory.index();
  const auto plan = plan::build(field.policy, field.inventory);
  REQUIRE(!plan);
  CHECK(plan.error().code == "W4005");
}

TEST_CASE("more classes by value than a program can number are an error that says so", "[plan]") {
  Field field;
  field.allow(Selector::workload(), Selector::workload()).relations = {{job, job, true}};
  for (unsigned i = 0; i < 65'600; ++i) field.add({{job, std::to_string(i)}});
  field.inventory.index();
  const auto plan = plan::build(field.policy, field.inventory);
  REQUIRE(!plan);
  CHECK(plan.error().code == "W4001");
}

TEST_CASE("more deadlines than a program can number are an error that says so", "[plan]") {
  Field field;
  for (int i = 0; i < 65'600; ++i) field.allow(Selector::none(), Selector::none()).expires = model::Moment{i};
  const auto plan = plan::build(field.policy, field.inventory);
  REQUIRE(!plan);
  CHECK(plan.error().code == "W4006");
}
