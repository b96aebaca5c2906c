#include "cli/batch.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "driver/codes.h"

namespace weft::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_line = 1024 * 1024;

std::unexpected<Error> malformed(std::string message, std::string help = {}) {
  return std::unexpected(Error{std::string(driver::query_code::malformed), std::move(message), std::move(help)});
}

// The parts of an imagined workload, each by the key that gives it.
class ImaginedReader {
 public:
  explicit ImaginedReader(std::string_view end) : end_(end) {}

  Result<driver::PeerQuestion> read(const Json& object) {
    for (const auto& [key, value] : object.items()) {
      if (!take(key, value)) {
        if (error_.empty()) error_ = fmt::format("`{}` has an unknown key `{}`", end_, printable(key));
        return malformed(std::move(error_),
                         "a peer is a name, {\"address\": A}, or an object of: labels, ns, ns_labels, sa, "
                         "cluster, node, addresses, ports");
      }
    }
    return std::move(peer_);
  }

 private:
  bool take(const std::string& key, const Json& value) {
    if (key == "labels") return text_map(key, value, peer_.labels);
    if (key == "ns_labels") return text_map(key, value, peer_.ns_labels);
    if (key == "ns") return text(key, value, peer_.ns);
    if (key == "sa") return text(key, value, peer_.sa);
    if (key == "cluster") return text(key, value, peer_.cluster);
    if (key == "node") return text(key, value, peer_.node);
    if (key == "addresses") return texts(key, value, peer_.addresses);
    if (key == "ports") return ports(key, value);
    return false;
  }

  bool wrong(const std::string& key, std::string_view wanted) {
    error_ = fmt::format("`{}` of `{}` is not {}", key, end_, wanted);
    return false;
  }

  bool text(const std::string& key, const Json& value, std::optional<std::string>& into) {
    if (!value.is_string()) return wrong(key, "a string");
    into = value.get_ref<const std::string&>();
    return true;
  }

  bool texts(const std::string& key, const Json& value, std::vector<std::string>& into) {
    if (!value.is_array()) return wrong(key, "a list of strings");
    for (const Json& each : value) {
      if (!each.is_string()) return wrong(key, "a list of strings");
      into.push_back(each.get_ref<const std::string&>());
    }
    return true;
  }

  bool text_map(const std::string& key, const Json& value, std::map<std::string, std::string>& into) {
    if (!value.is_object()) return wrong(key, "an object of strings");
    for (const auto& [name, each] : value.items()) {
      if (!each.is_string()) return wrong(key, "an object of strings");
      into.emplace(name, each.get_ref<const std::string&>());
    }
    return true;
  }

  bool ports(const std::string& key, const Json& value) {
    if (!value.is_object()) return wrong(key, "an object of services");
    for (const auto& [name, each] : value.items()) {
      std::vector<std::string>& into = peer_.ports[name];
      if (each.is_string()) {
        into.push_back(each.get_ref<const std::string&>());
      } else if (!texts(key, each, into)) {
        return wrong(key, "an object of services such as {\"http\": \"tcp/8080\"}");
      }
    }
    return true;
  }

  std::string_view end_;
  std::string error_;
  driver::ImaginedPeer peer_;
};

Result<driver::PeerQuestion> read_peer(const Json& line, const char* end) {
  const auto found = line.find(end);
  if (found == line.end()) return malformed(fmt::format("the line has no `{}`", end));
  if (found->is_string()) return driver::NamedPeer{found->get_ref<const std::string&>()};
  if (!found->is_object()) return malformed(fmt::format("`{}` is neither a name nor an object", end));
  const auto address = found->find("address");
  if (address == found->end()) return ImaginedReader(end).read(*found);
  if (found->size() > 1)
    return malformed(fmt::format("`{}` has keys beside `address`", end), "an address alone says who it is");
  if (!address->is_string()) return malformed(fmt::format("`address` of `{}` is not a string", end));
  return driver::AddressPeer{address->get_ref<const std::string&>()};
}

Result<driver::Question> read_question(const Json& line) {
  auto from = read_peer(line, "from");
  if (!from) return std::unexpected(std::move(from.error()));
  auto to = read_peer(line, "to");
  if (!to) return std::unexpected(std::move(to.error()));
  const auto service = line.find("service");
  if (service == line.end()) return malformed("the line has no `service`");
  if (!service->is_string()) return malformed("`service` is not a string");
  return driver::Question{std::move(*from), std::move(*to), service->get_ref<const std::string&>()};
}

// Cuts what a file holds into lines, and holds no more than a bounded part of any.
class LineReader {
 public:
  struct Line {
    std::string_view text;  // without its end; lives until the next call
    bool too_long = false;  // and the text is only its beginning
  };

  explicit LineReader(int descriptor) : descriptor_(descriptor) {}

  /// Nothing when the file has ended or reading failed. `before_waiting` is called before every read.
  template <typename BeforeWaiting>
  std::optional<Line> next(const BeforeWaiting& before_waiting) {
    bool too_long = false;
    for (;;) {
      const std::size_t end = buffer_.find('\n', searched_);
      if (end != std::string::npos) return cut(end, end + 1, too_long);
      if (buffer_.size() - begin_ > longest_line) {
        too_long = true;
        buffer_.resize(begin_ + longest_line);
      }
      searched_ = buffer_.size();
      if (ended_) {
        if (begin_ == buffer_.size()) return {};
        return cut(buffer_.size(), buffer_.size(), too_long);
      }
      before_waiting();
      fill();
    }
  }

  int error() const { return error_; }

 private:
  Line cut(std::size_t end, std::size_t next, bool too_long) {
    std::string_view text = std::string_view(buffer_).substr(begin_, end - begin_);
    if (text.ends_with('\r')) text.remove_suffix(1);
    begin_ = searched_ = next;
    return {text, too_long || text.size() > longest_line};
  }

  void fill() {
    constexpr std::size_t block = 256 * 1024;
    if (begin_ > 0) {
      buffer_.erase(0, begin_);
      searched_ -= begin_;
      begin_ = 0;
    }
    const std::size_t have = buffer_.size();
    buffer_.resize(have + block);
    ssize_t got = 0;
    do {
      got = ::read(descriptor_, buffer_.data() + have, block);
    } while (got < 0 && errno == EINTR);
    if (got < 0) error_ = errno;
    if (got <= 0) ended_ = true;
    buffer_.resize(have + static_cast<std::size_t>(got > 0 ? got : 0));
  }

  int descriptor_;
  int error_ = 0;
  bool ended_ = false;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the next line
  std::size_t searched_ = 0;  // no line end lies before
};

}  // namespace

void Batch::refuse(std::string_view id, const Error& error, std::string& out) {
  ++refused_;
  out += fmt::format("{{\"id\": {}, {}}}\n", id, error_json(error));
}

void Batch::answer(std::string_view line, std::string& out) {
  Json parsed;
  try {
    parsed = Json::parse(line);
  } catch (const Json::exception& error) {
    const auto* where = dynamic_cast<const Json::parse_error*>(&error);
    refuse("null",
           {std::string(driver::query_code::malformed),
            where != nullptr ? fmt::format("the line is not JSON: unexpected text at byte {}", where->byte)
                             : "the line is not JSON",
            {}},
           out);
    return;
  }
  if (!parsed.is_object()) {
    refuse("null", {std::string(driver::query_code::malformed), "the line is not a JSON object", {}}, out);
    return;
  }

  // Only plain values are echoed: everything else could be of any depth.
  std::string id;
  if (const auto found = parsed.find("id"); found != parsed.end()) {
    if (found->is_structured()) {
      refuse("null", {std::string(driver::query_code::malformed), "`id` is neither a number nor a string", {}}, out);
      return;
    }
    id = found->is_string() ? json_string(found->get_ref<const std::string&>()) : found->dump();
  }
  const auto question = read_question(parsed);
  auto found = question ? judge_.answer(*question) : std::unexpected(question.error());
  if (!found) {
    refuse(id.empty() ? "null" : id, found.error(), out);
    return;
  }
  // A program may send every label of a pod, of which most concern no policy: only what is close to one is a slip.
  for (const driver::Doubt& doubt : judge_.doubts(*question)) {
    if (!doubt.help.empty()) found->notes.push_back(fmt::format("{}; {}", doubt.message, doubt.help));
  }
  ++answered_;
  if (found->verdict != driver::Answer::Verdict::Allow) denied_ = true;
  out += '{';
  if (!id.empty()) {
    out += "\"id\": ";
    out += id;
    out += ", ";
  }
  text_.append_json(out, *found);
  out += "}\n";
}

Result<void> Batch::run(int descriptor, const std::string& name, Results& results) {
  LineReader lines(descriptor);
  std::string out;
  while (!results.closed()) {
    const auto line = lines.next([&] { results.flush(); });
    if (!line) break;
    out.clear();
    if (line->too_long) {
      refuse("null", {std::string(driver::query_code::malformed), "the line is longer than 1 MiB", {}}, out);
    } else {
      answer(line->text, out);
    }
    results.write(out);
  }
  if (lines.error() == 0) return {};
  return std::unexpected(Error{"W9003", fmt::format("cannot read `{}`: {}", name, std::strerror(lines.error())), {}});
}

}  // namespace weft::cli
