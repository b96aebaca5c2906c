#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

/// The document around the body of a report, with its style and its script. The script needs `#search`, tables of the
/// class `find`, `details` and the drawing in `#graph`; without it everything is shown.
std::string report_page(std::string_view title, std::string_view body);

}  // namespace weft::cli
