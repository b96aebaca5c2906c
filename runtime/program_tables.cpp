#include "runtime/program_tables.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "runtime/kernel_object.h"

namespace weft::runtime {
namespace {

constexpr std::size_t name_bytes = 15;  // of a map, as the kernel keeps it

/// What libbpf calls the map of a section: those that every object has are called after it, ours is "weft".
std::string map_of(const std::string& section) {
  const bool common = section == ".bss" || section == ".data" || section == ".rodata";
  return (common ? "weft" + section : section).substr(0, name_bytes);
}

Result<bpf_map_info> info_of(const Descriptor& map) {
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(map.get(), &info, &size) == 0) return info;
  return kernel_failure(errno, "W6008", "look at a table of the program");
}

template <typename Word>
void store_word(std::uint8_t* at, std::span<const std::uint8_t> bytes) {
  Word word;
  std::memcpy(&word, bytes.data(), sizeof word);
  std::atomic_ref<Word>(*reinterpret_cast<Word*>(at)).store(word, std::memory_order_release);
}

/// Where the entries of a map are read to, one behind the other.
struct Flat {
  std::uint8_t* keys = nullptr;
  std::uint8_t* values = nullptr;
  std::size_t room = 0;
  std::size_t count = 0;
};

/// Every entry, by as few calls as the kernel allows; 0 or an errno.
int read_all(int map, const bpf_map_info& info, Flat& out) {
  std::array<std::uint8_t, 256> from{}, to{};  // where the kernel went on: a number, or a key
  if (info.key_size > from.size()) return E2BIG;
  while (out.count < out.room) {
    auto got = static_cast<std::uint32_t>(out.room - out.count);
    const int result = bpf_map_lookup_batch(map, out.count == 0 ? nullptr : from.data(), to.data(),
                                            out.keys + out.count * info.key_size,
                                            out.values + out.count * info.value_size, &got, nullptr);
    const int number = result == 0 ? 0 : errno;
    if (number != 0 && number != ENOENT) {
      if (out.count != 0) return number;
      break;
    }
    out.count += got;
    from = to;
    if (number == ENOENT) return 0;
  }
  // A kernel that cannot do it for this kind of map, or has more than there can be.
  if (out.count != 0) return E2BIG;
  while (bpf_map_get_next_key(map, out.count == 0 ? nullptr : from.data(), to.data()) == 0) {
    if (out.count == out.room) return E2BIG;
    from = to;
    std::copy_n(from.begin(), info.key_size, out.keys + out.count * info.key_size);
    if (bpf_map_lookup_elem(map, from.data(), out.values + out.count * info.value_size) != 0) return errno;
    ++out.count;
  }
  return errno == ENOENT ? 0 : errno;
}

/// The same ascending by key. Nearly always the first bytes tell keys apart, and they are sorted where they lie.
std::vector<TableEntry> sorted(const Flat& flat, const bpf_map_info& info) {
  struct Place {
    std::uint64_t begin;  ///< of the key, as a number that has its order
    const std::uint8_t* key;
  };
  std::vector<Place> places(flat.count);
  for (std::size_t i = 0; i < flat.count; ++i) {
    const std::uint8_t* const key = flat.keys + i * info.key_size;
    std::uint64_t begin = 0;
    std::memcpy(&begin, key, std::min<std::size_t>(sizeof begin, info.key_size));
    places[i] = {std::byteswap(begin), key};
  }
  std::ranges::sort(places, [&](const Place& a, const Place& b) {
    return a.begin != b.begin ? a.begin < b.begin : std::memcmp(a.key, b.key, info.key_size) < 0;
  });
  std::vector<TableEntry> out;
  out.reserve(places.size());
  for (const auto& [begin, key] : places) {
    const std::size_t number = static_cast<std::size_t>(key - flat.keys) / info.key_size;
    out.push_back({{key, info.key_size}, {flat.values + number * info.value_size, info.value_size}});
  }
  return out;
}

}  // namespace

Result<MappedSection> MappedSection::open(const Descriptor& map) {
  const auto info = info_of(map);
  if (!info) return std::unexpected(info.error());
  if ((info->map_flags & BPF_F_MMAPABLE) == 0 || info->max_entries != 1) {
    return failure("W6002", "the kernel lets nobody see the tables of a program that runs");
  }
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  MappedSection out;
  out.size_ = info->value_size;
  const std::size_t mapped = (out.size_ + page - 1) / page * page;
  void* const begin = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, map.get(), 0);
  if (begin == MAP_FAILED) return kernel_failure(errno, "W6002", "see the tables of a program that runs");
  out.begin_ = std::unique_ptr<void, Unmap>(begin, Unmap{mapped});
  return out;
}

void Unmap::operator()(void* begin) const { ::munmap(begin, mapped); }

void MappedSection::store(std::uint64_t offset, std::span<const std::uint8_t> word) {
  WEFT_ASSERT(offset + word.size() <= size_ && offset % word.size() == 0, "a step is one aligned store");
  std::uint8_t* const at = static_cast<std::uint8_t*>(begin_.get()) + offset;
  switch (word.size()) {
    case 1:
      return store_word<std::uint8_t>(at, word);
    case 2:
      return store_word<std::uint16_t>(at, word);
    case 4:
      return store_word<std::uint32_t>(at, word);
    default:
      WEFT_ASSERT(word.size() == 8, "a word has 1, 2, 4 or 8 bytes");
      return store_word<std::uint64_t>(at, word);
  }
}

Result<ProgramTables> ProgramTables::open(std::uint32_t program) {
  auto maps = maps_of(program);
  if (!maps) return std::unexpected(maps.error());
  ProgramTables out;
  out.maps_ = std::move(*maps);
  return out;
}

Result<MappedSection*> ProgramTables::section(const std::string& name) {
  if (const auto known = sections_.find(name); known != sections_.end()) return &known->second;
  const auto map = maps_.find(map_of(name));
  if (map == maps_.end()) return nullptr;
  auto opened = MappedSection::open(map->second);
  if (!opened) return std::unexpected(opened.error());
  return &sections_.emplace(name, std::move(*opened)).first->second;
}

Result<std::optional<std::span<const std::uint8_t>>> ProgramTables::global(const GlobalSymbol& symbol) {
  const auto found = section(symbol.section);
  if (!found) return std::unexpected(found.error());
  if (*found == nullptr) return std::nullopt;
  const auto bytes = (*found)->bytes();
  if (symbol.offset > bytes.size() || bytes.size() - symbol.offset < symbol.size) return std::nullopt;
  return bytes.subspan(symbol.offset, symbol.size);
}

Result<std::unique_ptr<Tables::Entries>> ProgramTables::entries(const std::string& name) const {
  const auto map = maps_.find(name.substr(0, name_bytes));
  if (map == maps_.end()) return nullptr;
  const auto info = info_of(map->second);
  if (!info) return std::unexpected(info.error());
  auto out = std::make_unique<Tables::Entries>();
  out->room = info->max_entries;
  out->key_bytes = info->key_size;
  out->value_bytes = info->value_size;
  // One more than there can be, so that the kernel says when it has no more.
  Flat flat{.room = out->room + 1};
  out->bytes = std::make_unique_for_overwrite<std::uint8_t[]>(flat.room * (info->key_size + info->value_size));
  flat.keys = out->bytes.get();
  flat.values = flat.keys + flat.room * info->key_size;
  if (const int number = read_all(map->second.get(), *info, flat); number != 0) {
    return kernel_failure(number, "W6008", fmt::format("read map `{}`", name));
  }
  out->entries = sorted(flat, *info);
  return out;
}

Result<void> ProgramTables::apply(const TableStep& step, const bundle::Bytes& value) {
  if (step.key.empty()) {
    const auto into = section(step.table);
    if (!into) return std::unexpected(into.error());
    if (*into == nullptr) return failure("W6008", fmt::format("the program has no section `{}`", step.table));
    (*into)->store(step.offset, value);
    return {};
  }
  const auto map = maps_.find(step.table.substr(0, name_bytes));
  if (map == maps_.end()) return failure("W6008", fmt::format("the program has no map `{}`", step.table));
  const int fd = map->second.get();
  const bool done = value.empty() ? bpf_map_delete_elem(fd, step.key.data()) == 0 || errno == ENOENT
                                  : bpf_map_update_elem(fd, step.key.data(), value.data(), BPF_ANY) == 0;
  if (done) return {};
  return kernel_failure(errno, errno == ENOMEM || errno == E2BIG || errno == ENOSPC ? "W6009" : "W6008",
                        fmt::format("change an entry of map `{}`", step.table));
}

}  // namespace weft::runtime
