#pragma once

// Private to this folder: the one header that shows the JSON library.

#include <cstdint>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace weft::lsp {

using Json = nlohmann::json;

/// As it goes to the client. Bytes that are no valid UTF-8 come out as U+FFFD.
inline std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Why a request gets no result. Thrown by who answers, told to the client by the server; never leaves this folder.
struct RequestError {
  int code;
  std::string message;
};

/// The codes of JSON-RPC 2.0 and of the Language Server Protocol 3.17.
namespace error_code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int not_initialized = -32002;
inline constexpr int request_cancelled = -32800;
inline constexpr int content_modified = -32801;
inline constexpr int request_failed = -32803;
}  // namespace error_code

/// The member at a path such as "textDocument/hover/contentFormat"; null where there is none.
inline const Json& member(const Json& of, std::string_view path) {
  static const Json none;
  const Json* at = &of;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const auto found = at->is_object() ? at->find(path.substr(0, slash)) : at->end();
    if (!at->is_object() || found == at->end()) return none;
    at = &*found;
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return *at;
}

/// True if the member is there and true.
inline bool says(const Json& of, std::string_view path) {
  const Json& it = member(of, path);
  return it.is_boolean() && it.get<bool>();
}

}  // namespace weft::lsp
