#include "frontend/symbols.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "frontend/frontend.h"
#include "frontend/place.h"
#include "frontend/words.h"
#include "stdlib-policies/modules.h"

namespace weft::frontend {
namespace {

using Kind = Symbol::Kind;

struct Read {
  Sources sources;
  std::vector<ast::File> files;
};

Read read(const std::vector<std::string>& texts) {
  Read out;
  Diagnostics diagnostics;
  for (const std::string& text : texts) {
    const SourceId id = out.sources.add("test.weft", text);
    out.files.push_back(parse(out.sources, id, diagnostics));
  }
  REQUIRE_FALSE(diagnostics.has_errors());
  return out;
}

const std::string shop =
    "label app, ns . team : string\n"
    "group web = app == \"web\" && ns.team == \"x\"\n"
    "policy \"the shop\" { @id(front) allow web -> addr net : pg }\n"
    "test \"t\" { web -> web : pg is deny by \"gate/open\".inner }\n"
    "network net = 10.0.0.0/8\n"
    "service pg = tcp/5432, tcp/`pg`\n"
    "template door(who: group, name: string) {\n"
    "  group mine = app == name\n"
    "  policy open { @id(inner) allow who -> mine : pg }\n"
    "}\n"
    "use door(who = web, name = \"api\") as gate\n";

// How often a name stands there, its declarations among them.
void check(const Symbols& symbols, const Symbol& symbol, std::size_t all, std::size_t declarations) {
  CAPTURE(symbol.name, symbol.scope);
  const auto found = symbols.all_of(symbol);
  CHECK(found.size() == all);
  CHECK(static_cast<std::size_t>(std::ranges::count_if(found, [](const auto* it) { return it->declaration; })) ==
        declarations);
}

}  // namespace

TEST_CASE("every name is known for what it stands for", "[frontend][symbols]") {
  const Read it = read({shop});
  const Symbols symbols(it.files);
  check(symbols, {Kind::Selector, "", "web"}, 5, 1);
  check(symbols, {Kind::Selector, "", "net"}, 2, 1);
  check(symbols, {Kind::Service, "", "pg"}, 4, 1);
  check(symbols, {Kind::Port, "", "pg"}, 1, 0);
  check(symbols, {Kind::Label, "", "app"}, 3, 1);
  check(symbols, {Kind::Label, "", "ns.team"}, 2, 1);
  check(symbols, {Kind::Value, "app", "web"}, 1, 0);
  check(symbols, {Kind::Policy, "", "the shop"}, 1, 1);
  check(symbols, {Kind::Policy, "door", "open"}, 2, 1);
  check(symbols, {Kind::Rule, "door/open", "inner"}, 2, 1);
  check(symbols, {Kind::Rule, "the shop", "front"}, 1, 1);
  check(symbols, {Kind::Use, "", "gate"}, 2, 1);
  check(symbols, {Kind::Template, "", "door"}, 2, 1);
  check(symbols, {Kind::Parameter, "door", "who"}, 3, 1);
  check(symbols, {Kind::Parameter, "door", "name"}, 3, 1);
  check(symbols, {Kind::Selector, "door", "mine"}, 2, 1);
}

TEST_CASE("names of the standard modules stand where they are said to", "[frontend][symbols]") {
  std::vector<std::string> texts;
  for (const stdlib_policies::Module& module : stdlib_policies::modules()) texts.emplace_back(module.text);
  const Read it = read(texts);
  const Symbols symbols(it.files);
  REQUIRE(symbols.all().size() > 200);
  for (const Occurrence& each : symbols.all()) {
    std::string text(it.sources.text(each.span));
    std::erase_if(text, [](char letter) { return letter == '`' || letter == '"' || letter == ' '; });
    CHECK(text == each.symbol.name);
    CHECK(symbols.at(each.span.source, each.span.begin) == &each);
    // Whatever has a name is declared, but for ports, values and the words that are there already.
    const bool there = each.symbol.kind == Kind::Port || each.symbol.kind == Kind::Value || each.symbol.name == "ns" ||
                       each.symbol.name == "sa" || each.symbol.name == "cluster";
    if (!there) CHECK(symbols.declaration(each.symbol) != nullptr);
  }
}

TEST_CASE("what stands around a place is nested", "[frontend][place]") {
  const Read it = read({shop});
  const ast::File& file = it.files.front();
  for (std::uint32_t offset = 0; offset <= shop.size(); ++offset) {
    const Place place = place_in(file, offset);
    for (std::size_t i = 0; i < place.spans.size(); ++i) {
      CHECK(place.spans[i].begin <= offset);
      CHECK(place.spans[i].end >= offset);
      if (i == 0) continue;
      CHECK(place.spans[i].begin >= place.spans[i - 1].begin);
      CHECK(place.spans[i].end <= place.spans[i - 1].end);
    }
  }
  const auto at = [&](std::string_view text) { return place_in(file, static_cast<std::uint32_t>(shop.find(text))); };
  CHECK(at("who -> mine").pattern != nullptr);
  CHECK(at("who -> mine").rule != nullptr);
  CHECK(at("web -> addr").pattern == nullptr);
  CHECK(it.sources.text(at("ns.team == ").selector->span) == "ns.team == \"x\"");
  CHECK(at("is deny").test != nullptr);
  CHECK(at("is deny").expectation != nullptr);
}

TEST_CASE("words of a text, and names as a text spells them", "[frontend][words]") {
  const auto words = words_of("allow web -> \"x\" // y");
  REQUIRE(words.size() == 5);
  CHECK(words[0].kind == Word::Kind::Keyword);
  CHECK(words[0].begins_statement);
  CHECK(words[1].kind == Word::Kind::Name);
  CHECK(words[2].kind == Word::Kind::Sign);
  CHECK(words[3].kind == Word::Kind::Text);
  CHECK(words[4].kind == Word::Kind::Comment);
  CHECK(spelled_name("web") == "web");
  CHECK(spelled_name("redis-cart") == "redis-cart");
  CHECK(spelled_name("because") == "because");
  CHECK(spelled_name("service") == "`service`");
  CHECK(spelled_name("two words") == "`two words`");
  CHECK(spelled_name("größe") == "`größe`");
  CHECK(spelled_name("ns") == "`ns`");
}

}  // namespace weft::frontend
