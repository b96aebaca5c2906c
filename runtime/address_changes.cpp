#include "runtime/address_changes.h"

#include <algorithm>
#include <compare>
#include <cstring>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include "bundle/abi.h"
#include "runtime/buckets_in_place.h"

namespace weft::runtime {
namespace {

using bundle::Bytes;
using bundle::MapEntry;
using bundle::MapImage;

template <typename Number>
Number number_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  Number out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

Bytes bytes_of(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::strong_ordering compare(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order != 0 ? order <=> 0 : a.size() <=> b.size();
}

/// The elements of two bytes that differ, by their offsets.
std::vector<std::size_t> differing(std::span<const std::uint8_t> now, std::span<const std::uint8_t> wanted) {
  std::vector<std::size_t> out;
  // Of tables of megabytes, nearly all is alike.
  constexpr std::size_t block = 4096;
  for (std::size_t begin = 0; begin < now.size(); begin += block) {
    const std::size_t end = std::min(now.size(), begin + block);
    if (std::memcmp(now.data() + begin, wanted.data() + begin, end - begin) == 0) continue;
    for (std::size_t at = begin; at + 2 <= end; at += 2) {
      if (std::memcmp(now.data() + at, wanted.data() + at, 2) != 0) out.push_back(at);
    }
  }
  return out;
}

TableStep store(const std::string& table, std::size_t offset, std::span<const std::uint8_t> now,
                std::span<const std::uint8_t> wanted, std::size_t bytes) {
  TableStep out{.table = table, .offset = offset};
  out.before.assign(now.begin() + static_cast<std::ptrdiff_t>(offset),
                    now.begin() + static_cast<std::ptrdiff_t>(offset + bytes));
  out.after.assign(wanted.begin() + static_cast<std::ptrdiff_t>(offset),
                   wanted.begin() + static_cast<std::ptrdiff_t>(offset + bytes));
  return out;
}

/// Of an entry of a trie, whose key begins with the length of its prefix.
std::uint32_t length_of(const TableStep& step) { return number_at<std::uint32_t>(step.key, 0); }

class Search {
 public:
  Search(const Tables& now, const std::vector<MapImage>& wanted) : now_(now), wanted_(wanted) {}

  std::optional<AddressChanges> run() {
    for (const MapImage& image : wanted_) {
      if (!look_at(image)) return std::nullopt;
    }
    if (!hosts6()) return std::nullopt;
    return in_order();
  }

 private:
  const MapImage* image(std::string_view name) const {
    const auto found = std::ranges::find(wanted_, name, &MapImage::name);
    return found == wanted_.end() ? nullptr : &*found;
  }

  bool look_at(const MapImage& image) {
    const bool is_of_hosts6 = image.name == "weft_hosts6" || image.name == "weft_exact6";
    if (image.kind != MapImage::Kind::Global) {
      const auto there = now_.maps.find(image.name);
      if (there == now_.maps.end()) return false;
      const bool fits = std::ranges::all_of(image.entries, [&](const MapEntry& each) {
        return each.key.size() == there->second.key_bytes && each.value.size() == there->second.value_bytes;
      });
      if (!fits) return false;
      if (is_of_hosts6) return there->second.key_bytes == 16 && there->second.value_bytes == 4;
      if (image.name == "weft_exact4") return entries(image, there->second, hosts_);
      if (image.name.starts_with("weft_prefixes")) return entries(image, there->second, networks_);
      return is_same(there->second.entries, image.entries);
    }
    const auto there = now_.globals.find(image.name);
    if (there == now_.globals.end() || there->second.size() != image.value.size()) return false;
    if (is_of_hosts6 || std::ranges::equal(there->second, image.value)) return true;
    if (image.name.starts_with("weft_direct")) return classes(image, there->second);
    return image.name.starts_with("weft_homes") && homes(image, there->second);
  }

  // Classes of hosts in a direct table, one store each.
  bool classes(const MapImage& image, std::span<const std::uint8_t> now) {
    for (const std::size_t at : differing(now, image.value)) {
      hosts_.come.push_back(store(image.name, at, now, image.value, 2));
      ++out_.addresses;
    }
    return true;
  }

  // Where the host lives is asked of nodes only: of no other peer does it matter when it changes.
  bool homes(const MapImage& image, std::span<const std::uint8_t> now) {
    const std::string sibling = "weft_direct" + image.name.substr(std::string_view("weft_homes").size());
    const MapImage* const of_class = this->image(sibling);
    const auto classes_now = now_.globals.find(sibling);
    if (of_class == nullptr || classes_now == now_.globals.end()) return false;
    if (of_class->value.size() != image.value.size() || classes_now->second.size() != image.value.size()) return false;
    for (const std::size_t at : differing(now, image.value)) {
      const bool alone = std::memcmp(classes_now->second.data() + at, of_class->value.data() + at, 2) == 0;
      const std::uint32_t homes =
          std::uint32_t{number_at<std::uint16_t>(now, at)} | number_at<std::uint16_t>(image.value, at);
      if (!alone && (homes & WEFT_HOME_IS_NODE) != 0) return false;
      hosts_.come.push_back(store(image.name, at, now, image.value, 2));
      if (alone) ++out_.addresses;
    }
    return true;
  }

  struct Moves {
    std::vector<TableStep> come;  ///< and change
    std::vector<TableStep> go;
  };

  bool entries(const MapImage& image, const Tables::Entries& now, Moves& into) {
    const auto goes = [&](const TableEntry& each) {
      into.go.push_back({.table = image.name, .key = bytes_of(each.key), .before = bytes_of(each.value)});
    };
    std::size_t fresh = 0;
    auto old = now.entries.begin();
    const MapEntry* last = nullptr;
    for (const MapEntry& each : image.entries) {
      // Whoever made this bundle did not put its entries in order.
      if (last != nullptr && compare(last->key, each.key) >= 0) return false;
      last = &each;
      auto order = std::strong_ordering::greater;
      for (; old != now.entries.end() && (order = compare(old->key, each.key)) < 0; ++old) goes(*old);
      const bool known = old != now.entries.end() && order == 0;
      if (!known) ++fresh;
      if (!known || !std::ranges::equal(old->value, each.value)) {
        into.come.push_back({.table = image.name,
                             .key = each.key,
                             .before = known ? bytes_of(old->value) : Bytes(),
                             .after = each.value});
      }
      if (known) ++old;
    }
    for (; old != now.entries.end(); ++old) goes(*old);
    return now.entries.size() + fresh <= now.room;  // who goes, goes last
  }

  // Hosts of IPv6 are in buckets or in the hash behind them, wherever there was room when they came.
  bool hosts6() {
    const MapImage* const buckets = image("weft_hosts6");
    const MapImage* const hash = image("weft_exact6");
    if (buckets == nullptr) return hash == nullptr;
    const Tables::Entries none;
    const auto in_hash = now_.maps.find("weft_exact6");
    if ((hash == nullptr) != (in_hash == now_.maps.end())) return false;
    auto found = host6_changes(now_.globals.at("weft_hosts6"), in_hash == now_.maps.end() ? none : in_hash->second,
                               buckets->value, hash == nullptr ? std::vector<MapEntry>() : hash->entries);
    if (!found) return false;
    out_.addresses += found->hosts;
    std::ranges::move(found->come, std::back_inserter(hosts_.come));
    std::ranges::move(found->go, std::back_inserter(hosts_.go));
    return true;
  }

  // An address is asked for as a host, then by its longest prefix. So what comes, comes from the longest to the
  // shortest: whoever finds it there finds what holds from now on. What goes, goes from the shortest to the longest,
  // when all that is found in its place is there.
  AddressChanges in_order() {
    for (const TableStep& each : hosts_.come) out_.addresses += each.key.size() == 4 ? 1 : 0;
    for (const TableStep& each : hosts_.go) out_.addresses += each.key.size() == 4 ? 1 : 0;
    out_.networks = networks_.come.size() + networks_.go.size();
    const auto place = [](const TableStep& step) { return std::pair(length_of(step), step.key); };
    std::ranges::sort(networks_.come, std::ranges::greater(), place);
    std::ranges::sort(networks_.go, {}, place);
    for (std::vector<TableStep>* const each : {&hosts_.come, &networks_.come, &networks_.go, &hosts_.go}) {
      std::ranges::move(*each, std::back_inserter(out_.steps));
    }
    return std::move(out_);
  }

  const Tables& now_;
  const std::vector<MapImage>& wanted_;
  Moves hosts_;
  Moves networks_;
  AddressChanges out_;
};

}  // namespace

bool is_same(const std::vector<TableEntry>& entries, const std::vector<MapEntry>& image) {
  return std::ranges::equal(entries, image, [](const TableEntry& a, const MapEntry& b) {
    return std::ranges::equal(a.key, b.key) && std::ranges::equal(a.value, b.value);
  });
}

std::optional<AddressChanges> address_changes(const Tables& now, const std::vector<MapImage>& wanted) {
  return Search(now, wanted).run();
}

}  // namespace weft::runtime
