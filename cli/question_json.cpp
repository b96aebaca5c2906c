#include "cli/question_json.h"

#include <utility>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/decision_text.h"
#include "driver/codes.h"

namespace weft::cli {
namespace {

using Json = nlohmann::json;

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

}  // namespace

LineQuestion read_line(std::string_view line) {
  Json parsed;
  try {
    parsed = Json::parse(line);
  } catch (const Json::exception& error) {
    const auto* where = dynamic_cast<const Json::parse_error*>(&error);
    return {{},
            malformed(where != nullptr ? fmt::format("the line is not JSON: unexpected text at byte {}", where->byte)
                                       : "the line is not JSON")};
  }
  if (!parsed.is_object()) return {{}, malformed("the line is not a JSON object")};

  // Only plain values are echoed: everything else could be of any depth.
  std::string id;
  if (const auto found = parsed.find("id"); found != parsed.end()) {
    if (found->is_structured()) return {{}, malformed("`id` is neither a number nor a string")};
    id = found->is_string() ? json_string(found->get_ref<const std::string&>()) : found->dump();
  }
  return {std::move(id), read_question(parsed)};
}

}  // namespace weft::cli
