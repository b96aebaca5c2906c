#include "model/value_classes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <unordered_map>

#include "model/selector.h"

namespace weft::model {
namespace {

// A bound on work, not on what is right: past it the classes are called inexact.
constexpr std::size_t max_signatures = 1'024;

using Signature = std::vector<bool>;

// All globs and all constants of a key, read side by side: after some text, where each of them may stand.
class Reader {
 public:
  explicit Reader(const ValueUse& use) {
    trie_.emplace_back();
    for (const auto* constants : {&use.constants, &use.reserved}) {
      for (const std::string& constant : *constants) {
        std::int32_t at = 0;
        for (const char c : constant) {
          const auto byte = static_cast<std::uint8_t>(c);
          const auto known = trie_[static_cast<std::size_t>(at)].next.find(byte);
          if (known != trie_[static_cast<std::size_t>(at)].next.end()) {
            at = known->second;
            continue;
          }
          const auto fresh = static_cast<std::int32_t>(trie_.size());
          trie_[static_cast<std::size_t>(at)].next.emplace(byte, fresh);
          trie_.emplace_back();
          at = fresh;
        }
        trie_[static_cast<std::size_t>(at)].ends = true;
      }
    }
    globs_.assign(use.globs.begin(), use.globs.end());
  }

  struct State {
    std::int32_t constant = 0;  // node of the trie, -1 once no constant starts so
    std::vector<std::vector<bool>> positions;

    std::string key() const {
      std::string out = std::to_string(constant) + ':';
      for (const auto& glob : positions) {
        for (const bool bit : glob) out += bit ? '1' : '0';
        out += ',';
      }
      return out;
    }
  };

  State start() const {
    State state;
    for (const std::string& glob : globs_) {
      std::vector<bool> positions(glob.size() + 1, false);
      positions[0] = true;
      close(glob, positions);
      state.positions.push_back(std::move(positions));
    }
    return state;
  }

  State after(const State& state, std::uint8_t byte) const {
    State out;
    out.constant = -1;
    if (state.constant >= 0) {
      const auto& next = trie_[static_cast<std::size_t>(state.constant)].next;
      const auto found = next.find(byte);
      if (found != next.end()) out.constant = found->second;
    }
    for (std::size_t i = 0; i < globs_.size(); ++i) {
      const std::string& glob = globs_[i];
      std::vector<bool> positions(glob.size() + 1, false);
      for (std::size_t p = 0; p < glob.size(); ++p) {
        if (!state.positions[i][p]) continue;
        if (glob[p] == '*') positions[p] = true;
        if (glob[p] == '?' || (glob[p] != '*' && static_cast<std::uint8_t>(glob[p]) == byte)) positions[p + 1] = true;
      }
      close(glob, positions);
      out.positions.push_back(std::move(positions));
    }
    return out;
  }

  bool is_constant(const State& state) const {
    return state.constant >= 0 && trie_[static_cast<std::size_t>(state.constant)].ends;
  }

  static Signature signature(const State& state) {
    Signature out;
    for (const auto& positions : state.positions) out.push_back(positions.back());
    return out;
  }

 private:
  struct Node {
    std::map<std::uint8_t, std::int32_t> next;
    bool ends = false;
  };

  // `*` may take no text at all.
  static void close(const std::string& glob, std::vector<bool>& positions) {
    for (std::size_t p = 0; p < glob.size(); ++p) {
      if (positions[p] && glob[p] == '*') positions[p + 1] = true;
    }
  }

  std::vector<Node> trie_;
  std::vector<std::string> globs_;
};

// The bytes the globs and constants tell apart, and some that stand for all others; readable ones first.
std::vector<std::uint8_t> alphabet(const ValueUse& use) {
  std::array<bool, 256> used{};
  for (const auto* texts : {&use.constants, &use.reserved}) {
    for (const std::string& text : *texts) {
      for (const char c : text) used[static_cast<std::uint8_t>(c)] = true;
    }
  }
  for (const std::string& glob : use.globs) {
    for (const char c : glob) {
      if (c != '*' && c != '?') used[static_cast<std::uint8_t>(c)] = true;
    }
  }
  std::vector<std::uint8_t> order;
  for (const char c : std::string_view("xyzabcdefghijklmnopqrstuvw0123456789-._ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    order.push_back(static_cast<std::uint8_t>(c));
  }
  for (unsigned c = 0x21; c <= 0xFF; ++c) order.push_back(static_cast<std::uint8_t>(c));
  for (unsigned c = 1; c <= 0x20; ++c) order.push_back(static_cast<std::uint8_t>(c));
  order.push_back(0);

  std::vector<std::uint8_t> out;
  std::array<bool, 256> taken{};
  std::size_t others = 0;
  for (const std::uint8_t byte : order) {
    if (taken[byte]) continue;
    taken[byte] = true;
    if (!used[byte] && others++ >= use.copies) continue;
    out.push_back(byte);
  }
  return out;
}

std::string replaced(std::string_view glob, std::string_view star, char one) {
  std::string out;
  for (const char c : glob) {
    if (c == '*') {
      out += star;
    } else {
      out += c == '?' ? one : c;
    }
  }
  return out;
}

}  // namespace

ValueClasses value_classes(const ValueUse& use) {
  ValueClasses out;
  const auto add_reserved = [&] {
    for (const std::string& text : use.reserved) {
      if (std::ranges::find(out.texts, text) == out.texts.end()) out.texts.push_back(text);
    }
  };
  if (use.domain) {
    const std::set<std::string> values(use.domain->begin(), use.domain->end());
    out.texts.assign(values.begin(), values.end());
    add_reserved();
    return out;
  }
  out.texts.assign(use.constants.begin(), use.constants.end());
  add_reserved();

  const auto is_free = [&](const std::string& text) {
    return !use.constants.contains(text) && !use.reserved.contains(text);
  };
  std::map<Signature, std::vector<std::string>> found;
  const auto keep = [&](const Signature& signature, const std::string& text) {
    std::vector<std::string>& texts = found[signature];
    if (texts.size() < use.copies && std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
  };
  const auto offer = [&](const std::string& text) {
    if (!is_free(text)) return;
    Signature signature;
    for (const std::string& glob : use.globs) signature.push_back(glob_matches(glob, text));
    keep(signature, text);
  };

  // Readable stand-ins first: the search below only has to fill the gaps they leave.
  std::size_t plain = 0;
  for (std::size_t i = 1; plain < use.copies; ++i) {
    const std::string text = i == 1 ? "other" : "other-" + std::to_string(i);
    if (!is_free(text)) continue;
    offer(text);
    ++plain;
  }
  for (const std::string& glob : use.globs) {
    for (std::size_t i = 1; i <= use.copies; ++i) offer(replaced(glob, std::to_string(i), 'x'));
    offer(replaced(glob, "other", 'x'));
  }

  if (!use.globs.empty()) {
    // Breadth first, so stand-ins are short. The empty text is a value too, but only where nothing else will do.
    const Reader reader(use);
    const std::vector<std::uint8_t> bytes = alphabet(use);
    struct Step {
      Reader::State state;
      std::size_t from;
      std::uint8_t byte;
    };
    std::deque<Step> steps{{reader.start(), 0, 0}};
    std::unordered_map<std::string, std::size_t> seen;  // how often; each time by another text
    std::size_t visits = 0;
    for (std::size_t at = 0; at < steps.size() && out.exact; ++at) {
      for (const std::uint8_t byte : bytes) {
        Reader::State next = reader.after(steps[at].state, byte);
        if (seen[next.key()]++ >= use.copies) continue;
        if (++visits > use.effort || found.size() > max_signatures) {
          out.exact = false;
          break;
        }
        steps.push_back({std::move(next), at, byte});
        const Reader::State& reached = steps.back().state;
        if (reader.is_constant(reached)) continue;
        const Signature signature = Reader::signature(reached);
        const auto known = found.find(signature);
        if (known != found.end() && known->second.size() >= use.copies) continue;
        std::string text;
        for (std::size_t i = steps.size() - 1; i != 0; i = steps[i].from) text += static_cast<char>(steps[i].byte);
        std::ranges::reverse(text);
        keep(signature, text);
      }
    }
    offer("");
  }
  std::vector<std::string> others;
  for (auto& [signature, texts] : found) std::ranges::move(texts, std::back_inserter(others));
  std::ranges::sort(others);
  out.texts.insert(out.texts.end(), others.begin(), others.end());
  return out;
}

}  // namespace weft::model
