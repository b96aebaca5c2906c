#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "driver/compile.h"
#include "driver/diff_groups.h"
#include "driver/diff_names.h"
#include "driver/diff_side.h"
#include "model/service.h"
#include "verifier/diff.h"

namespace weft::driver {

/// Some workloads, nodes or parts of the world that gain or lose the same.
struct PairEnds {
  std::string name;                          ///< `web`, `app == "web"`, "`shop/web-1` and 2 more", `world`
  std::vector<model::InstanceId> members{};  ///< ascending; none of the world's
  bool named = false;                        ///< the name says what they have in common, and not who they are
  bool nodes = false;                        ///< of those named: nodes, not workloads
};

/// Two peers and a service, judged by both policies.
struct PairExample {
  std::string flow;                   ///< "`shop/web-1` -> `shop/db-0` : tcp/5432"
  std::vector<verifier::Turn> turns;  ///< who keeps it from passing on one side and decides there on the other

  bool operator==(const PairExample&) const = default;
};

/// Services that every one of some peers gains or loses towards every one of others.
struct PairChange {
  bool gained = false;
  PairEnds sources;
  PairEnds destinations;
  model::PointSet services;
  std::uint64_t pairs = 0;  ///< of distinct peers; the world counts as one
  bool own_node = false;    ///< between workloads and the nodes they run on
  PairExample example{};
};

/// What changes between the workloads and nodes of an inventory, at the time that is asked about.
struct InventoryDiff {
  std::string of;                   ///< whose inventory it is: "the new policy's", …
  std::vector<PairChange> changes;  ///< what is gained, then what is lost; those of most pairs first
  std::uint64_t gained = 0;         ///< pairs
  std::uint64_t lost = 0;
};

struct PolicyDiff {
  DiffSide before;
  DiffSide after;
  std::optional<verifier::Diff> flows;     ///< none where a side could not be understood: its diagnostics say why
  std::vector<DifferenceGroup> groups;     ///< of the differences of `flows`
  std::optional<InventoryDiff> inventory;  ///< none without one
  std::vector<std::string> notes;          ///< what to know of the comparison
  Diagnostics findings;                    ///< W3030 to W3033, at places of the new policy

  bool understood() const { return flows.has_value(); }
};

/// Reads two policies, each with its own project file, and compares them over all flows; with an inventory also over
/// the pairs of peers it lists.
///
/// Errors: W3040 and W3041. What is wrong with a policy or an inventory is said by the diagnostics of its side.
Result<PolicyDiff> diff(const DiffNames& names, const Options& options);

/// Compares two sides that are read already. `inventories` as in `DiffNames`.
PolicyDiff compare(DiffSide before, DiffSide after, const std::vector<std::string>& inventories,
                   const Options& options);

/// Where a question about all flows has no answer.
inline constexpr std::string_view what_to_do_when_undecided =
    "compare in smaller steps, or give the labels finite values";

/// "equivalent", "only widens", "only narrows", "widens and narrows", "undecided". Of policies that are understood.
std::string_view verdict_word(const PolicyDiff& diff);
/// The verdict as a sentence: what the new policy allows and denies against the old one.
std::string verdict_sentence(const PolicyDiff& diff);

/// "HEAD~1:shop.weft:14:3" of a statement, or nothing for what is no statement.
std::string place_of(const verifier::Decider& decider, const Compilation& compilation);
/// `allow web -> api : http` as it is written, on one line; "isolate …"; or what decides without a statement.
std::string words_of(const verifier::Decider& decider, const Compilation& compilation);
/// "and 4 other statements for other flows" on the side on which a group does not agree; empty where there are none.
std::string others_of(const DifferenceGroup& group);
/// "tcp/80, udp/53"; of many the first few.
std::string few_services(const model::PointSet& services);
/// "web (12 workloads)", and the name alone of one peer and of the world.
std::string text_of(const PairEnds& ends);
/// Where that is written, if anywhere.
std::optional<Span> span_of(const verifier::Decider& decider, const model::Policy& policy);

}  // namespace weft::driver
