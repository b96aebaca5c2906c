#include "frontend/networks.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend {
namespace {

bool has_family(const model::AddressSet& set, model::Family family) {
  return std::ranges::any_of(set.ranges(), [&](const auto& range) { return range.first.family == family; });
}

// True if the second set has addresses of a family of which the first has none.
bool other_family(const model::AddressSet& base, const model::AddressSet& cut) {
  return std::ranges::any_of(cut.ranges(), [&](const auto& range) { return !has_family(base, range.first.family); });
}

std::string written(const ast::NetworkItem& item) {
  if (const auto* literal = std::get_if<ast::Literal>(&item.what)) return printable(literal->text);
  return printable(std::get<ast::Name>(item.what).text);
}

}  // namespace

std::optional<model::AddressSet> NetworkResolver::resolve(const ast::Networks& networks) {
  std::vector<model::AddressRange> ranges;
  bool readable = true;
  for (const ast::NetworkDifference& item : networks.items) {
    const auto part = resolve(item);
    readable = readable && part.has_value();
    if (part) ranges.insert(ranges.end(), part->ranges().begin(), part->ranges().end());
  }
  if (!readable) return {};
  std::ranges::sort(ranges);  // a set takes ascending ranges fastest
  model::AddressSet all;
  for (const model::AddressRange& range : ranges) all.add(range);
  return all;
}

std::optional<model::AddressSet> NetworkResolver::resolve(const ast::NetworkDifference& difference) {
  const auto base = resolve(difference.base);
  std::optional<model::AddressSet> left = base;
  bool sensible = true;
  for (const ast::NetworkItem& item : difference.cuts) {
    const auto cut = resolve(item);
    if (!cut || !base) {
      left.reset();
    } else if (other_family(*base, *cut)) {
      reporter_.report(mixed_families, item.span).label(difference.base.span, "it is cut from this");
      sensible = false;
    } else if (!base->contains(*cut)) {
      reporter_.report(outside_base, item.span, written(item), written(difference.base));
      sensible = false;
    } else if (left) {
      left->remove(*cut);
    }
  }
  if (left && left->empty() && sensible) reporter_.report(empty_difference, difference.span);
  return left;
}

std::optional<model::AddressSet> NetworkResolver::resolve(const ast::NetworkItem& item) {
  if (const auto* literal = std::get_if<ast::Literal>(&item.what)) return resolve(*literal);
  return named(std::get<ast::Name>(item.what));
}

std::optional<model::AddressSet> NetworkResolver::named(const ast::Name& name) {
  const auto found = declarations_.networks.find(name.key());
  if (found == declarations_.networks.end()) {
    declarations_.unknown_network(name);
    return {};
  }
  Declarations::Network& network = found->second;
  if (network.progress == Progress::Done) return network.meaning;
  if (network.progress == Progress::Open) {
    reporter_.report(circular, name.span, "network", printable(name.text))
        .label(network.statement->name.span, "it is defined here");
    return {};
  }
  if (depth_ >= Limits::nesting) {
    if (!depth_reported_) reporter_.report(too_deep, name.span, Limits::nesting);
    depth_reported_ = true;
    return {};
  }
  const Reporter::Within within(reporter_, network.statement->expansion);
  network.progress = Progress::Open;
  ++depth_;
  network.meaning = resolve(network.statement->networks);
  --depth_;
  network.progress = Progress::Done;
  return network.meaning;
}

std::optional<model::AddressSet> NetworkResolver::resolve(const ast::Literal& literal) {
  const auto prefix = model::parse_prefix(literal.text);
  if (!prefix) {
    Diagnostic& diagnostic = reporter_.report(bad_address, literal.span, printable(literal.text));
    const bool v6 = literal.text.find(':') != std::string::npos;
    diagnostic.suggest(v6 ? "an IPv6 prefix is written `fd00::/8`" : "an IPv4 prefix is written `10.0.0.0/8`");
    return {};
  }
  if (!is_canonical(*prefix)) {
    const model::Prefix meant{prefix->first(), prefix->length};
    const std::string network = to_string(meant), address = to_string(prefix->base);
    reporter_.report(host_bits, literal.span, literal.text, prefix->length)
        .fix(fmt::format("the network is `{}`", network), literal.span, network, Applicability::MaybeIncorrect)
        .fix(fmt::format("the single address is `{}`", address), literal.span, address, Applicability::MaybeIncorrect);
  }
  return model::AddressSet::of(*prefix);
}

}  // namespace weft::frontend
