#include "lsp/completion.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "frontend/words.h"
#include "lsp/offers.h"
#include "lsp/statement_at.h"
#include "lsp/vocabulary.h"
#include "model/profile.h"
#include "stdlib-policies/modules.h"

namespace weft::lsp {

using frontend::Symbol;
using frontend::Word;
using Where = LanguageWord::Where;
using Block = StatementAt::Block;
using Kind = Offers::Kind;
namespace ast = frontend::ast;

namespace {

// What stands where a selector may stand and where an operand of it is next.
bool expects_operand(const StatementAt& at) {
  static const std::set<std::string_view> before{"->",     "~>",      "avoiding", "(",    "&&",     "||",
                                                 "!",      "=",       "allow",    "deny", "pass",   "never",
                                                 "always", "isolate", "guard",    "for",  "source", "destination"};
  return at.empty() || before.contains(at.last());
}

class Completer : private Offers {
 public:
  using Offers::Offers;

  Json complete() {
    if (!at_.in_comment) choose();
    return offered();
  }

 private:
  // ---- what may come

  void choose() {
    const std::string_view lead = leading();
    if (at_.in_text) return text_value(lead);
    if (at_.last() == "@") return annotations();
    if (at_.empty()) {
      statements();
      return at_.block == Block::Test ? ends() : void();
    }
    if (at_.starts_line && can_end(at_.last())) {
      statements();
      if (at_.block == Block::Test && lead != "test") return ends();
    }
    if (at_.block == Block::Test && !is_header(lead)) return expectation();
    if (lead == "profile") return profiles();
    if (lead == "label") return label();
    if (lead == "network") return at_.has("=") ? networks() : void();
    if (lead == "service") return at_.has("=") ? services() : void();
    if (lead == "group") return at_.has("=") ? selector(nullptr) : void();
    if (lead == "guard") return selector(nullptr);
    if (lead == "isolate") return selector(&isolate_end_);
    if (lead == "import") return imports();
    if (lead == "use") return use();
    if (lead == "template") return pattern_header();
    if (lead == "policy") return policy_header();
    if (lead == "never" || lead == "always") return claim();
    if (lead == "allow" || lead == "deny" || lead == "pass") return edge();
    if (lead == "audit") return rule_words();
  }

  static bool is_header(std::string_view lead) { return lead == "test"; }

  // The word that says which statement it is; annotations before it are passed over.
  std::string_view leading() const {
    static const std::set<std::string_view> words{"profile", "label",   "group",  "network",  "service", "tiers",
                                                  "policy",  "isolate", "allow",  "deny",     "pass",    "guard",
                                                  "never",   "always",  "import", "template", "use",     "test"};
    for (const std::string_view word : at_.words) {
      if (words.contains(word)) return word;
    }
    return at_.empty() ? std::string_view() : at_.words.front();
  }

  static bool can_end(std::string_view word) {
    static const std::set<std::string_view> goes_on{
        "->",  "~>",   "avoiding", "(",       "&&", "||", "!",   "=",      "==",     "!=", ",", ":", "in",
        "not", "like", "when",     "because", "at", "to", "use", "import", "policy", "\\", "/", "|"};
    return !goes_on.contains(word);
  }

  void statements() {
    for (const LanguageWord& word : language_words()) {
      const bool fits = word.where == Where::Top ? at_.block == Block::None || fits_template(word.word)
                        : word.where == Where::Policy
                            ? at_.block == Block::Policy && word.word != "ingress" && word.word != "egress"
                            : false;
      if (fits) add_word(word, "1");
    }
  }
  bool fits_template(std::string_view word) const {
    static const std::set<std::string_view> words{"group", "network", "service", "policy", "guard",
                                                  "never", "always",  "test",    "use"};
    return at_.block == Block::Template && words.contains(word);
  }
  void rule_words() {
    for (const LanguageWord& word : language_words()) {
      const bool rule = word.word == "allow" || word.word == "deny" || word.word == "pass" || word.word == "isolate";
      if (rule && word.where == Where::Policy) add_word(word, "1");
    }
  }

  void edge() {
    const std::size_t arrow = position("->");
    const std::size_t colon = position(":", arrow);
    if (arrow == none) {
      const std::string_view last = at_.last();
      if (last == "at") {
        add("source", Kind::Keyword, "the gate of the source", {}, "1");
        return add("destination", Kind::Keyword, "the gate of the destination", {}, "1");
      }
      if (last == "to") return tiers();
      const bool begun = last == "allow" || last == "deny" || last == "pass";
      if (begun) add("at", Kind::Keyword, "only one gate", "at ${1|source,destination|}", "4");
      if (last == "pass") add("to", Kind::Keyword, "a later tier", {}, "4");
      return selector(&arrow_);
    }
    if (colon == none) return selector(&colon_);
    return behind_services(colon, Where::RuleClause);
  }

  // A claim: one hop or a chain of them, then what else is said of it.
  void claim() {
    const bool chain = is_chain();
    const std::size_t arrow = position(chain ? "~>" : "->");
    if (arrow == none) return selector(&claim_arrow_);
    const std::size_t colon = position(":", arrow);
    const std::size_t avoiding = position("avoiding", arrow);
    const bool names_relays = avoiding != none && position("because", avoiding) == none;
    if (colon != none && !names_relays) return behind_services(colon, Where::ClaimClause);
    selector(names_relays ? nullptr : &colon_);
    if ((names_relays || chain) && !expects_operand(at_)) clauses(Where::ClaimClause);
  }
  bool is_chain() const { return position("~>") != none; }

  void clauses(Where where) {
    if (where == Where::ClaimClause && at_.last() == "in")
      return add("inventory", Kind::Keyword, "what is listed there alone", {}, "1");
    for (const LanguageWord& word : language_words()) {
      if (word.where != where) continue;
      // Of a chain nothing is compared, and only a chain has somebody in between.
      const bool fits =
          where != Where::ClaimClause || (word.word == "when" ? !is_chain() : word.word != "avoiding" || is_chain());
      if (fits) add_word(word, "3");
    }
  }

  void behind_services(std::size_t colon, Where where) {
    // The clause that is being written, if one is.
    static const std::set<std::string_view> words{"when", "expires", "log", "requires", "because"};
    std::size_t clause = none;
    for (std::size_t i = colon + 1; i < at_.words.size(); ++i) {
      if (words.contains(at_.words[i])) clause = i;
    }
    const std::string_view last = at_.last();
    if (clause != none && at_.words[clause] == "when") {
      if (last == "." || last == "ns" || last == "node") return keys(true);
      if (last == "when" || last == "&&" || last == "==" || last == "!=") {
        add("source", Kind::Keyword, "a label of the source", "source.${1:key}", "1");
        return add("destination", Kind::Keyword, "a label of the destination", "destination.${1:key}", "1");
      }
      if (last == "source" || last == "destination") return;
      add("==", Kind::Operator, "the same value", {}, "2");
      add("!=", Kind::Operator, "different values", {}, "2");
    } else if (clause != none && last == "requires") {
      for (const char* kind : {"http", "grpc", "dns", "mutual-auth", "sni"}) add(kind, Kind::Value, "", {}, "1");
      return;
    } else if (clause == none && (last == ":" || last == "," || last == "\\" || last == "|" || last == "/")) {
      return services();
    }
    clauses(where);
  }

  // A selector, or what goes on behind one; `next` comes behind it.
  struct Next {
    std::string_view word, says;
  };
  void selector(const Next* next) {
    const std::string_view last = at_.last();
    if (last == "." && (at_.last(1) == "ns" || at_.last(1) == "node")) return keys(false, at_.last(1));
    if (last == "has") return keys(false);
    if (last == "addr" || last == "world") networks();
    if (last == "==" || last == "!=" || last == "like" || in_set()) return values(true);
    if (last == "in") return add("{…}", Kind::Operator, "a set of values", "{\"$1\"}", "1");
    if (expects_operand(at_)) {
      symbols(Symbol::Kind::Selector, Kind::Class, "2");
      parameters();
      keys(false);
      for (const LanguageWord& word : language_words()) {
        if (word.where != Where::Selector || word.word == "like" || word.word == "not") continue;
        add_word(word, "3");
      }
      return;
    }
    if (is_key(last)) {
      for (const auto& [word, says, snippet] : std::initializer_list<std::tuple<const char*, const char*, const char*>>{
               {"==", "has this value", "== \"$1\""},
               {"!=", "is set, to another value", "!= \"$1\""},
               {"in", "has one of these values", "in {\"$1\"}"},
               {"not in", "is set, to none of these values", "not in {\"$1\"}"},
               {"like", "is like a pattern", "like \"$1*\""}}) {
        add(word, Kind::Operator, says, snippet, "1");
      }
    }
    add("&&", Kind::Operator, "both", {}, "4");
    add("||", Kind::Operator, "either", {}, "4");
    if (next == &isolate_end_) {
      add("ingress", Kind::Keyword, "what comes in", {}, "2");
      add("egress", Kind::Keyword, "what goes out", {}, "2");
    } else if (next != nullptr) {
      add(std::string(next->word), Kind::Operator, std::string(next->says), {}, "2");
      if (next == &claim_arrow_) add("~>", Kind::Operator, "to, over any number of hops", {}, "2");
    }
  }

  // Behind `in {` or a comma in it, before the `}`.
  bool in_set() const {
    for (std::size_t i = at_.words.size(); i > 0; --i) {
      const std::string_view word = at_.words[i - 1];
      if (word == "{") return i >= 2 && at_.words[i - 2] == "in";
      if (word == "}" || word == "->" || word == "~>" || word == "&&" || word == "||") return false;
    }
    return false;
  }

  // The key whose values are asked for: "app", "ns.team".
  std::string key_before() const {
    std::size_t i = at_.words.size();
    while (i > 0) {
      const std::string_view word = at_.words[i - 1];
      if (word == "==" || word == "!=" || word == "like" || word == "in" || word == ":") break;
      --i;
    }
    if (i < 2) return {};
    --i;  // at the operator
    if (at_.words[i] == "in" && at_.words[i - 1] == "not") --i;
    if (i == 0) return {};
    std::string out = bare(at_.words[i - 1]);
    if (i >= 3 && at_.words[i - 2] == ".") out = bare(at_.words[i - 3]) + "." + out;
    return out;
  }

  bool is_key(std::string_view word) const {
    const std::string name = at_.last(1) == "." ? bare(at_.last(2)) + "." + bare(word) : bare(word);
    for (const auto& [key, domain] : view_.meaning.policy.schema) {
      if (plain(key) == name) return true;
    }
    return false;
  }
  static std::string plain(const model::LabelKey& key) {
    switch (key.scope) {
      case model::KeyScope::Namespace:
        return "ns." + key.name;
      case model::KeyScope::Node:
        return "node." + key.name;
      default:
        return key.name;
    }
  }

  void keys(bool relation, std::string_view scope = {}) {
    for (const auto& [key, domain] : view_.meaning.policy.schema) {
      std::string name = model::to_string(key);
      const std::string before = fmt::format("{}.", scope);
      if (!scope.empty()) {
        if (!name.starts_with(before)) continue;
        name = name.substr(before.size());
      }
      std::string says = domain.values ? fmt::format("{} values", domain.values->size()) : "any text";
      add(name, Kind::Property, "label: " + says, relation || !scope.empty() ? std::string() : name, "2");
    }
    // Keys that the inventory has and nobody has declared yet can only be declared.
  }

  // Of the key before: those that are declared, or those of the inventory.
  void values(bool with_quotes) {
    const std::string name = key_before();
    std::map<std::string, std::size_t> counts;
    const model::KeyDomain* domain = nullptr;
    std::optional<model::LabelKey> meant;
    for (const auto& [key, each] : view_.meaning.policy.schema) {
      if (plain(key) != name) continue;
      domain = &each;
      meant = key;
    }
    if (!meant) return;
    if (domain->values) {
      for (const std::string& value : *domain->values) counts[value] = 0;
    }
    for (const model::Instance& instance : view_.meaning.inventory->instances) {
      if (instance.host) continue;
      const auto label = instance.peer.labels.find(*meant);
      if (label == instance.peer.labels.end()) continue;
      if (!domain->values || counts.contains(label->second)) ++counts[label->second];
    }
    for (const auto& [value, count] : counts) {
      const std::string quoted = in_quotes(value);
      const std::string inner = quoted.substr(1, quoted.size() - 2);
      const std::string says = view_.meaning.has_inventory ? fmt::format("{} in the inventory", count) : std::string();
      add(with_quotes ? quoted : inner, Kind::Value, says, {}, "1");
    }
    parameters();
  }

  void text_value(std::string_view lead) {
    if (lead == "import") {
      const std::filesystem::path here(view_.meaning.paths[static_cast<std::size_t>(view_.source)]);
      for (std::size_t i = 0; i < view_.meaning.paths.size(); ++i) {
        const std::filesystem::path other(view_.meaning.paths[i]);
        if (view_.meaning.built_in[i] || other.extension() != ".weft" || other == here) continue;
        add(other.lexically_relative(here.parent_path()).string(), Kind::File, "", {}, "1");
      }
      std::error_code error;
      for (std::filesystem::directory_iterator at(here.parent_path(), error), end; !error && at != end;
           at.increment(error)) {
        if (at->path().extension() == ".weft" && at->path() != here)
          add(at->path().filename().string(), Kind::File, "", {}, "2");
      }
      return;
    }
    if (at_.last() == "->" || (at_.block == Block::Test && (at_.starts_line || at_.empty()))) {
      for (const model::Instance& instance : view_.meaning.inventory->instances) {
        add(instance.name, Kind::Constant, "of the inventory", {}, "1");
      }
      return;
    }
    const std::string_view last = at_.last();
    if (last == "==" || last == "!=" || last == "like" || last == ":" || in_set()) values(false);
  }

  void profiles() {
    for (const model::Profile& profile : model::profiles()) add(profile.name, Kind::Value, "", {}, "1");
  }
  void label() {
    const std::string_view last = at_.last();
    if (last == ":") {
      add("string", Kind::Keyword, "any text", {}, "1");
      return add("\"…\"", Kind::Value, "these values and no others", "\"${1:value}\"", "2");
    }
    if (last != "label" && last != ",") return;
    // What workloads have and nobody has declared.
    std::set<model::LabelKey> undeclared;
    for (const model::Instance& instance : view_.meaning.inventory->instances) {
      for (const auto& [key, value] : instance.peer.labels) {
        if (!view_.meaning.policy.schema.contains(key)) undeclared.insert(key);
      }
    }
    for (const model::LabelKey& key : undeclared)
      add(model::to_string(key), Kind::Property, "in the inventory", {}, "1");
  }
  void networks() { symbols(Symbol::Kind::Selector, Kind::Constant, "2", true); }
  void services() {
    if (at_.last() == "/") {
      std::set<std::string> names;
      for (const model::Instance& instance : view_.meaning.inventory->instances) {
        for (const model::NamedPort& port : instance.peer.ports) names.insert(port.name);
      }
      for (const std::string& name : names)
        add(frontend::spelled_name(name), Kind::Value, "a port declared in the inventory", {}, "1");
      return;
    }
    symbols(Symbol::Kind::Service, Kind::Interface, "1");
    parameters();
    for (const char* protocol : {"tcp", "udp", "sctp", "icmp", "icmp6", "ip"}) {
      add(protocol, Kind::Keyword, "protocol", fmt::format("{}/${{1}}", protocol), "2");
    }
    add("any", Kind::Keyword, "every service", {}, "2");
  }
  void tiers() {
    for (const model::Tier& tier : view_.meaning.policy.tiers)
      add(frontend::spelled_name(tier.name), Kind::Constant, "tier", {}, "1");
    parameters();
  }
  void imports() {
    std::string before;
    for (std::size_t i = 1; i < at_.words.size(); ++i) before += at_.words[i];
    for (const stdlib_policies::Module& module : stdlib_policies::modules()) {
      const std::string name(module.name);
      if (!name.starts_with(before)) continue;
      add(name.substr(before.size()), Kind::Module, "standard module", {}, "1");
    }
    if (before.empty()) add("\"…\"", Kind::File, "a file", "\"$1\"", "2");
  }
  void use() {
    const std::size_t open = position("(");
    if (open == none) {
      if (at_.last() != "use") return add("as", Kind::Keyword, "a name of its own", {}, "1");
      std::set<std::string> seen;
      for (const frontend::Occurrence& it : view_.symbols().all()) {
        if (it.symbol.kind != Symbol::Kind::Template || !it.declaration || !seen.insert(it.symbol.name).second)
          continue;
        add_template(it.symbol.name);
      }
      return;
    }
    if (at_.last() == ")") return add("as", Kind::Keyword, "a name of its own", {}, "1");
    const ast::TemplateStatement* pattern = view_.symbols().find_template(bare(at_.words[1]));
    if (pattern == nullptr) return;
    // Behind `NAME =` a value, otherwise the next name.
    std::size_t value = none;
    std::size_t depth = 0;
    for (std::size_t i = open + 1; i < at_.words.size(); ++i) {
      if (at_.words[i] == "(" || at_.words[i] == "{") ++depth;
      if (at_.words[i] == ")" || at_.words[i] == "}") depth -= depth > 0 ? 1 : 0;
      if (depth == 0 && at_.words[i] == "=") value = i;
      if (depth == 0 && at_.words[i] == "," && value != none) value = none;
    }
    if (value == none) {
      for (const ast::Parameter& parameter : pattern->parameters) {
        if (at_.has(parameter.name.text) && at_.words[1] != parameter.name.text) continue;
        add(frontend::spelled_name(parameter.name.text), Kind::TypeParameter,
            std::string(view_.meaning.sources.text(parameter.span)),
            frontend::spelled_name(parameter.name.text) + " = $1", "1");
      }
      return;
    }
    const std::string name = bare(at_.words[value - 1]);
    for (const ast::Parameter& parameter : pattern->parameters) {
      if (parameter.name.text != name || !parameter.kind) continue;
      switch (*parameter.kind) {
        case ast::Parameter::Kind::Group:
          return selector(nullptr);
        case ast::Parameter::Kind::Network:
          return networks();
        case ast::Parameter::Kind::Service:
          return services();
        case ast::Parameter::Kind::Tier:
          return tiers();
        case ast::Parameter::Kind::Label:
          return keys(false);
        case ast::Parameter::Kind::String:
          return add("\"…\"", Kind::Value, "a text", "\"$1\"", "1");
      }
    }
  }
  void add_template(const std::string& name) {
    const ast::TemplateStatement* pattern = view_.symbols().find_template(name);
    std::string snippet = frontend::spelled_name(name) + "(";
    int number = 0;
    for (const ast::Parameter& parameter : pattern->parameters) {
      if (parameter.initial) continue;
      snippet += fmt::format("{}{} = ${{{}}}", number == 0 ? "" : ", ", frontend::spelled_name(parameter.name.text),
                             number + 1);
      ++number;
    }
    add(frontend::spelled_name(name), Kind::Function, signature_of(view_, *pattern), snippet + ")", "1");
  }
  void pattern_header() {
    if (at_.last() != ":") return;
    for (const char* kind : {"group", "network", "service", "tier", "string", "label"})
      add(kind, Kind::Keyword, "", {}, "1");
  }
  void policy_header() {
    if (at_.words.size() < 2) return;
    if (at_.last() == "in") return tiers();
    const std::size_t scope = position("for");
    if (scope != none) selector(nullptr);
    for (const LanguageWord& word : language_words()) {
      if (word.where == Where::PolicyHeader && !at_.has(word.word)) add_word(word, scope != none ? "5" : "1");
    }
    add("{", Kind::Operator, "its rules", "{\n  $0\n}", "6");
  }
  void annotations() {
    for (const KnownAnnotation& each : known_annotations()) {
      add(std::string(each.name), Kind::Property, std::string(each.says), std::string(each.snippet), "1");
    }
  }

  // ---- tests

  void ends() {
    symbols(Symbol::Kind::Selector, Kind::Class, "2");
    add("{…}", Kind::Snippet, "a workload made up for the test", "{${1:app}: \"${2:web}\"}", "3");
    add("\"…\"", Kind::Constant, "a workload of the inventory", "\"$1\"", "3");
    keys(false);
  }
  void expectation() {
    const std::size_t arrow = position("->");
    const std::string_view last = at_.last();
    const std::size_t is = position("is");
    if (is != none) {
      if (last == "is") {
        add("allow", Kind::Keyword, "", {}, "1");
        return add("deny", Kind::Keyword, "", {}, "1");
      }
      if (last == "at") {
        add("source", Kind::Keyword, "", {}, "1");
        return add("destination", Kind::Keyword, "", {}, "1");
      }
      if (last == "by") {
        symbols(Symbol::Kind::Policy, Kind::Module, "1");
        for (const char* word : {"isolation", "profile", "own-node", "self"}) add(word, Kind::Keyword, "", {}, "2");
        return;
      }
      if (last == ".") return symbols(Symbol::Kind::Rule, Kind::Method, "1");
      for (const LanguageWord& word : language_words()) {
        if (word.where == Where::Expectation && !at_.has(word.word)) add_word(word, "1");
      }
      return;
    }
    if (arrow == none) {
      if (expects_operand(at_)) return ends();
      return selector(&arrow_);
    }
    // The `:` of a map of labels is none of the edge.
    std::size_t colon = none, depth = 0;
    for (std::size_t i = arrow + 1; i < at_.words.size(); ++i) {
      if (at_.words[i] == "{") ++depth;
      if (at_.words[i] == "}") depth -= depth > 0 ? 1 : 0;
      if (at_.words[i] == ":" && depth == 0 && colon == none) colon = i;
    }
    if (colon == none) return expects_operand(at_) ? ends() : selector(&colon_);
    if (last == ":" || last == "," || last == "\\" || last == "/") return services();
    add("is", Kind::Keyword, "what must come of it", "is ${1|allow,deny|}", "1");
  }

  static constexpr Next arrow_{"->", "to"};
  static constexpr Next claim_arrow_{"->", "to, in one hop"};
  static constexpr Next colon_{":", "for these services"};
  static constexpr Next isolate_end_{};
};

}  // namespace

Json completion(const View& view, std::string_view text, std::uint32_t offset, const Lines& lines) {
  return Completer(view, text, offset, lines).complete();
}

}  // namespace weft::lsp
