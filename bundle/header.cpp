#include "bundle/header.h"

#include <fmt/format.h>

#include "bundle/abi_text.h"

namespace weft::bundle {
namespace {

// A C string: what is no plain ASCII in octal, which ends after three digits whatever follows.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '?') {
      out += "\\?";  // no trigraphs
    } else if (byte < 0x20 || byte > 0x7E) {
      out += fmt::format("\\{:03o}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string macro_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool lower = c >= 'a' && c <= 'z', plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += lower ? static_cast<char>(c - 'a' + 'A') : plain ? c : '_';
  }
  return out;
}

// Every line but the last ends in a backslash.
template <typename List, typename Line>
std::string list(std::string_view name, std::string_view what, const List& items, const Line& line) {
  std::string out = fmt::format("\n/* {} */\n#define {}(X)", what, name);
  for (const auto& item : items) out += fmt::format(" \\\n\tX({})", line(item));
  return out + "\n";
}

}  // namespace

std::string c_header(const Bundle& bundle) {
  const Manifest& manifest = bundle.manifest;
  std::string out = fmt::format("/* Written by weft {} for one bundle. */\n", manifest.weft_version);
  out += "#ifndef WEFT_BUNDLE_H\n#define WEFT_BUNDLE_H\n\n";
  out += abi_text();
  out += "\n/* The sizes of this bundle. */\n";
  for (const auto& [name, figure] : manifest.figures)
    out += fmt::format("#define WEFT_{} {}u\n", macro_name(name), figure);

  const auto entry = [](const Entry& e) {
    return fmt::format("{}, {}, {}, {}, {}", e.number, literal(e.action), literal(e.by), literal(e.policy),
                       literal(e.at));
  };
  out += list("WEFT_EGRESS_ENTRY_LIST", "Entries of the egress gate: X(number, action, by, policy, place).",
              manifest.egress, entry);
  out += list("WEFT_INGRESS_ENTRY_LIST", "The same of the ingress gate.", manifest.ingress, entry);
  out += list("WEFT_ENDPOINT_LIST", "Workloads it can serve: X(number, workload, interface).", manifest.endpoints,
              [&](const Endpoint& e) {
                return fmt::format("{}, {}, {}", &e - manifest.endpoints.data(), literal(e.workload),
                                   literal(e.interface));
              });
  struct Address {
    std::size_t endpoint;
    const Endpoint* of;
    const EndpointAddress* address;
  };
  std::vector<Address> addresses;
  for (std::size_t i = 0; i < manifest.endpoints.size(); ++i) {
    for (const EndpointAddress& each : manifest.endpoints[i].addresses) {
      addresses.push_back({i, &manifest.endpoints[i], &each});
    }
  }
  out += list("WEFT_ADDRESS_LIST", "Their addresses: X(number of the endpoint, workload, address, class, home).",
              addresses, [](const Address& a) {
                return fmt::format("{}, {}, {}, {}, {}", a.endpoint, literal(a.of->workload),
                                   literal(a.address->address), a.address->class_id, a.of->home);
              });
  std::vector<const MapImage*> tables;
  for (const MapImage& image : bundle.images) {
    if (image.kind == MapImage::Kind::Global && image.element_bytes != 0) tables.push_back(&image);
  }
  out += list("WEFT_TABLE_LIST", "Tables in global data: X(symbol, bytes of an element, elements).", tables,
              [](const MapImage* image) {
                return fmt::format("{}, {}, {}", image->name, image->element_bytes,
                                   image->value.size() / image->element_bytes);
              });
  return out + "\n#endif /* WEFT_BUNDLE_H */\n";
}

}  // namespace weft::bundle
