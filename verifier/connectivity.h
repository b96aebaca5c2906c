#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/bit_set.h"
#include "verifier/precedence.h"

namespace weft::verifier {

class InventoryMemory;

/// Ends of flows that nothing in a policy can tell apart: the same selectors match them, the same named ports are
/// declared where a rule asks for them, the same values where relations compare. Who is in a class behaves as every
/// other member does, but for two things that are about pairs: an instance talking to itself, and a node talking to the
/// workloads it runs (`Place`).
struct PeerClass {
  model::PeerKind kind = model::PeerKind::World;
  bool gated = false;  ///< has gates as the subject of one
  bool v4 = false;     ///< can be an end of flows of this family; a workload without addresses can be of both
  bool v6 = false;
  std::vector<model::InstanceId> members{};      ///< ascending; none of the world's
  std::vector<model::AddressRange> addresses{};  ///< of the world's: those of its addresses that nobody owns,
                                                 ///< ascending; hosts inside a range that have an owner are not cut out
  model::End example{};                          ///< one of its ends; lives in the inventory
};

/// Whether an end is the node that the workload at the other end runs on. All other pairs are apart.
enum class Place : std::uint8_t { Apart, Home };

/// A verdict for every pair of classes: row by row, the classes at the destination.
class ClassMatrix {
 public:
  explicit ClassMatrix(std::size_t size) : size_(size), stride_((size + 63) / 64), words_(size * stride_) {}
  std::size_t size() const { return size_; }
  bool test(std::size_t source, std::size_t destination) const {
    return (words_[source * stride_ + destination / 64] >> (destination % 64) & 1) != 0;
  }
  void set(std::size_t source, std::size_t destination) {
    words_[source * stride_ + destination / 64] |= std::uint64_t{1} << (destination % 64);
  }
  void clear(std::size_t source, std::size_t destination) {
    words_[source * stride_ + destination / 64] &= ~(std::uint64_t{1} << (destination % 64));
  }
  std::span<const std::uint64_t> row(std::size_t source) const { return {words_.data() + source * stride_, stride_}; }
  std::span<std::uint64_t> row(std::size_t source) { return {words_.data() + source * stride_, stride_}; }
  BitSet row_set(std::size_t source) const;
  ClassMatrix transposed() const;

 private:
  std::size_t size_;
  std::size_t stride_;
  std::vector<std::uint64_t> words_;
};

/// Who may talk to whom in one inventory at one moment: engine A. Peers that behave alike are one class, services no
/// rule tells apart are one atom, and every answer is worked out by operations on words of bits, for whole rows of
/// classes at a time. It says what `model::evaluate` says, for every pair of distinct instances and every service.
///
/// Classes and atoms are numbered from 0, the same in every run: instances in the order of the inventory, then the
/// world, cut where the policy's networks begin and end. Audited rules and isolations, and rules that have expired, are
/// treated as the evaluator treats them.
///
/// Nothing is kept but tables that grow with classes and rules; rows are computed when they are asked for, and matrices
/// are the caller's to keep. Const throughout: threads may share one.
class Connectivity {
 public:
  /// Policy and inventory must outlive it; the inventory must be indexed. What `memory` has of the inventory is not
  /// worked out again.
  Connectivity(const model::Policy& policy, const model::Inventory& inventory, model::Moment now = model::before_all,
               InventoryMemory* memory = nullptr);
  ~Connectivity();
  Connectivity(Connectivity&&) noexcept;
  Connectivity& operator=(Connectivity&&) noexcept;

  const std::vector<PeerClass>& classes() const;
  /// The services of each atom; together all services, disjoint.
  const std::vector<model::PointSet>& atoms() const;
  std::uint32_t atom_of(model::ServicePoint service) const;
  /// All services of some atoms.
  model::PointSet points_of(const BitSet& atoms) const;

  /// The class of an end of the inventory: an instance at one of its addresses (without one where it has none), or an
  /// address of the world.
  std::uint32_t class_of(const model::End& end) const;
  /// The classes an instance has ends in, ascending; more than one where its addresses are told apart. A host-network
  /// workload has those of its node.
  std::span<const std::uint32_t> classes_of(model::InstanceId instance) const;
  /// True if some two distinct instances (or the world) can be the ends of a flow between these classes: not where both
  /// hold one and the same instance only, not between families, not from world to world.
  bool pairs_exist(std::uint32_t source, std::uint32_t destination) const;
  /// How many ordered pairs of distinct instances two classes make; a class of the world counts as one.
  std::uint64_t pairs(std::uint32_t source, std::uint32_t destination) const;

  /// True if an end of some class matches the source of a rule in force, its destination, or who is isolated.
  bool has_sources(model::RuleId rule) const;
  bool has_destinations(model::RuleId rule) const;
  bool has_subjects(model::IsolationId isolation) const;

  /// True where some verdict depends on `Place`: the profile's own-node rule, and rules about `host` and `remote_node`.
  bool place_matters() const;
  /// True where the ends of a pair at home may be refused what such ends apart are allowed, and a workload may reach
  /// its node by being on it: rules about `host` and `remote_node`. Otherwise being at home only lets the node in.
  bool place_takes_away() const;

  /// The classes that the egress gate of `source` lets it talk to on the services of `atom`, and those that the ingress
  /// gate of `destination` lets in: one gate alone, families and existence of pairs not looked at.
  BitSet leaving(std::uint32_t atom, std::uint32_t source, Place place = Place::Apart) const;
  BitSet entering(std::uint32_t atom, std::uint32_t destination, Place place = Place::Apart) const;

  /// The classes of which every member may be reached from every member of `source` through both gates, and the other
  /// way round. Only classes with which `pairs_exist`.
  BitSet reached_from(std::uint32_t atom, std::uint32_t source, Place place = Place::Apart) const;
  BitSet reaching(std::uint32_t atom, std::uint32_t destination, Place place = Place::Apart) const;
  /// The same on any service: the classes reached on at least one.
  BitSet reached_from(std::uint32_t source, Place place = Place::Apart) const;

  /// Both gates, one pair, one atom.
  bool allowed(std::uint32_t source, std::uint32_t destination, std::uint32_t atom, Place place = Place::Apart) const;
  /// The atoms on which a pair may talk.
  BitSet services(std::uint32_t source, std::uint32_t destination, Place place = Place::Apart) const;
  /// What decides at one gate; nothing where there is no gate. Without `would_be`: ask the evaluator for that.
  std::optional<model::GateDecision> decide(model::Direction direction, std::uint32_t source, std::uint32_t destination,
                                            std::uint32_t atom, Place place = Place::Apart) const;
  /// All that matches at one gate, in the order in which a walk meets it, whatever decides before it or leads past it.
  /// Nothing where no statement is asked: there is no gate, or it lets in the node of its subject.
  std::optional<std::vector<Statement>> matching(model::Direction direction, std::uint32_t source,
                                                 std::uint32_t destination, std::uint32_t atom,
                                                 Place place = Place::Apart) const;

  /// `reached_from` of every class at once, on one atom, and on any service. Of distinct instances that are apart.
  ClassMatrix matrix(std::uint32_t atom) const;
  /// What the gates say on one atom, whether or not pairs exist: as if there were two of everybody.
  ClassMatrix gates_matrix(std::uint32_t atom) const;
  ClassMatrix any_service() const;

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace weft::verifier
