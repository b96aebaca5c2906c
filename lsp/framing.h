#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weft::lsp {

/// Takes messages out of a stream of bytes: headers, an empty line, and as many bytes as `Content-Length` says. After
/// headers that say nothing of use it goes on at the next `Content-Length`.
///
/// Source: Language Server Protocol 3.17, base protocol.
class Framing {
 public:
  struct Message {
    std::string body;
    std::string error;  ///< what is wrong with the headers; there is no body then
  };

  void feed(std::string_view bytes) { bytes_.append(bytes); }
  /// Nothing until enough has come.
  std::optional<Message> next();

  /// Bodies are no longer than that.
  static constexpr std::size_t longest = 256u << 20;

 private:
  Message refuse(std::size_t header_end, std::string error);

  std::string bytes_;
  std::size_t begin_ = 0;
};

/// The message with its headers.
std::string framed(std::string_view body);

}  // namespace weft::lsp
