#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "driver/codes.h"
#include "driver/query.h"
#include "model/address.h"

namespace weft::driver {
namespace {

constexpr std::string_view forms =
    "a flow is written `SOURCE -> DESTINATION : SERVICE`, "
    "such as `shop/web-1 -> 10.0.0.7 : tcp/443`";

std::unexpected<Error> refused(std::string message, std::string_view help = forms) {
  return std::unexpected(Error{std::string(query_code::malformed), std::move(message), std::string(help)});
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// Reads the label map of an imagined workload: {app: "web", ns.`team/owner`: "x"}.
class LabelMap {
 public:
  explicit LabelMap(std::string_view text) : text_(text) {}

  Result<ImaginedPeer> read() {
    ImaginedPeer peer;
    take('{');
    if (take('}')) return finished(std::move(peer));
    for (;;) {
      const auto key = read_key();
      if (!key) return refused(expected("a label key"), map_form);
      if (!take(':')) return refused(expected("`:`"), map_form);
      auto value = read_value();
      if (!value) return refused(expected("a value"), map_form);
      if (!set(peer, *key, std::move(*value))) {
        return refused(fmt::format("the label map says `{}` twice", printable(key->name)), map_form);
      }
      if (take('}')) return finished(std::move(peer));
      if (!take(',')) return refused(expected("`,` or `}`"), map_form);
    }
  }

 private:
  // No label: where the workload runs. A policy cannot write a label of this name without backticks either.
  static inline const model::LabelKey node_key{model::KeyScope::Node, "node"};
  static constexpr std::string_view map_form = "a label map is written `{app: \"web\", ns: \"shop\"}`";

  Result<ImaginedPeer> finished(ImaginedPeer peer) {
    skip_space();
    if (at_ < text_.size()) return refused(expected("nothing after the label map"), map_form);
    return peer;
  }

  std::string expected(std::string_view what) {
    skip_space();
    const std::string_view rest = text_.substr(at_, 20);
    return fmt::format("expected {} {}", what,
                       rest.empty() ? "before the end of the label map" : fmt::format("at `{}`", printable(rest)));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // Text between two marks; a backslash in double quotes keeps the next character as it is.
  std::optional<std::string> read_marked(char mark) {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == mark) {
        ++at_;
        return out;
      }
      if (mark == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    return {};
  }

  std::optional<std::string> read_word(std::string_view also) {
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && !also.contains(c)) break;
      out += c;
    }
    if (out.empty()) return {};
    return out;
  }

  std::optional<model::LabelKey> read_key() {
    skip_space();
    if (at_ >= text_.size()) return {};
    if (text_[at_] == '`' || text_[at_] == '"') {
      auto name = read_marked(text_[at_]);
      if (!name) return {};
      return model::keys::of_workload(std::move(*name));
    }
    auto name = read_word("");
    if (!name) return {};
    if (at_ < text_.size() && text_[at_] == '.' && *name == "ns") {
      ++at_;
      auto rest = at_ < text_.size() && text_[at_] == '`' ? read_marked('`') : read_word("");
      if (!rest) return {};
      return model::LabelKey{model::KeyScope::Namespace, std::move(*rest)};
    }
    if (*name == "ns" || *name == "sa" || *name == "cluster") return model::LabelKey{model::KeyScope::Identity, *name};
    if (*name == "node") return node_key;
    return model::keys::of_workload(std::move(*name));
  }

  std::optional<std::string> read_value() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '"') return read_marked('"');
    return read_word("-./");
  }

  static bool set(ImaginedPeer& peer, const model::LabelKey& key, std::string value) {
    if (key.scope == model::KeyScope::Namespace) return peer.ns_labels.emplace(key.name, std::move(value)).second;
    if (key.scope == model::KeyScope::Workload) return peer.labels.emplace(key.name, std::move(value)).second;
    std::optional<std::string>& place = key == node_key          ? peer.node
                                        : key == model::keys::ns ? peer.ns
                                        : key == model::keys::sa ? peer.sa
                                                                 : peer.cluster;
    if (place) return false;
    place = std::move(value);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// A name as the tests of a policy write it.
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '\\' && at + 2 < text.size()) ++at;
    out += text[at];
  }
  return out;
}

Result<PeerQuestion> parse_peer(std::string_view text) {
  if (text.starts_with('{')) {
    auto imagined = LabelMap(text).read();
    if (!imagined) return std::unexpected(std::move(imagined.error()));
    return std::move(*imagined);
  }
  if (model::parse_address(text)) return AddressPeer{std::string(text)};
  if (text.size() > 2 && text.starts_with('"') && text.ends_with('"')) return NamedPeer{unquoted(text)};
  return NamedPeer{std::string(text)};
}

struct Found {
  std::size_t at = std::string_view::npos;
  char unclosed = 0;  // the quote, backtick or brace that stands open at the end
};

// The first `wanted` that stands outside quotes, backticks and braces.
Found find_outside(std::string_view text, std::string_view wanted) {
  char inside = 0;
  bool braces = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (inside != 0) {
      if (inside == '"' && c == '\\')
        ++at;
      else if (c == inside)
        inside = 0;
    } else if (c == '"' || (braces && c == '`')) {
      inside = c;
    } else if (c == '{') {
      if (braces) return {std::string_view::npos, '{'};  // maps hold no maps
      braces = true;
    } else if (c == '}') {
      braces = false;
    } else if (!braces && text.substr(at).starts_with(wanted)) {
      return {at};
    }
  }
  return {std::string_view::npos, inside != 0 ? inside : braces ? '{' : '\0'};
}

}  // namespace

Result<Question> parse_question(std::string_view text) {
  const auto [arrow, unclosed] = find_outside(text, "->");
  if (unclosed == '{') return refused(fmt::format("the `{{` of a label map is not closed in `{}`", printable(text)));
  if (unclosed != 0)
    return refused(fmt::format("a {} is not closed in `{}`", unclosed == '"' ? "quote" : "backtick", printable(text)));
  if (arrow == std::string_view::npos) {
    for (const std::string_view other : {"=>", "~>"}) {
      const std::size_t at = find_outside(text, other).at;
      if (at == std::string_view::npos) continue;
      std::string meant(text);
      meant.replace(at, other.size(), "->");
      return refused(fmt::format("no `->` in the flow `{}`", printable(text)),
                     fmt::format("did you mean `{}`?", printable(meant)));
    }
    return refused(fmt::format("no `->` in the flow `{}`", printable(text)));
  }
  const std::string_view source = trimmed(text.substr(0, arrow));
  const std::string_view rest = text.substr(arrow + 2);

  // The last colon outside a label map or a name in quotes: an IPv6 address has colons of its own, a service has none.
  const std::size_t end_of_peer = rest.find_last_of("}\"");
  const std::size_t colon = rest.rfind(':');
  const bool inside = end_of_peer != std::string_view::npos && colon != std::string_view::npos && colon < end_of_peer;
  if (colon == std::string_view::npos || inside)
    return refused(fmt::format("no `: SERVICE` in the flow `{}`", printable(text)));
  const std::string_view destination = trimmed(rest.substr(0, colon));
  const std::string_view service = trimmed(rest.substr(colon + 1));
  if (source.empty()) return refused("the flow has no source");
  if (destination.empty()) return refused("the flow has no destination");
  if (service.empty()) return refused("the flow has no service");

  auto from = parse_peer(source);
  if (!from) return std::unexpected(std::move(from.error()));
  auto to = parse_peer(destination);
  if (!to) return std::unexpected(std::move(to.error()));
  return Question{std::move(*from), std::move(*to), std::string(service)};
}

}  // namespace weft::driver
