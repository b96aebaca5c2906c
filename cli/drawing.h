#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

/// Pictures and pages that need nothing but themselves: no font, script or style from elsewhere. They follow the
/// reader's choice of light or dark, are well-formed XML, and the same for the same answer.

/// Who meets whom, as squares: rows are asked, columns answer.
struct MatrixPicture {
  /// Beside an older answer.
  enum class Change : std::uint8_t { None, Gained, Lost, Changed };

  struct Cell {
    std::size_t row = 0;
    std::size_t column = 0;
    bool partly = false;  ///< holds for some members only
    std::string label{};  ///< a few letters, or nothing
    std::string tooltip{};
    Change change = Change::None;  ///< shown by a colour and a sign
  };

  std::string title;
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<Cell> cells;
  std::vector<std::size_t> row_numbers{};  ///< what scripts call them; empty: their places
  std::vector<std::size_t> column_numbers{};
};

/// An `<svg>` element, which is a whole document when it stands alone. Names of rows and columns have `data-row` and
/// `data-column`, squares both, for scripts of a page around it.
std::string svg_of(const MatrixPicture& picture);

/// The colours and shapes of pictures and pages, as CSS.
std::string_view drawing_style();

/// A `<table>`; texts are escaped.
std::string html_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// A whole document around `body`, which is markup.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace weft::cli
