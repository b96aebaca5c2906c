#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/found.h"

namespace weft::inventory {
namespace {

using Keys = const std::vector<std::string>&;
using Entry = Node::Entry;

Keys root_keys() {
  static const std::vector<std::string> keys{"namespaces", "nodes", "apiserver", "workloads", "overlay"};
  return keys;
}

std::vector<FoundAddress> read_addresses(Context& context, const Entry& entry) {
  std::vector<FoundAddress> out;
  if (!context.is_list(entry)) return out;
  for (const Node& item : entry.value.items()) {
    if (const std::optional<FoundAddress> address = read_address(context, {entry.key, item})) out.push_back(*address);
  }
  return out;
}

// "tcp/8080"
std::optional<model::NamedPort> parse_port(std::string_view name, std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view protocol = text.substr(0, slash);
  const std::string_view number = text.substr(slash + 1);
  model::NamedPort out{std::string(name), 0, 0};
  if (protocol == "tcp") {
    out.protocol = model::protocol::tcp;
  } else if (protocol == "udp") {
    out.protocol = model::protocol::udp;
  } else if (protocol == "sctp") {
    out.protocol = model::protocol::sctp;
  } else {
    return {};
  }
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.port);
  const bool leading_zero = number.size() > 1 && number[0] == '0';
  if (error != std::errc{} || end != number.data() + number.size() || leading_zero) return {};
  return out;
}

void read_port(Context& context, const Entry& entry, std::vector<model::NamedPort>& out) {
  static constexpr std::string_view form =
      "write protocol and number, `tcp/8080` for instance; the protocols are tcp, udp and sctp";
  // A bare number is what people try first: say what is missing, not that it is no text.
  if (entry.value.is(Node::Kind::Number)) {
    context.reporter().report(bad_port, context.span(entry), printable(entry.value.text())).suggest(std::string(form));
    return;
  }
  const std::optional<std::string> text = context.text(entry, "port");
  if (!text) return;
  if (std::optional<model::NamedPort> port = parse_port(entry.key.text(), *text)) {
    out.push_back(std::move(*port));
  } else {
    context.reporter().report(bad_port, context.span(entry), printable(*text)).suggest(std::string(form));
  }
}

std::vector<model::NamedPort> read_ports(Context& context, const Entry& entry) {
  std::vector<model::NamedPort> out;
  if (!context.is_map(entry)) return out;
  for (const Entry& port : context.fields(entry.value, nullptr)) {
    if (port.key.text().empty()) {
      context.reporter().report(bad_name, context.span(port.key), "the empty text");
      continue;
    }
    if (!port.value.is(Node::Kind::List)) read_port(context, port, out);
    for (const Node& item : port.value.items()) read_port(context, {port.key, item}, out);
  }
  return out;
}

std::string read_place(Context& context, const Entry& entry) {
  const std::optional<std::string> text = context.text(entry);
  if (text && text->empty()) context.reporter().report(bad_name, context.span(entry), "the empty text");
  return text.value_or("");
}

void read_interface(Context& context, const Entry& entry, std::string& out) {
  const std::string text = read_place(context, entry);
  if (text.empty()) return;
  if (text.size() > 15 || text == "." || text == ".." || text.find_first_of("/: \t\r\n") != std::string::npos) {
    context.reporter()
        .report(bad_interface, context.span(entry), printable(text))
        .suggest("the kernel's names have at most 15 bytes, without spaces, `/` and `:`");
    return;
  }
  if (!out.empty()) out += " ";
  out += text;
}

std::optional<model::Attachment> read_attachment(Context& context, const Entry& entry) {
  static const std::vector<std::string> keys{"interface", "cgroup", "netns"};
  if (!context.is_map(entry)) return {};
  model::Attachment out;
  bool names_interface = false;
  for (const Entry& field : context.fields(entry.value, &keys)) {
    if (field.key.text() == "cgroup") out.cgroup = read_place(context, field);
    if (field.key.text() == "netns") out.netns = read_place(context, field);
    if (field.key.text() != "interface") continue;
    names_interface = true;
    if (!field.value.is(Node::Kind::List)) read_interface(context, field, out.interface);
    for (const Node& item : field.value.items()) read_interface(context, {field.key, item}, out.interface);
  }
  if (!out.netns.empty() && !names_interface) {
    context.reporter()
        .report(missing_key, context.span(entry), "an attachment in a network namespace", "interface")
        .suggest("name the interface in it, the node's end of the workload's link");
  }
  return out;
}

void read_namespaces(Context& context, const Entry& entry, Found& found) {
  static const std::vector<std::string> keys{"labels"};
  if (!context.is_map(entry)) return;
  for (const Entry& field : context.fields(entry.value, nullptr)) {
    const std::optional<std::string> name = read_name(context, {field.key, field.key});
    if (!name) continue;
    FoundNamespace out{*name, context.span(field.key), {}};
    // `shop:` alone lists a namespace without labels.
    if (!field.value.is(Node::Kind::Null) && context.is_map(field, "namespace")) {
      for (const Entry& part : context.fields(field.value, &keys)) {
        if (context.is_map(part)) out.labels = read_namespace_labels(context, part.value, *name);
      }
    }
    found.namespaces.push_back(std::move(out));
  }
}

/// The name of an entry of a list, reported where it is missing.
bool take_name(Context& context, const std::vector<Entry>& fields, const Node& item, std::string_view what,
               std::string& name, Span& span) {
  const auto field = std::ranges::find(fields, "name", [](const Entry& e) { return e.key.text(); });
  if (field == fields.end()) {
    context.reporter().report(missing_key, context.span(item), std::string(what), "name");
    return false;
  }
  std::optional<std::string> text = read_instance_name(context, *field);
  if (!text) return false;
  name = std::move(*text);
  span = context.span(*field);
  return true;
}

void take_node(Context& context, const Entry& field, std::string& node, Span& span) {
  if (std::optional<std::string> text = read_name(context, field)) {
    node = std::move(*text);
    span = context.span(field);
  }
}

void take_identity(Context& context, const Entry& field, const model::LabelKey& key, model::Labels& labels) {
  if (std::optional<std::string> text = context.text(field)) labels[key] = std::move(*text);
}

void read_workload(Context& context, const Node& item, Found& found) {
  static const std::vector<std::string> keys{"name", "ns",        "sa",    "cluster",      "labels",
                                             "node", "addresses", "ports", "host_network", "attach"};
  const std::vector<Entry> fields = context.fields(item, &keys);
  FoundInstance out;
  const bool named = take_name(context, fields, item, "a workload", out.name, out.span);
  for (const Entry& field : fields) {
    const std::string_view key = field.key.text();
    if (key == "ns") take_identity(context, field, model::keys::ns, out.labels);
    if (key == "sa") take_identity(context, field, model::keys::sa, out.labels);
    if (key == "cluster") take_identity(context, field, model::keys::cluster, out.labels);
    if (key == "labels" && context.is_map(field))
      out.labels.merge(read_labels(context, field.value, model::keys::of_workload));
    if (key == "node") take_node(context, field, out.node, out.node_span);
    if (key == "addresses") out.addresses = read_addresses(context, field);
    if (key == "ports") out.ports = read_ports(context, field);
    if (key == "attach") {
      out.attach = read_attachment(context, field);
      out.attach_span = context.span(field.key);
    }
    if (key == "host_network") {
      out.host_network = context.boolean(field).value_or(false);
      out.host_network_span = context.span(field);
    }
  }
  if (named) found.instances.push_back(std::move(out));
}

void read_node(Context& context, const Node& item, Found& found) {
  static const std::vector<std::string> keys{"name", "labels", "addresses", "ports", "attach"};
  const std::vector<Entry> fields = context.fields(item, &keys);
  FoundInstance out;
  out.is_node = true;
  const bool named = take_name(context, fields, item, "a node", out.name, out.span);
  for (const Entry& field : fields) {
    const std::string_view key = field.key.text();
    if (key == "labels" && context.is_map(field)) out.labels = read_labels(context, field.value, model::keys::of_node);
    if (key == "addresses") out.addresses = read_addresses(context, field);
    if (key == "ports") out.ports = read_ports(context, field);
    if (key == "attach") {
      out.attach = read_attachment(context, field);
      out.attach_span = context.span(field.key);
    }
  }
  if (named) found.instances.push_back(std::move(out));
}

void read_overlay(Context& context, const Node& item, Found& found) {
  static const std::vector<std::string> keys{"name", "node", "addresses", "attach"};
  const std::vector<Entry> fields = context.fields(item, &keys);
  FoundOverlay out;
  const bool named = take_name(context, fields, item, "an overlay", out.name, out.span);
  for (const Entry& field : fields) {
    const std::string_view key = field.key.text();
    if (key == "node") take_node(context, field, out.node, out.node_span);
    if (key == "addresses") out.addresses = read_addresses(context, field);
    if (key == "attach") {
      out.attach = read_attachment(context, field);
      out.attach_span = context.span(field.key);
    }
  }
  if (named) found.overlays.push_back(std::move(out));
}

void read_apiserver(Context& context, const Entry& entry, Found& found) {
  static const std::vector<std::string> keys{"addresses"};
  if (!context.is_map(entry)) return;
  for (const Entry& field : context.fields(entry.value, &keys)) {
    for (const FoundAddress& address : read_addresses(context, field)) {
      found.apiserver.add(model::AddressSet::of(address.address));
    }
  }
}

// True if some key is one of ours, or nearly. A person's file shows that early.
bool looks_native(const Node& root) {
  static constexpr std::size_t most_keys = 100;
  const std::span<const Entry> entries = root.entries().first(std::min(most_keys, root.entries().size()));
  return entries.empty() || std::ranges::any_of(entries, [](const Entry& entry) {
           return entry.key.is(Node::Kind::Text) && !nearest(entry.key.text(), root_keys()).empty();
         });
}

}  // namespace

void read_native(Context& context, const Node& root, Found& found) {
  if (!looks_native(root)) {
    context.reporter()
        .report(not_inventory, context.span(root.entries().front().key))
        .suggest(fmt::format("the keys of an inventory are `{}`; a Kubernetes object has `kind`",
                             fmt::join(root_keys(), "`, `")));
    return;
  }
  for (const Entry& entry : context.fields(root, &root_keys())) {
    const std::string_view key = entry.key.text();
    if (key == "namespaces") {
      read_namespaces(context, entry, found);
    } else if (key == "apiserver") {
      read_apiserver(context, entry, found);
    } else if (context.is_list(entry)) {
      for (const Node& item : entry.value.items()) {
        if (context.reporter().full()) return;
        if (!context.is_map({entry.key, item}, "an element of")) continue;
        if (key == "nodes") read_node(context, item, found);
        if (key == "workloads") read_workload(context, item, found);
        if (key == "overlay") read_overlay(context, item, found);
      }
    }
  }
}

}  // namespace weft::inventory
