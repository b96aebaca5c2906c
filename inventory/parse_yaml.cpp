#include <yaml.h>

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/parse.h"

namespace weft::inventory {
namespace {

constexpr std::size_t most_aliased = 1'000'000;

// libyaml counts characters; spans count bytes. In ASCII they are the same.
class ByteOffsets {
 public:
  ByteOffsets(std::string_view text, std::uint32_t first) : text_(text.substr(first)), first_(first) {
    ascii_ = std::ranges::all_of(text_, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii_) return;
    std::size_t characters = 0;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (!starts_character(at)) continue;
      if (characters++ % step == 0) starts_.push_back(static_cast<std::uint32_t>(at));
    }
  }

  std::uint32_t of(std::size_t character) const { return first_ + static_cast<std::uint32_t>(within(character)); }

 private:
  static constexpr std::size_t step = 64;

  std::size_t within(std::size_t character) const {
    if (ascii_) return std::min(character, text_.size());
    if (character / step >= starts_.size()) return text_.size();
    std::size_t at = starts_[character / step];
    for (std::size_t left = character % step; left > 0 && at < text_.size(); --left) {
      ++at;
      while (at < text_.size() && !starts_character(at)) ++at;
    }
    return at;
  }

  bool starts_character(std::size_t at) const { return (static_cast<unsigned char>(text_[at]) & 0xC0U) != 0x80U; }

  std::string_view text_;
  std::uint32_t first_;
  bool ascii_ = false;
  std::vector<std::uint32_t> starts_;  // of every `step`th character
};

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { clear(); }

  bool next(yaml_parser_t& parser) {
    clear();
    filled_ = yaml_parser_parse(&parser, &event_) == 1;
    return filled_;
  }
  const yaml_event_t& operator*() const { return event_; }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  void clear() {
    if (filled_) yaml_event_delete(&event_);
    filled_ = false;
  }

  yaml_event_t event_{};
  bool filled_ = false;
};

std::string_view text_of(const yaml_char_t* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

// A plain word like `prod` stands in the source as it is; what is quoted or folded may not.
Node::Kind kind_of_scalar(const yaml_event_t& event, std::string_view value) {
  const std::string_view tag = text_of(event.data.scalar.tag);
  if (tag == "tag:yaml.org,2002:str" || tag == "!") return Node::Kind::Text;
  if (!tag.empty()) return Node::Kind::Tagged;
  return event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? kind_of_plain(value) : Node::Kind::Text;
}

class Reader {
 public:
  Reader(const Sources& sources, SourceId id, Reporter& reporter)
      : text_(sources[id].text()),
        source_(id),
        reporter_(reporter),
        first_(text_.starts_with("\xEF\xBB\xBF") ? 3 : 0),
        offsets_(text_, first_) {
    ready_ = yaml_parser_initialize(&parser_) == 1;
    if (!ready_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    // A byte order mark would count as a column and shift the first line against the others.
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text_.data()) + first_,
                                 text_.size() - first_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    if (ready_) yaml_parser_delete(&parser_);
  }

  void read(const OnDocument& on_document) {
    if (!ready_) return;
    Event event;
    for (;;) {
      if (!event.next(parser_)) return report_syntax();
      if (event->type == YAML_STREAM_END_EVENT) return;
      if (event->type != YAML_DOCUMENT_START_EVENT) continue;
      Tree tree;
      anchors_.clear();
      levels_.clear();
      while (!tree.has_root()) {
        if (!event.next(parser_)) return report_syntax();
        if (!take(*event, tree)) return;
      }
      on_document(tree.root());
      if (reporter_.full()) return;
    }
  }

 private:
  struct Anchored {
    Node node;
    std::size_t size = 0;
  };
  struct Level {
    std::string anchor;
    bool block = false;
    std::size_t size = 1;  // the values in it, those behind aliases included
  };

  Span span(const yaml_event_t& event) const {
    return {source_, offsets_.of(event.start_mark.index), offsets_.of(event.end_mark.index)};
  }

  // False where the document cannot be read on; reported.
  bool take(const yaml_event_t& event, Tree& tree) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return scalar(event, tree);
      case YAML_SEQUENCE_START_EVENT:
        return open(event, tree, Node::Kind::List, event.data.sequence_start.anchor,
                    event.data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE);
      case YAML_MAPPING_START_EVENT:
        return open(event, tree, Node::Kind::Map, event.data.mapping_start.anchor,
                    event.data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        close(event, tree);
        return true;
      case YAML_ALIAS_EVENT:
        return alias(event, tree);
      default:
        return true;
    }
  }

  bool scalar(const yaml_event_t& event, Tree& tree) {
    const auto& data = event.data.scalar;
    const Span place = span(event);
    std::string_view value(reinterpret_cast<const char*>(data.value), data.length);
    if (const std::size_t nul = value.find('\0'); nul != std::string_view::npos) {
      reporter_.report(nul_byte, place).at("an escape in this text");
      return false;
    }
    const Node::Kind kind = kind_of_scalar(event, value);
    // Most texts stand in the source as they are: no copy.
    const std::string_view written = std::string_view(text_).substr(place.begin, place.end - place.begin);
    const std::size_t quote = data.style == YAML_PLAIN_SCALAR_STYLE ? 0 : 1;
    const std::string_view inside =
        written.size() >= 2 * quote ? written.substr(quote, written.size() - 2 * quote) : written;
    value = inside == value ? inside : tree.keep(std::string(value));
    std::uint32_t end = place.end;
    // The end of a literal block is the start of what follows it.
    if (data.style == YAML_LITERAL_SCALAR_STYLE || data.style == YAML_FOLDED_SCALAR_STYLE)
      end = end_of_line(place.begin);
    add(Node(kind, place.begin, end, value), 1, data.anchor, tree);
    return true;
  }

  bool open(const yaml_event_t& event, Tree& tree, Node::Kind kind, const yaml_char_t* anchor, bool block) {
    if (!tree.open(kind, offsets_.of(event.start_mark.index))) {
      const std::uint32_t begin = offsets_.of(event.start_mark.index);
      reporter_.report(too_deep, Span{source_, begin, std::min(begin + 1, size())}, Tree::most_levels);
      return false;
    }
    levels_.push_back({std::string(text_of(anchor)), block});
    return true;
  }

  void close(const yaml_event_t& event, Tree& tree) {
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    // The end of a block is the start of what follows it, lines further down.
    const Node& node = tree.close(level.block ? std::nullopt : std::optional(offsets_.of(event.end_mark.index)));
    if (!level.anchor.empty()) anchors_[level.anchor] = {node, level.size};
    grow(level.size);
  }

  bool alias(const yaml_event_t& event, Tree& tree) {
    const std::string name(text_of(event.data.alias.anchor));
    const Span place = span(event);
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      reporter_.report(unknown_anchor, place, printable(name));
      return false;
    }
    aliased_ += found->second.size;
    if (aliased_ > most_aliased) {
      reporter_.report(too_many_aliases, place, most_aliased);
      return false;
    }
    tree.add(found->second.node);
    grow(found->second.size);
    return true;
  }

  void add(const Node& node, std::size_t size, const yaml_char_t* anchor, Tree& tree) {
    tree.add(node);
    if (anchor) anchors_[std::string(text_of(anchor))] = {node, size};
    grow(size);
  }

  void grow(std::size_t size) {
    if (!levels_.empty()) levels_.back().size += size;
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }

  std::uint32_t end_of_line(std::uint32_t from) const {
    return static_cast<std::uint32_t>(std::min(text_.find('\n', from), text_.size()));
  }

  void report_syntax() {
    if (parser_.error == YAML_READER_ERROR) {
      const auto at = static_cast<std::uint32_t>(std::min<std::size_t>(first_ + parser_.problem_offset, text_.size()));
      reporter_.report(bad_yaml, Span{source_, at, std::min(at + 1, size())}, std::string(problem()));
      return;
    }
    const std::uint32_t at = offsets_.of(parser_.problem_mark.index);
    std::uint32_t end = std::min(at + 1, size());
    if (at < size() && text_[at] == '\n') end = at;
    Diagnostic& diagnostic = reporter_.report(bad_yaml, Span{source_, at, end}, std::string(problem()));
    if (parser_.context) {
      const std::uint32_t from = offsets_.of(parser_.context_mark.index);
      if (from != at) diagnostic.label({source_, from, std::min(from + 1, size())}, parser_.context);
    }
    const std::string_view first(text_);
    if (first.find("{{") != std::string_view::npos) {
      diagnostic.suggest("a template has to be rendered first, by `helm template` for instance");
    } else if (at < size() && text_[at] == '\t') {
      diagnostic.suggest("indent with spaces");
    }
  }

  std::string_view problem() const {
    if (parser_.error == YAML_MEMORY_ERROR) return "out of memory";
    return parser_.problem ? parser_.problem : "it cannot be read";
  }

  const std::string& text_;
  SourceId source_;
  Reporter& reporter_;
  std::uint32_t first_;  // where the text proper starts
  ByteOffsets offsets_;
  yaml_parser_t parser_{};
  bool ready_ = false;
  std::map<std::string, Anchored, std::less<>> anchors_;
  std::vector<Level> levels_;
  std::size_t aliased_ = 0;
};

}  // namespace

void parse_yaml(const Sources& sources, SourceId id, Reporter& reporter, const OnDocument& on_document) {
  Reader(sources, id, reporter).read(on_document);
}

}  // namespace weft::inventory
