#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/found.h"

namespace weft::inventory {

std::optional<std::string> read_name(Context& context, const Node::Entry& entry) {
  std::optional<std::string> name = context.text(entry);
  if (!name) return {};
  if (name->empty()) {
    context.reporter().report(bad_name, context.span(entry), "the empty text");
    return {};
  }
  const bool control =
      std::ranges::any_of(*name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (control || name->front() == ' ' || name->back() == ' ') {
    context.reporter()
        .report(bad_name, context.span(entry), fmt::format("`{}`", printable(*name)))
        .suggest("a name has no control characters, and no spaces at its ends");
    return {};
  }
  return name;
}

std::optional<std::string> read_instance_name(Context& context, const Node::Entry& entry) {
  // Words that mean a peer of another sort wherever a name may stand.
  static constexpr auto reserved =
      std::to_array<std::string_view>({"any", "apiserver", "none", "node", "workload", "world"});
  std::optional<std::string> name = read_name(context, entry);
  if (!name) return {};
  if (std::ranges::find(reserved, *name) != reserved.end()) {
    context.reporter()
        .report(reserved_name, context.span(entry), *name)
        .suggest(fmt::format("name it after its namespace as well, `shop/{}` for instance", *name));
    return {};
  }
  return name;
}

std::optional<FoundAddress> read_address(Context& context, const Node::Entry& entry) {
  const std::optional<std::string> text = context.text(entry, "an element of");
  if (!text) return {};
  if (const std::optional<model::Address> address = model::parse_address(*text)) {
    return FoundAddress{*address, context.span(entry)};
  }
  Diagnostic& diagnostic = context.reporter().report(bad_address, context.span(entry), printable(*text));
  if (text->find('/') != std::string::npos) {
    const std::string address = text->substr(0, text->find('/'));
    const bool single = text->ends_with(address.find(':') == std::string::npos ? "/32" : "/128");
    suggest_instead(diagnostic, context.sources(), context.span(entry), *text,
                    "an inventory lists single addresses: leave out the prefix length", address,
                    single ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
  } else if (text->find('%') != std::string::npos) {
    const std::string address = text->substr(0, text->find('%'));
    suggest_instead(diagnostic, context.sources(), context.span(entry), *text,
                    fmt::format("no zone is allowed: write `{}`", printable(address)), address);
  } else if (text->starts_with('[')) {
    const std::size_t close = text->find(']');
    const std::string address = text->substr(1, std::min(close, text->size()) - 1);
    suggest_instead(diagnostic, context.sources(), context.span(entry), *text, "leave out the brackets", address);
  } else {
    diagnostic.suggest("write it like `10.0.0.1` or \"fd00::1\"; leading zeros are not allowed in IPv4");
  }
  return {};
}

namespace {

template <typename Take>
void each_label(Context& context, const Node& map, Take take) {
  for (const Node::Entry& entry : context.fields(map, nullptr)) {
    if (entry.key.text().empty()) {
      context.reporter().report(bad_name, context.span(entry.key), "the empty text");
      continue;
    }
    if (std::optional<std::string> value = context.text(entry, "label")) take(entry, std::move(*value));
  }
}

}  // namespace

model::Labels read_labels(Context& context, const Node& map, model::LabelKey (*key)(std::string)) {
  model::Labels out;
  each_label(context, map, [&](const Node::Entry& entry, std::string value) {
    out.emplace(key(std::string(entry.key.text())), std::move(value));
  });
  return out;
}

model::Labels read_namespace_labels(Context& context, const Node& map, const std::string& name) {
  model::Labels out;
  each_label(context, map, [&](const Node::Entry& entry, std::string value) {
    if (entry.key.text() != "kubernetes.io/metadata.name") {
      out.emplace(model::keys::of_namespace(std::string(entry.key.text())), std::move(value));
    } else if (value != name) {
      // It is what `ns` says, and never a label of its own.
      context.reporter().report(other_namespace_name, context.span(entry), name, printable(value));
    }
  });
  return out;
}

}  // namespace weft::inventory
