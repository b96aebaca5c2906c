#include "base/excerpt.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/fix.h"
#include "base/text.h"
#include "base/width.h"

namespace weft {
namespace {

constexpr std::size_t widest_line = 160;  // bytes; what is longer is cut around the mark
constexpr std::uint32_t most_lines = 6;   // of one excerpt

bool is_letter_start(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// A source line as it is shown, and where its bytes are then.
class ShownLine {
 public:
  ShownLine(std::string_view line, std::size_t around) : line_(line), stop_(line.size()) {
    if (line.size() > widest_line) {
      // Never cut through a letter of several bytes: both cuts move back to where one starts.
      const auto letter_start = [&](std::size_t at) {
        for (int i = 0; i < 3 && at > 0 && at < line.size() && !is_letter_start(line[at]); ++i) --at;
        return at;
      };
      keep_ = letter_start(around > 40 ? around - 40 : 0);
      stop_ = letter_start(std::min(keep_ + widest_line, line.size()));
    }
    text_ = (keep_ > 0 ? "…" : "") + printable(line.substr(keep_, stop_ - keep_)) + (stop_ < line.size() ? "…" : "");
  }

  const std::string& text() const { return text_; }

  // Columns before a byte of the line, as far as it is shown.
  std::size_t column(std::size_t byte) const {
    const std::size_t shown = std::clamp(byte, keep_, stop_) - keep_;
    return (keep_ > 0 ? 1 : 0) + terminal_width(printable(line_.substr(keep_, shown)));
  }

 private:
  std::string_view line_;
  std::size_t keep_ = 0;
  std::size_t stop_;
  std::string text_;
};

// What stands under a line: signs by column, each with its colour.
class Underline {
 public:
  void put(std::size_t begin, std::size_t width, char sign, std::string_view color) {
    if (cells_.size() < begin + width) cells_.resize(begin + width);
    for (std::size_t i = begin; i < begin + width; ++i) cells_[i] = {sign, color};
  }
  std::size_t end() const { return cells_.size(); }

  std::string text(std::string_view reset) const {
    std::string out;
    std::string_view color;
    for (const Cell& cell : cells_) {
      if (cell.color != color) {
        if (!color.empty()) out += reset;
        out += cell.color;
        color = cell.color;
      }
      out += cell.sign;
    }
    if (!color.empty()) out += reset;
    return out;
  }

 private:
  struct Cell {
    char sign = ' ';
    std::string_view color;
  };
  std::vector<Cell> cells_;
};

std::string colored(std::string_view color, std::string_view text, std::string_view reset) {
  return color.empty() ? std::string(text) : fmt::format("{}{}{}", color, text, reset);
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find('\n', at);
    std::string_view line = text.substr(at, end == std::string_view::npos ? end : end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.push_back(line);
    if (end == std::string_view::npos) return out;
    at = end + 1;
  }
}

}  // namespace

std::uint32_t last_line(const Sources& sources, Span span) {
  return sources[span.source].position(span.end > span.begin ? span.end - 1 : span.end).line;
}

void ExcerptWriter::row(std::uint32_t number, char sign, std::string_view color, std::string_view text) {
  out_ += fmt::format("{}{:>{}} {}", palette_.place, number, gutter_, sign == '|' ? "|" : palette_.reset);
  if (sign == '|') {
    out_ += fmt::format("{} {}\n", palette_.reset, text);
  } else {
    out_ += fmt::format("{}{} {}{}\n", color, sign, text, color.empty() ? "" : palette_.reset);
  }
}

void ExcerptWriter::remark(std::string_view text) {
  out_ += fmt::format("{}{:>{}} |{} {}\n", palette_.place, "", gutter_, palette_.reset, text);
}

void ExcerptWriter::line(std::span<const Mark> marks) {
  const Source& source = sources_[marks.front().span.source];
  const Position start = source.position(marks.front().span.begin);
  const std::string_view text = source.line(start.line);
  const ShownLine shown(text, std::min<std::size_t>(start.column - 1, text.size()));
  row(start.line, '|', {}, shown.text());

  struct Placed {
    const Mark* mark;
    std::size_t begin, end;
    std::string_view color;
  };
  std::vector<Placed> placed;
  for (const Mark& mark : marks) {
    const std::size_t from = source.position(mark.span.begin).column - 1;
    const std::size_t begin = shown.column(from);
    const std::size_t end = shown.column(from + (mark.span.end - mark.span.begin));
    placed.push_back({&mark, begin, std::max(begin + 1, end), mark.primary ? accent_ : palette_.place});
  }
  Underline under;
  for (const bool primary : {false, true}) {
    for (const Placed& each : placed) {
      if (each.mark->primary != primary) continue;
      under.put(each.begin, each.end - each.begin, primary ? '^' : '-', each.color);
    }
  }

  // The text of the last mark stands beside it, those of the others hang below, the first the lowest.
  std::ranges::sort(placed, {}, [](const Placed& each) { return std::tuple(each.end, each.begin, each.mark); });
  const Placed& last = placed.back();
  std::string beside = last.mark->text.empty() ? "" : " " + printable(last.mark->text);
  remark(under.text(palette_.reset) + colored(beside.empty() ? "" : last.color, beside, palette_.reset));
  placed.pop_back();
  std::erase_if(placed, [](const Placed& each) { return each.mark->text.empty(); });
  std::ranges::sort(placed, {}, [](const Placed& each) { return std::pair(each.begin, each.mark); });
  const auto strokes = [&](std::size_t count, std::size_t before) {
    Underline out;
    for (std::size_t i = 0; i < count; ++i) {
      if (placed[i].begin < before) out.put(placed[i].begin, 1, '|', placed[i].color);
    }
    return out;
  };
  if (!placed.empty()) remark(strokes(placed.size(), SIZE_MAX).text(palette_.reset));
  while (!placed.empty()) {
    const Placed each = placed.back();
    placed.pop_back();
    const Underline left = strokes(placed.size(), each.begin);
    remark(left.text(palette_.reset) + std::string(each.begin - left.end(), ' ') +
           colored(each.color, printable(each.mark->text), palette_.reset));
  }
}

void ExcerptWriter::lines(const Mark& mark) {
  const Source& source = sources_[mark.span.source];
  const std::string_view color = mark.primary ? accent_ : palette_.place;
  const char sign = mark.primary ? '^' : '-';
  const Position start = source.position(mark.span.begin);
  const std::uint32_t end_line = last_line(sources_, mark.span);
  const std::string_view first = source.line(start.line);
  const std::string stroke = colored(color, "|", palette_.reset);

  const ShownLine shown_first(first, start.column - 1);
  const bool at_start = first.substr(0, start.column - 1).find_first_not_of(" \t") == std::string_view::npos;
  if (at_start) {
    row(start.line, '|', {}, fmt::format("{} {}", colored(color, "/", palette_.reset), shown_first.text()));
  } else {
    row(start.line, '|', {}, "  " + shown_first.text());
    const std::string reach(shown_first.column(start.column - 1) + 1, '_');
    remark(" " + colored(color, reach + sign, palette_.reset));
  }
  const bool all = end_line - start.line < most_lines;
  for (std::uint32_t number = start.line + 1; number < end_line; ++number) {
    if (!all && number == start.line + most_lines / 2) {
      remark(stroke + " …");
      number = end_line - 1;
    }
    row(number, '|', {}, fmt::format("{} {}", stroke, ShownLine(source.line(number), 0).text()));
  }
  const std::string_view last = source.line(end_line);
  const Position end = source.position(mark.span.end);
  const std::size_t end_byte = end.line == end_line ? std::min<std::size_t>(end.column - 1, last.size()) : last.size();
  const ShownLine shown_last(last, end_byte);
  row(end_line, '|', {}, fmt::format("{} {}", stroke, shown_last.text()));
  const std::size_t column = shown_last.column(end_byte);
  remark(colored(color,
                 fmt::format("|{}{}{}{}", std::string(std::max<std::size_t>(column, 1), '_'), sign,
                             mark.text.empty() ? "" : " ", printable(mark.text)),
                 palette_.reset));
}

void ExcerptWriter::changes(const Fix& fix) {
  const std::vector<Edit> edits = in_text_order(fix.edits);
  for (std::size_t begin = 0; begin < edits.size();) {
    // Edits that share a line are shown in one.
    const Source& source = sources_[edits[begin].span.source];
    std::uint32_t last = source.position(edits[begin].span.end).line;
    std::size_t end = begin + 1;
    for (; end < edits.size() && edits[end].span.source == edits[begin].span.source &&
           source.position(edits[end].span.begin).line <= last;
         ++end) {
      last = std::max(last, source.position(edits[end].span.end).line);
    }
    change(source, std::span(edits).subspan(begin, end - begin), source.position(edits[begin].span.begin).line, last);
    begin = end;
  }
}

void ExcerptWriter::change(const Source& source, std::span<const Edit> edits, std::uint32_t first, std::uint32_t last) {
  const auto offset = static_cast<std::uint32_t>(source.line(first).data() - source.text().data());
  const auto stop =
      static_cast<std::size_t>(source.line(last).data() - source.text().data()) + source.line(last).size();
  const std::string_view old_text =
      std::string_view(source.text()).substr(offset, std::max<std::size_t>(stop, offset) - offset);
  std::vector<Edit> moved(edits.begin(), edits.end());
  for (Edit& edit : moved) {
    edit.span.begin -= offset;
    // An edit may reach into the line end, which is not shown.
    edit.span.end = std::min(edit.span.end - offset, static_cast<std::uint32_t>(old_text.size()));
    edit.span.begin = std::min(edit.span.begin, edit.span.end);
  }
  const std::string new_text = apply_edits(old_text, moved);
  std::vector<std::string_view> before = split_lines(old_text);
  std::vector<std::string_view> after = split_lines(new_text);
  // Behind the line end of a text nothing follows.
  if (stop == source.text().size() && after.size() > 1 && after.back().empty()) after.pop_back();

  const bool only_removes = std::ranges::all_of(moved, [](const Edit& edit) { return edit.replacement.empty(); });
  if (before.size() == 1 && after.size() == 1 && !only_removes) {
    std::size_t shift = 0;
    std::vector<std::pair<std::size_t, const Edit*>> places;  // where each replacement stands in the new line
    for (const Edit& edit : moved) {
      places.emplace_back(edit.span.begin + shift, &edit);
      shift += edit.replacement.size();
      shift -= edit.span.end - edit.span.begin;
    }
    const ShownLine shown(new_text, places.front().first);
    row(first, '|', {}, shown.text());
    Underline under;
    for (const auto& [at, edit] : places) {
      const std::size_t begin = shown.column(at);
      const std::size_t end = shown.column(at + edit->replacement.size());
      if (end > begin) under.put(begin, end - begin, edit->span.begin == edit->span.end ? '+' : '~', palette_.added);
    }
    remark(under.text(palette_.reset));
    return;
  }

  // Lines that come, go or change as a whole: those that stay the same at both ends are not shown.
  while (!before.empty() && !after.empty() && before.back() == after.back()) {
    before.pop_back();
    after.pop_back();
  }
  while (!before.empty() && !after.empty() && before.front() == after.front()) {
    before.erase(before.begin());
    after.erase(after.begin());
    ++first;
  }
  const auto show = [&](const std::vector<std::string_view>& lines, char sign, std::string_view color) {
    for (std::uint32_t i = 0; i < lines.size(); ++i) {
      if (lines.size() > most_lines && i == most_lines - 1) {
        remark(fmt::format("… {} more lines", lines.size() - i));
        return;
      }
      row(first + i, sign, color, ShownLine(lines[i], 0).text());
    }
  };
  show(before, '-', palette_.removed);
  show(after, '+', palette_.added);
}

}  // namespace weft
