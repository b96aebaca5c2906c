#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "driver/codes.h"
#include "driver/imports.h"
#include "driver/query.h"
#include "driver/reach.h"
#include "driver/reach_members.h"
#include "frontend/frontend.h"

namespace weft::driver {
namespace {

void add_bounds(const model::AddressSet& set, std::set<model::Address>& out) {
  for (const model::AddressRange& range : set.ranges()) {
    out.insert(range.first);
    out.insert(range.last);
    if (const auto before = model::previous(range.first)) out.insert(*before);
    if (const auto after = model::next(range.last)) out.insert(*after);
  }
}

void add_bounds(const model::Selector& selector, std::set<model::Address>& out) {
  add_bounds(selector.addresses, out);
  for (const model::Selector& operand : selector.operands) add_bounds(operand, out);
}

// A class of the world behaves alike, so that one address of it that matches is enough; where any does, a bound of a
// network does.
void add_world(const Reachability& reachability, const model::Selector& selector, Members& members) {
  const model::Inventory& inventory = reachability.compilation().inventory;
  std::set<model::Address> addresses;
  add_bounds(selector, addresses);
  add_bounds(inventory.apiserver, addresses);
  for (const verifier::PeerClass& each : reachability.connectivity().classes()) {
    if (each.kind != model::PeerKind::World) continue;
    addresses.insert(*each.example.address);
    for (const model::AddressRange& range : each.addresses) addresses.insert({range.first, range.last});
  }
  for (const model::Address& address : addresses) {
    const model::End end = inventory.end(address);
    if (end.peer->kind == model::PeerKind::World && matches(selector, end)) members.add_world(end);
  }
}

// What is said of a statement, as said of the part of it that somebody wrote.
class Excerpt {
 public:
  Excerpt(SourceId statement, SourceId part, std::size_t begin, std::size_t size)
      : statement_(statement), part_(part), begin_(begin), size_(size) {}

  Diagnostic of(Diagnostic diagnostic) const {
    if (diagnostic.span) diagnostic.span = of(*diagnostic.span);
    for (Label& label : diagnostic.labels) label.span = of(label.span);
    for (Fix& fix : diagnostic.fixes) {
      for (Edit& edit : fix.edits) edit.span = of(edit.span);
    }
    return diagnostic;
  }

 private:
  Span of(const Span& span) const {
    if (span.source != statement_) return span;
    const auto within = [&](std::uint32_t at) {
      return static_cast<std::uint32_t>(std::clamp<std::size_t>(at, begin_, begin_ + size_) - begin_);
    };
    return {part_, within(span.begin), within(span.end)};
  }

  SourceId statement_, part_;
  std::size_t begin_, size_;
};

// Text of the policy language that is asked about beside the policy, which declares its names; `before` and `behind`
// make a claim of it.
std::optional<model::Assertion> read_claim(const Compilation& compilation, const std::string& name,
                                           std::string_view before, const std::string& asked, std::string_view behind,
                                           Sources& sources, Diagnostics& diagnostics) {
  Diagnostics of_all;
  std::vector<SourceId> files = compilation.files.policies;
  const SourceId added = sources.add(name, fmt::format("{}{}{}\n", before, asked, behind));
  const Excerpt excerpt(added, sources.add(name, asked), before.size(), asked.size());
  files.push_back(added);
  PolicyImports imports(compilation.names, sources, files);
  const model::Policy policy = frontend::read_policy(sources, files, imports, of_all);
  // Of the policy itself everything has been said.
  for (const Diagnostic& diagnostic : of_all.all()) {
    if (diagnostic.span && diagnostic.span->source == added) diagnostics.add(excerpt.of(diagnostic));
  }
  for (const model::Assertion& assertion : policy.assertions) {
    if (assertion.span.source == added && !diagnostics.has_errors()) return assertion;
  }
  return {};
}

model::Selector labels_of(const ImaginedPeer& peer) {
  std::vector<model::Selector> all{model::Selector::workload()};
  const auto add = [&](const model::LabelKey& key, const std::string& value) {
    all.push_back(model::Selector::equals(key, value));
  };
  for (const auto& [key, value] : peer.labels) add(model::keys::of_workload(key), value);
  for (const auto& [key, value] : peer.ns_labels) add(model::keys::of_namespace(key), value);
  if (peer.ns) add(model::keys::ns, *peer.ns);
  if (peer.sa) add(model::keys::sa, *peer.sa);
  if (peer.cluster) add(model::keys::cluster, *peer.cluster);
  return model::Selector::all_of(std::move(all));
}

// A name, and no selector: entities are words too, and mean themselves.
bool is_one_word(const std::string& text) {
  static constexpr std::string_view entities[] = {"any", "none", "workload", "node", "world", "apiserver"};
  return text.find_first_of(" \t\"`=!&|(){}<>") == std::string::npos &&
         std::ranges::find(entities, text) == std::end(entities);
}

}  // namespace

ReachGroup Members::group(std::string name) const {
  ReachGroup out;
  out.name = std::move(name);
  std::set<model::InstanceId> all;
  bool node = false, workload = false;
  for (const auto& [number, members] : parts_) {
    out.parts.push_back({number, {members.begin(), members.end()}});
    all.insert(members.begin(), members.end());
    (connectivity_.classes()[number].kind == model::PeerKind::Node ? node : workload) = !members.empty();
  }
  out.members.assign(all.begin(), all.end());
  bool partly = false;
  for (const model::InstanceId member : all) {
    for (const std::uint32_t number : connectivity_.classes_of(member)) {
      const auto part = parts_.find(number);
      partly = partly || part == parts_.end() || !part->second.contains(member);
    }
  }
  if (partly) {
    for (const auto& [number, members] : parts_) {
      for (const model::InstanceId member : members) {
        const model::Instance& instance = inventory_[member];
        for (const model::Address& address : instance.addresses) {
          if (connectivity_.class_of({&instance.peer, address}) == number) out.addresses.push_back(address);
        }
      }
    }
    std::ranges::sort(out.addresses);
  }
  if (!all.empty()) out.kind = node && !workload ? model::PeerKind::Node : model::PeerKind::Workload;
  return out;
}

void Members::add_all(const Reachability& reachability, const model::Selector& selector) {
  for (const model::Instance& instance : inventory_.instances) {
    if (instance.host) continue;
    if (instance.addresses.empty() && matches(selector, {&instance.peer, {}})) add(instance, {&instance.peer, {}});
    for (const model::Address& address : instance.addresses) {
      if (matches(selector, {&instance.peer, address})) add(instance, {&instance.peer, address});
    }
  }
  ::weft::driver::add_world(reachability, selector, *this);
}

Error Reachability::unknown(const std::string& text) const {
  std::vector<std::string> known;
  for (const model::Group& group : compilation_.policy.groups) known.push_back(group.name);
  constexpr std::size_t most_names_searched = 5000;  // beyond, finding the nearest costs more than it helps
  if (compilation_.inventory.instances.size() <= most_names_searched) {
    for (const model::Instance& instance : compilation_.inventory.instances) known.push_back(instance.name);
  }
  const std::string near = nearest(text, known);
  return {
      std::string(reach_code::unknown_subject),
      fmt::format("there is no workload, node or group `{}`", printable(text)),
      near.empty()
          ? "give a name of the inventory, a group of the policy, an address, or a selector such as 'app == \"web\"'"
          : fmt::format("did you mean `{}`?", near)};
}

Result<model::PointSet> Reachability::services(const std::string& option, const std::string& text, Sources& sources,
                                               Diagnostics& diagnostics) const {
  const auto claim =
      read_claim(compilation_, option, "never any -> any : ", text, "", sources, diagnostics);
  if (!claim) return std::unexpected(Error{});
  if (claim->ports.names.empty()) return claim->ports.points;
  return std::unexpected(
      Error{std::string(reach_code::named_port),
            fmt::format("`{}` names a port, which every destination resolves for itself", printable(text)),
            "give its number"});
}

Result<ReachGroup> Reachability::subject(const std::string& option, const std::string& text, Sources& sources,
                                         Diagnostics& diagnostics) const {
  const model::Inventory& inventory = compilation_.inventory;
  Members members(inventory, connectivity_);
  const auto group = [&]() -> Result<ReachGroup> {
    ReachGroup out = members.group(text);
    if (!out.parts.empty()) return out;
    return std::unexpected(Error{std::string(reach_code::nobody),
                                 fmt::format("`{}` stands for nobody in the inventory", printable(text)),
                                 "reachability is about the workloads, nodes and addresses there are"});
  };

  if (const model::Instance* instance = inventory.find(text)) {
    members.add_whole(instance->host ? inventory[*instance->host] : *instance);
    return group();
  }
  if (const auto address = model::parse_address(text)) {
    const model::End end = inventory.end(*address);
    if (end.peer->instance) {
      members.add(inventory[*end.peer->instance], end);
    } else {
      members.add_world(end);
    }
    return group();
  }
  const auto named = std::ranges::find(compilation_.policy.groups, text, &model::Group::name);
  if (named != compilation_.policy.groups.end()) {
    members.add_all(*this, named->selector);
    return group();
  }
  if (text.starts_with('{')) {
    const auto question = parse_question(text + " -> 0.0.0.0 : tcp/1");
    if (!question) return std::unexpected(question.error());
    members.add_all(*this, labels_of(std::get<ImaginedPeer>(question->source)));
    return group();
  }
  if (is_one_word(text)) return std::unexpected(unknown(text));
  const auto claim =
      read_claim(compilation_, option, "never ", text, " -> any : any", sources, diagnostics);
  if (!claim) return std::unexpected(Error{});
  members.add_all(*this, claim->source);
  return group();
}

}  // namespace weft::driver
