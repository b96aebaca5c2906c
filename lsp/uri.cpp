#include "lsp/uri.h"

#include <filesystem>
#include <optional>

namespace weft::lsp {
namespace {

std::optional<int> digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return {};
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

bool stands_for_itself(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         std::string_view("/-._~").find(letter) != std::string_view::npos;
}

}  // namespace

std::string path_of(std::string_view uri) {
  constexpr std::string_view scheme = "file://";
  if (!uri.starts_with(scheme)) return std::string(uri);
  std::string_view rest = uri.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return std::string(uri);
  rest.remove_prefix(slash);  // the host: this one
  const std::string path = std::filesystem::path(decoded(rest)).lexically_normal().string();
  return path.find('\0') == std::string::npos ? path : std::string(uri);
}

std::string uri_of(std::string_view path) {
  if (!path.starts_with('/')) return std::string(path);
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "file://";
  for (const char letter : path) {
    if (stands_for_itself(letter)) {
      out += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace weft::lsp
