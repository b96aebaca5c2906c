#pragma once

#include <string>
#include <string_view>

namespace weft::lsp {

/// The absolute path a `file` URI stands for, without `.`, `..` and repeated slashes; any other URI as it is.
std::string path_of(std::string_view uri);

/// "file:///home/a%20b/shop.weft"; what is no absolute path is a URI already.
std::string uri_of(std::string_view path);

}  // namespace weft::lsp
