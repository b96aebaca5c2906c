#include "driver/project.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/text.h"
#include "driver/codes.h"
#include "driver/explanations.h"
#include "driver/files.h"
#include "driver/project_files.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view default_inventories[] = {"inventory.yaml", "inventory.yml", "inventory.json"};

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

class Reader {
 public:
  Reader(const Source& source, SourceId id, Diagnostics& diagnostics)
      : source_(source), id_(id), diagnostics_(diagnostics), directory_(fs::path(source.name()).parent_path()) {}

  Project read() {
    std::error_code error;
    out_.name = fs::absolute(source_.name(), error).lexically_normal().parent_path().filename().string();
    out_.policies = {reached_from_here(directory_, "")};
    const toml::parse_result parsed = toml::parse(source_.text(), source_.name());
    if (!parsed) {
      diagnostics_.report(project_syntax, span_of(parsed.error().source()), words_of(parsed.error()));
      return std::move(out_);
    }
    const toml::table& root = parsed.table();
    read_table(root, "",
               {{"project", [&](const auto& node) { read_project_table(node); }},
                {"lint", [&](const auto& node) { read_lints(node); }},
                {"build", [&](const auto& node) { read_build_table(node); }}});
    if (!out_.inventories) look_for_inventory();
    return std::move(out_);
  }

 private:
  using Handler = std::function<void(const toml::node&)>;
  using Handlers = std::vector<std::pair<std::string_view, Handler>>;

  // The words of the parser after "Error while parsing …: ", without its capital and full stop.
  static std::string words_of(const toml::parse_error& error) {
    std::string_view text = error.description();
    if (const std::size_t colon = text.find(": "); text.starts_with("Error while parsing") && colon != text.npos) {
      text.remove_prefix(colon + 2);
    }
    while (text.ends_with('.') || text.ends_with(' ')) text.remove_suffix(1);
    return printable(text);
  }

  // The parser counts lines and letters from 1; a span counts bytes.
  std::uint32_t offset_of(const toml::source_position& position) const {
    if (position.line == 0) return 0;
    const std::uint32_t number = std::min<std::uint32_t>(position.line, source_.line_count());
    const std::string_view line = source_.line(number);
    std::size_t at = 0;
    for (std::uint32_t column = 1; column < position.column && at < line.size(); ++column) {
      ++at;
      while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) ++at;
    }
    return static_cast<std::uint32_t>(line.data() - source_.text().data()) + static_cast<std::uint32_t>(at);
  }

  Span span_of(const toml::source_region& region) const {
    const std::uint32_t begin = offset_of(region.begin);
    return {id_, begin, std::max(begin, region.end ? offset_of(region.end) : begin)};
  }

  void wrong_type(const toml::node& node, std::string_view key, std::string_view wanted, std::string help) {
    diagnostics_.report(project_wrong_type, span_of(node.source()), key, kind_of(node), wanted)
        .suggest(std::move(help));
  }

  void unknown_key(const toml::key& key, std::string_view section, const Handlers& handlers) {
    const std::string full = section.empty() ? std::string(key.str()) : fmt::format("{}.{}", section, key.str());
    std::vector<std::string> known;
    for (const auto& [name, handler] : handlers) known.emplace_back(name);
    Diagnostic& diagnostic = diagnostics_.report(project_unknown_key, span_of(key.source()), printable(full));
    static constexpr std::pair<std::string_view, std::string_view> homes[] = {
        {"name", "project"}, {"sources", "project"}, {"inventory", "project"},    {"profile", "project"},
        {"output", "build"}, {"stateless", "build"}, {"max_table_bytes", "build"}};
    const auto home = std::ranges::find(homes, key.str(), &std::pair<std::string_view, std::string_view>::first);
    const std::string near = nearest(std::string(key.str()), known);
    if (!near.empty()) {
      diagnostic.suggest(fmt::format("did you mean `{}`?", near));
    } else if (home != std::end(homes)) {
      diagnostic.suggest(fmt::format("`{}` belongs under `[{}]`", home->first, home->second));
    } else {
      diagnostic.suggest(
          fmt::format("{} {}", section.empty() ? "the tables are" : "its keys are", fmt::join(known, ", ")));
    }
  }

  // Every key of a table goes to its handler, in the order of the text.
  void read_table(const toml::table& table, std::string_view section, const Handlers& handlers) {
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (auto&& [key, node] : table) entries.emplace_back(&key, &node);
    std::ranges::sort(entries, {}, [](const auto& entry) {  // no two keys stand in one place
      const toml::source_position& at = entry.first->source().begin;
      return std::pair(at.line, at.column);
    });
    for (const auto& [key, node] : entries) {
      const auto handler = std::ranges::find(handlers, key->str(), &Handlers::value_type::first);
      if (handler == handlers.end()) {
        unknown_key(*key, section, handlers);
      } else {
        handler->second(*node);
      }
    }
  }

  const toml::table* table_of(const toml::node& node, std::string_view key) {
    const toml::table* table = node.as_table();
    if (table == nullptr) wrong_type(node, key, "a table", fmt::format("write `[{}]` on a line of its own", key));
    return table;
  }

  std::optional<std::string> text_of(const toml::node& node, std::string_view key, std::string_view example) {
    const auto* text = node.as_string();
    if (text == nullptr) {
      wrong_type(node, key, "a text", fmt::format("write it as `{}`", example));
      return {};
    }
    if (text->get().empty() || text->get().contains('\0')) {
      diagnostics_.report(project_wrong_value, span_of(node.source()), printable(text->get()), key)
          .suggest(fmt::format("write it as `{}`", example));
      return {};
    }
    return text->get();
  }

  void read_project_table(const toml::node& node) {
    const toml::table* table = table_of(node, "project");
    if (table == nullptr) return;
    read_table(
        *table, "project",
        {{"name",
          [&](const auto& value) {
            if (auto name = text_of(value, "name", "name = \"shop\"")) out_.name = std::move(*name);
          }},
         {"sources", [&](const auto& value) { out_.policies = files_of(value, "sources", "policy"); }},
         {"inventory", [&](const auto& value) { out_.inventories = files_of(value, "inventory", "cluster.yaml"); }},
         {"profile", [&](const auto& value) { read_profile(value); }}});
  }

  void read_profile(const toml::node& node) {
    const auto name = text_of(node, "profile", "profile = \"strict\"");
    if (!name) return;
    if (const model::Profile* profile = model::find_profile(*name)) {
      out_.profile = Project::ProfileChoice{*profile, span_of(node.source())};
      return;
    }
    std::vector<std::string> known;
    for (const model::Profile& each : model::profiles()) known.push_back(each.name);
    const std::string near = nearest(*name, known);
    diagnostics_.report(project_wrong_value, span_of(node.source()), printable(*name), "profile")
        .suggest(near.empty() ? fmt::format("the profiles are {}", fmt::join(known, ", "))
                              : fmt::format("did you mean `{}`?", near));
  }

  void read_build_table(const toml::node& node) {
    const toml::table* table = table_of(node, "build");
    if (table == nullptr) return;
    read_table(*table, "build",
               {{"output",
                 [&](const auto& value) {
                   if (const auto name = text_of(value, "output", "output = \"out\"")) {
                     out_.output = reached_from_here(directory_, *name);
                   }
                 }},
                {"max_table_bytes",
                 [&](const auto& value) {
                   const auto* number = value.as_integer();
                   if (number != nullptr && number->get() > 0) {
                     out_.max_table_bytes = static_cast<std::uint64_t>(number->get());
                   } else if (number != nullptr) {
                     diagnostics_
                         .report(project_wrong_value, span_of(value.source()), fmt::format("{}", number->get()),
                                 "number of bytes")
                         .suggest("write it as `max_table_bytes = 67_108_864`");
                   } else {
                     wrong_type(value, "max_table_bytes", "a number of bytes",
                                "write it as `max_table_bytes = 67_108_864`");
                   }
                 }},
                {"stateless", [&](const auto& value) {
                   if (const auto* flag = value.as_boolean()) {
                     out_.stateless = flag->get();
                   } else {
                     wrong_type(value, "stateless", "true or false", "write it as `stateless = true`");
                   }
                 }}});
  }

  void read_lints(const toml::node& node) {
    const toml::table* table = table_of(node, "lint");
    if (table == nullptr) return;
    for (auto&& [key, value] : *table) {
      const std::string code(key.str());
      if (code == "days_before_expiry") {
        read_days(value);
        continue;
      }
      const Explanation* page = find_explanation(code);
      if (page == nullptr) {
        unknown_code(code, span_of(key.source()));
      } else if (levels_of(*page).empty()) {
        diagnostics_.report(project_fixed_code, span_of(key.source()), code);
      } else {
        read_level(*page, value);
      }
    }
  }

  void read_days(const toml::node& node) {
    const auto* number = node.as_integer();
    if (number == nullptr || number->get() < 0 || number->get() > 36'500) {
      wrong_type(node, "days_before_expiry", "a number of days", "write it as `days_before_expiry = 14`; 0 is none");
    } else {
      out_.days_before_expiry = static_cast<std::uint32_t>(number->get());
    }
  }

  void unknown_code(const std::string& code, Span span) {
    std::vector<std::string> warnings;
    for (const Explanation& each : explanations()) {
      if (each.severity == Severity::Warning) warnings.emplace_back(each.code);
    }
    std::string near = nearest(code, warnings);
    if (near.empty()) {  // a third of five signs is one: two are allowed where the letter is right
      for (const std::string& each : warnings) {
        if (near.empty() && edit_distance(code, each, 2) <= 2) near = each;
      }
    }
    diagnostics_.report(project_unknown_code, span, printable(code))
        .suggest(near.empty() ? fmt::format("the warnings are {}", fmt::join(warnings, ", "))
                              : fmt::format("did you mean `{}`?", near));
  }

  void read_level(const Explanation& finding, const toml::node& node) {
    const std::string code(finding.code);
    const auto word = text_of(node, code, fmt::format("{} = \"deny\"", code));
    if (!word) return;
    static constexpr std::pair<std::string_view, LintLevel> levels[] = {
        {"allow", LintLevel::Allow}, {"warn", LintLevel::Warn}, {"deny", LintLevel::Deny}};
    const auto found = std::ranges::find(levels, *word, &std::pair<std::string_view, LintLevel>::first);
    const bool known = found != std::end(levels);
    if (known && std::ranges::find(levels_of(finding), found->second) != levels_of(finding).end()) {
      out_.levels[code] = found->second;
      return;
    }
    diagnostics_.report(project_wrong_value, span_of(node.source()), printable(*word), "level")
        .suggest(known ? fmt::format("`{}` is an error (deny) or a warning (warn), and never silent", code)
                       : "the levels are allow, warn, deny");
  }

  std::vector<std::string> files_of(const toml::node& node, std::string_view key, std::string_view example) {
    const std::string form = fmt::format("{} = [\"{}\"]", key, example);
    const toml::array* array = node.as_array();
    if (array == nullptr) {
      wrong_type(node, key, "an array of names", fmt::format("write it as `{}`", form));
      return {};
    }
    std::vector<std::string> files;
    for (const toml::node& each : *array) {
      if (const auto name = text_of(each, key, form)) add_files(*name, span_of(each.source()), files);
    }
    if (array->empty() && key == "sources") {
      diagnostics_.report(project_wrong_value, span_of(node.source()), "[]", "list of sources")
          .suggest(fmt::format("name a file or a directory: `{}`", form));
    }
    return files;
  }

  void add_files(const std::string& entry, Span span, std::vector<std::string>& files) {
    if (is_pattern(entry)) {
      const auto matched = matching_files(directory_, entry);
      for (const std::string& name : matched) files.push_back(reached_from_here(directory_, name));
      if (matched.empty()) {
        diagnostics_.report(project_no_match, span, printable(entry))
            .suggest("`*` stands for any text within a name, `**` for any directories");
      }
      return;
    }
    const std::string name = reached_from_here(directory_, entry);
    std::error_code error;
    if (fs::exists(name, error)) {
      files.push_back(name);
      return;
    }
    Diagnostic& diagnostic = diagnostics_.report(file_not_found, span, printable(entry));
    const fs::path path(name);
    const std::string near = nearest_file(path);
    if (!near.empty())
      diagnostic.suggest(fmt::format("did you mean `{}`?", (fs::path(entry).parent_path() / near).string()));
  }

  static std::string nearest_file(const fs::path& path) {
    std::vector<std::string> names;
    std::error_code error;
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    std::ranges::sort(names);
    return nearest(path.filename().string(), names);
  }

  void look_for_inventory() {
    for (const std::string_view file : default_inventories) {
      const std::string name = reached_from_here(directory_, std::string(file));
      std::error_code error;
      if (!fs::exists(name, error)) continue;
      out_.inventories = {{name}};
      return;
    }
  }

  const Source& source_;
  SourceId id_;
  Diagnostics& diagnostics_;
  fs::path directory_;
  Project out_;
};

}  // namespace

std::string find_project() {
  std::error_code error;
  fs::path at = fs::current_path(error);
  if (error) return {};
  for (std::string way;; way += "../") {
    if (fs::exists(at / "weft.toml", error)) return way + "weft.toml";
    if (fs::exists(at / ".git", error) || at == at.parent_path()) return {};
    at = at.parent_path();
  }
}

Project read_project(const std::string& file, Sources& sources, Diagnostics& diagnostics) {
  const auto source = read_file(file, sources, diagnostics);
  if (!source) return {};
  return Reader(sources[*source], *source, diagnostics).read();
}

}  // namespace weft::driver
