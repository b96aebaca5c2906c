#include <algorithm>
#include <optional>

#include "frontend/format_lines.h"

namespace weft::frontend {
namespace {

constexpr std::size_t indentation = 2;
constexpr std::size_t continuation = 4;
// A longer head is left alone, and so are its neighbours: they need not reach as far.
constexpr std::size_t longest_aligned_head = 40;
// Comments behind lines of very different lengths would stand far from what they are about.
constexpr std::size_t most_comment_padding = 40;

/// Columns a text takes: one for each character.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// A line of the result.
struct Row {
  std::string text;
  std::string_view comment;
  std::size_t indent = 0;
  bool blank_before = false;
};

/// The columns up to the sign, or nothing where a comment forces a break before it.
std::optional<std::size_t> head_width(const FormatLine& line) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < line.sign_at; ++i) {
    const Piece& piece = line.pieces[i];
    if (!piece.comment.empty() || !piece.above.empty()) return {};
    out += width(piece.text) + (i > 0 && piece.space ? 1 : 0);
  }
  if (!line.pieces[line.sign_at].above.empty()) return {};
  return out;
}

class Layout {
 public:
  explicit Layout(const std::vector<FormatLine>& lines) : lines_(lines), heads_(lines.size(), 0) {}

  std::string text() {
    align_heads();
    for (std::size_t i = 0; i < lines_.size(); ++i) add(lines_[i], heads_[i]);
    return print();
  }

 private:
  // Declarations on neighbouring lines put their signs into one column. Comments between them do not part them.
  void align_heads() {
    std::vector<std::size_t> run;
    std::size_t widest = 0;
    const auto end_run = [&] {
      for (const std::size_t i : run) heads_[i] = widest;
      run.clear();
      widest = 0;
    };
    const FormatLine* last = nullptr;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const FormatLine& line = lines_[i];
      if (line.is_comment && !line.blank_before && last != nullptr && line.level == last->level) continue;
      if (last == nullptr || line.blank_before || line.sign != last->sign || line.level != last->level) end_run();
      last = line.sign == FormatLine::Sign::None ? nullptr : &line;
      if (last == nullptr) continue;
      const auto head = head_width(line);
      if (!head || *head > longest_aligned_head) continue;
      run.push_back(i);
      widest = std::max(widest, *head);
    }
    end_run();
  }

  /// Breaks a line where comments ask for it, and where it is too long.
  void add(const FormatLine& line, std::size_t head) {
    const std::size_t indent = line.level * indentation;
    if (line.is_comment) {
      rows_.push_back({{}, line.pieces[0].text, indent, line.blank_before});
      return;
    }
    line_ = &line;
    head_ = head;
    const std::size_t first_row = rows_.size();
    for (std::size_t begin = 0; begin < line.pieces.size();) {
      for (const std::string_view comment : line.pieces[begin].above) {
        rows_.push_back({{}, comment, indent + continuation, false});
      }
      std::size_t end = begin + 1;
      while (end < line.pieces.size() && line.pieces[end].above.empty() && line.pieces[end - 1].comment.empty()) ++end;
      add_rows({begin, end}, begin == 0 ? indent : indent + continuation, hanging_indent(begin));
      rows_.back().comment = line.pieces[end - 1].comment;
      begin = end;
    }
    rows_[first_row].blank_before = line.blank_before;
  }

  struct Range {
    std::size_t begin;
    std::size_t end;
  };

  // The values of a label stand below one another; everything else hangs back a little.
  std::size_t hanging_indent(std::size_t begin) const {
    const std::size_t indent = line_->level * indentation + continuation;
    if (begin > 0) return indent + continuation;
    if (line_->sign != FormatLine::Sign::Colon || line_->pieces[line_->sign_at].rank != Piece::no_break) return indent;
    const std::size_t column = line_->level * indentation + width_of({0, line_->sign_at + 1}) - 1;
    return column > format_width / 2 ? indent : column;
  }

  /// One row if it fits, else broken at its outermost breaks, and each part in the same way.
  void add_rows(Range range, std::size_t indent, std::size_t hanging) {
    const std::uint8_t rank = outermost(range);
    if (rank == Piece::no_break || indent + width_of(range) <= format_width) {
      Row& row = rows_.emplace_back(Row{{}, {}, indent, false});
      std::size_t column = 0;
      for (std::size_t i = range.begin; i < range.end; ++i) {
        const std::size_t gap = gap_before(i, range.begin, column);
        row.text.append(gap, ' ').append(line_->pieces[i].text);
        column += gap + width(line_->pieces[i].text);
      }
      return;
    }
    Range part{range.begin, range.begin};
    const auto end_part = [&](std::size_t end) {
      part.end = end;
      const std::size_t at = part.begin == range.begin ? indent : hanging;
      add_rows(part, at, hanging + continuation);
      part.begin = end;
    };
    std::size_t last = range.begin;  // the break before, where the row may end
    for (std::size_t i = range.begin + 1; i <= range.end; ++i) {
      if (i < range.end && line_->pieces[i].rank != rank) continue;
      const std::size_t at = part.begin == range.begin ? indent : hanging;
      const bool fits = at + width_of({part.begin, i}) <= format_width;
      if (last > part.begin && (!fits || line_->pieces[last].breaks_all)) end_part(last);
      last = i;
    }
    end_part(range.end);
  }

  // Declarations are broken behind their sign, unless what is before it is too long by itself.
  std::uint8_t outermost(Range range) const {
    std::size_t first = range.begin + 1;
    const bool has_sign =
        line_->sign != FormatLine::Sign::None && range.begin < line_->sign_at && line_->sign_at < range.end;
    if (has_sign && width_of({range.begin, line_->sign_at}) <= format_width / 2) first = line_->sign_at + 1;
    std::uint8_t out = Piece::no_break;
    for (std::size_t i = first; i < range.end; ++i) out = std::min(out, line_->pieces[i].rank);
    return out;
  }

  std::size_t width_of(Range range) const {
    std::size_t column = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      column += gap_before(i, range.begin, column) + width(line_->pieces[i].text);
    }
    return column;
  }

  std::size_t gap_before(std::size_t at, std::size_t begin, std::size_t column) const {
    if (at == begin) return 0;
    const bool aligned = at == line_->sign_at && line_->sign != FormatLine::Sign::None && begin == 0;
    if (aligned && head_ > column) return head_ - column + 1;
    return line_->pieces[at].space ? 1 : 0;
  }

  // Comments behind neighbouring lines stand in one column.
  std::string print() {
    std::string out;
    for (std::size_t i = 0; i < rows_.size();) {
      std::size_t end = i + 1;
      std::size_t widest = width_of(rows_[i]);
      std::size_t narrowest = widest;
      while (has_comment_behind(rows_[i]) && end < rows_.size() && has_comment_behind(rows_[end]) &&
             !rows_[end].blank_before && rows_[end].indent == rows_[i].indent) {
        widest = std::max(widest, width_of(rows_[end]));
        narrowest = std::min(narrowest, width_of(rows_[end]));
        ++end;
      }
      const bool align = widest - narrowest <= most_comment_padding;
      for (; i < end; ++i) print_row(rows_[i], align ? widest : 0, out);
    }
    return out;
  }

  static bool has_comment_behind(const Row& row) { return !row.text.empty() && !row.comment.empty(); }
  static std::size_t width_of(const Row& row) { return row.indent + width(row.text); }

  static void print_row(const Row& row, std::size_t column, std::string& out) {
    if (row.blank_before) out += '\n';
    out.append(row.indent, ' ').append(row.text);
    if (has_comment_behind(row)) out.append(std::max(column, width_of(row)) - width_of(row) + 2, ' ');
    out.append(row.comment);
    out += '\n';
  }

  const std::vector<FormatLine>& lines_;
  std::vector<std::size_t> heads_;  ///< columns before the sign of each line; 0: not aligned
  std::vector<Row> rows_;
  const FormatLine* line_ = nullptr;  ///< the one being broken
  std::size_t head_ = 0;
};

}  // namespace

std::string lay_out(const std::vector<FormatLine>& lines) { return Layout(lines).text(); }

}  // namespace weft::frontend
