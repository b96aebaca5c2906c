#include "cli/pairs.h"

#include <algorithm>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using runtime::PairHits;

std::string_view word(PairHits::Verdict verdict) {
  switch (verdict) {
    case PairHits::Verdict::Denied:
      return "deny";
    case PairHits::Verdict::Allowed:
      return "allow";
    case PairHits::Verdict::Reply:
      return "reply";
  }
  return "";
}

// "app == "web" (12, such as shop/web-1)"; of one workload its name says it all.
std::string end_text(const std::vector<bundle::ClassName>& classes, std::uint16_t number) {
  std::string out = printable(class_text(classes, number));
  if (number >= classes.size()) return out;
  const bundle::ClassName& known = classes[number];
  if (known.members > 1) out += fmt::format(" ({}, such as {})", known.members, printable(known.example));
  return out;
}

Json end_json(const std::vector<bundle::ClassName>& classes, std::uint16_t number) {
  Json out{{"class", number}, {"name", class_text(classes, number)}};
  if (number >= classes.size()) return out;
  if (!classes[number].example.empty()) out["example"] = classes[number].example;
  out["members"] = classes[number].members;
  return out;
}

}  // namespace

std::string class_text(const std::vector<bundle::ClassName>& classes, std::uint16_t number) {
  return number < classes.size() ? classes[number].text : fmt::format("class {}", number);
}

std::string pairs_text(const runtime::Pairs& pairs) {
  std::string out;
  if (pairs.hits.empty()) {
    out = "no packets\n";
  } else {
    out = fmt::format("{:>12}  {:<7}  {:<7}  from -> to\n", "packets", "verdict", "gate");
  }
  for (const PairHits& each : pairs.hits) {
    out += fmt::format("{:>12}  {:<7}  {:<7}  {} -> {}\n", each.packets, word(each.verdict),
                       each.egress ? "egress" : "ingress", end_text(pairs.classes, each.source),
                       end_text(pairs.classes, each.destination));
  }
  if (pairs.forgotten != 0) {
    out += fmt::format(
        "{} were forgotten, with what they had counted: there is room for {} (`weft build --count-pairs=N`)\n",
        pairs.forgotten == 1 ? std::string("1 pair") : fmt::format("{} pairs", pairs.forgotten), pairs.room);
  }
  if (pairs.missed != 0) out += fmt::format("{} packets were not counted: there was no room\n", pairs.missed);
  return out;
}

std::string pairs_json(const runtime::Pairs& pairs) {
  Json list = Json::array();
  for (const PairHits& each : pairs.hits) {
    list.push_back({{"source", end_json(pairs.classes, each.source)},
                    {"destination", end_json(pairs.classes, each.destination)},
                    {"gate", each.egress ? "egress" : "ingress"},
                    {"verdict", word(each.verdict)},
                    {"packets", each.packets}});
  }
  const Json out{{"pairs", std::move(list)},
                 {"room", pairs.room},
                 {"forgotten", pairs.forgotten},
                 {"missed_packets", pairs.missed}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
