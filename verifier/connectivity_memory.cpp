#include "verifier/connectivity_memory.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/assert.h"

namespace weft::verifier {
namespace {

// A check asks about a policy with and without its claims, and at few moments.
constexpr std::size_t most_remembered = 3;

struct RememberedClasses {
  Distinctions of;
  std::vector<std::string> selectors;  // by position in the vocabulary
  std::shared_ptr<const ClosedClasses> classes;
};

struct RememberedEnds {
  std::vector<model::PortName> port_names;
  std::shared_ptr<const ClosedEnds> ends;
  std::unordered_map<std::string, ClassSet> matching;  // by the text of a selector of the last vocabulary: the kinds
  std::vector<RememberedClasses> classes;
};

// The newest first.
template <typename Remembered>
Remembered& remember(std::vector<Remembered>& list, Remembered what) {
  if (list.size() == most_remembered) list.pop_back();
  return *list.insert(list.begin(), std::move(what));
}

}  // namespace

struct InventoryMemory::Known {
  explicit Known(const model::Inventory& of) : inventory(of) {}

  const model::Inventory& inventory;
  std::mutex mutex;
  std::vector<RememberedEnds> ends;

  // Null where they have been forgotten since.
  RememberedEnds* of(const std::shared_ptr<const ClosedEnds>& wanted) {
    const auto found = std::ranges::find(ends, wanted, &RememberedEnds::ends);
    return found == ends.end() ? nullptr : &*found;
  }
};

InventoryMemory::InventoryMemory(const model::Inventory& inventory) : known_(std::make_unique<Known>(inventory)) {}
InventoryMemory::~InventoryMemory() = default;

ConnectivityMemory::ConnectivityMemory(const model::Inventory& inventory, InventoryMemory* memory)
    : inventory_(inventory), known_(memory ? memory->known_.get() : nullptr) {
  WEFT_ASSERT(!known_ || &known_->inventory == &inventory,
              "what is remembered is of the inventory that is asked about");
}

std::shared_ptr<const ClosedEnds> ConnectivityMemory::ends(const plan::Vocabulary& vocabulary,
                                                           std::vector<model::LabelKey> keys) {
  std::vector<model::AddressRange> ranges = plan::elementary_ranges(vocabulary, inventory_);
  const auto anew = [&] {
    return std::make_shared<const ClosedEnds>(inventory_, vocabulary.port_names, std::move(keys), std::move(ranges));
  };
  if (!known_) return anew();
  const std::lock_guard lock(known_->mutex);
  const auto known = std::ranges::find_if(known_->ends, [&](const RememberedEnds& each) {
    return each.ends->keys() == keys && each.ends->ranges() == ranges && each.port_names == vocabulary.port_names;
  });
  if (known != known_->ends.end()) {
    std::rotate(known_->ends.begin(), known, std::next(known));
    return known_->ends.front().ends;
  }
  return remember(known_->ends, RememberedEnds{vocabulary.port_names, anew(), {}, {}}).ends;
}

std::shared_ptr<const ClosedClasses> ConnectivityMemory::classes(const model::Policy& policy,
                                                                 const plan::Vocabulary& vocabulary,
                                                                 const std::shared_ptr<const ClosedEnds>& ends,
                                                                 const std::vector<bool>& in_force) {
  const Distinctions distinctions = distinctions_of(policy, vocabulary, in_force);
  std::vector<const ClassSet*> matching(vocabulary.selectors.size());
  const auto anew = [&] {
    return std::make_shared<const ClosedClasses>(closed_classes(inventory_, *ends, distinctions, matching));
  };
  std::unique_lock<std::mutex> lock;
  if (known_) lock = std::unique_lock(known_->mutex);
  RememberedEnds* of = known_ ? known_->of(ends) : nullptr;
  if (!of) {
    const Selection selection(*ends);
    std::deque<ClassSet> made;
    for (std::size_t s = 0; s < matching.size(); ++s) {
      matching[s] = &made.emplace_back(selection.matching(*vocabulary.selectors[s]));
    }
    return anew();
  }

  std::vector<std::string> texts;
  for (const model::Selector* selector : vocabulary.selectors) texts.push_back(model::to_string(*selector));
  const auto known = std::ranges::find_if(
      of->classes, [&](const RememberedClasses& each) { return each.of == distinctions && each.selectors == texts; });
  if (known != of->classes.end()) return known->classes;

  // Most selectors are those of before: whom they match is, too.
  std::unordered_map<std::string, ClassSet> before = std::exchange(of->matching, {});
  std::optional<Selection> selection;
  for (std::size_t s = 0; s < matching.size(); ++s) {
    if (auto had = before.extract(texts[s])) {
      matching[s] = &of->matching.insert(std::move(had)).position->second;
      continue;
    }
    if (!selection) selection.emplace(*ends);
    matching[s] = &of->matching.emplace(texts[s], selection->matching(*vocabulary.selectors[s])).first->second;
  }
  return remember(of->classes, RememberedClasses{distinctions, std::move(texts), anew()}).classes;
}

}  // namespace weft::verifier
