#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/diagnostics.h"

namespace weft::inventory {

// Every code has case files under tests/cases/inventory; a test compares the two lists.

// Texts that are none.
inline constexpr DiagnosticKind<> not_utf8{"W2001", Severity::Error, "the inventory is not UTF-8 text"};
inline constexpr DiagnosticKind<> nul_byte{"W2002", Severity::Error, "the inventory contains a NUL byte"};
inline constexpr DiagnosticKind<> empty_text{"W2003", Severity::Error, "the inventory is empty"};
inline constexpr DiagnosticKind<std::string> bad_yaml{"W2004", Severity::Error, "this is not YAML: {}"};
inline constexpr DiagnosticKind<std::string> bad_json{"W2005", Severity::Error, "this is not JSON: {}"};
inline constexpr DiagnosticKind<std::size_t> too_deep{"W2006", Severity::Error,
                                                      "the document nests deeper than {} levels"};
inline constexpr DiagnosticKind<std::size_t> too_many_aliases{
    "W2007", Severity::Error, "the aliases of the document stand for more than {} values"};
inline constexpr DiagnosticKind<std::string> unknown_anchor{"W2008", Severity::Error,
                                                            "alias `*{}` names no anchor before it"};
inline constexpr DiagnosticKind<std::size_t> too_many_errors{"W2009", Severity::Error,
                                                             "more than {} errors; the others are not shown"};

// The shape of documents.
inline constexpr DiagnosticKind<std::string> unknown_key{"W2010", Severity::Error, "unknown key `{}`"};
inline constexpr DiagnosticKind<std::string> duplicate_key{"W2011", Severity::Error, "key `{}` is given twice"};
inline constexpr DiagnosticKind<std::string, std::string, std::string> wrong_type{"W2012", Severity::Error,
                                                                                  "{} must be {}, but this is {}"};
inline constexpr DiagnosticKind<std::string, std::string> missing_key{"W2013", Severity::Error, "{} has no `{}`"};
inline constexpr DiagnosticKind<std::string, std::string> not_text{"W2014", Severity::Error,
                                                                   "{} must be text, but this is {}"};

// Names.
inline constexpr DiagnosticKind<std::string> bad_name{"W2015", Severity::Error, "{} is not a usable name"};
inline constexpr DiagnosticKind<std::string> reserved_name{
    "W2016", Severity::Error, "`{}` cannot be a name: the language uses it for something else"};
inline constexpr DiagnosticKind<std::string> duplicate_name{"W2017", Severity::Error,
                                                            "two workloads or nodes are named `{}`"};
inline constexpr DiagnosticKind<std::string> duplicate_namespace{"W2018", Severity::Error,
                                                                 "namespace `{}` is listed twice"};
inline constexpr DiagnosticKind<std::string, std::string> other_namespace_name{
    "W2019", Severity::Error,
    "label `kubernetes.io/metadata.name` of namespace `{}` says `{}`, but it is always the name"};

// Addresses and ports.
inline constexpr DiagnosticKind<std::string> bad_address{"W2020", Severity::Error,
                                                         "`{}` is not an IPv4 or IPv6 address"};
inline constexpr DiagnosticKind<std::string, std::string, std::string> shared_address{
    "W2021", Severity::Error, "address {} belongs to both `{}` and `{}`"};
inline constexpr DiagnosticKind<std::string, std::string> repeated_address{"W2022", Severity::Error,
                                                                           "address {} of `{}` is given twice"};
inline constexpr DiagnosticKind<std::string> bad_port{"W2023", Severity::Error, "`{}` is not a port"};

// Nodes and attachments.
inline constexpr DiagnosticKind<std::string> unknown_node{"W2024", Severity::Error, "no node is named `{}`"};
inline constexpr DiagnosticKind<std::string> host_without_node{
    "W2025", Severity::Error, "workload `{}` uses the host network, but it does not say of which node"};
inline constexpr DiagnosticKind<std::string, std::string> host_has_no_own{
    "W2026", Severity::Error, "workload `{}` uses the host network, so it cannot have {} of its own"};
inline constexpr DiagnosticKind<std::string> bad_interface{"W2027", Severity::Error, "`{}` cannot name an interface"};
inline constexpr DiagnosticKind<std::string, std::string, std::string> shared_attachment{
    "W2028", Severity::Error, "`{}` is where both `{}` and `{}` are attached"};

// Overlays.
inline constexpr DiagnosticKind<std::string> unknown_overlay{
    "W2029", Severity::Error, "the overlay names workload `{}`, which is not in the inventory"};
inline constexpr DiagnosticKind<std::string, std::string> stated_twice{
    "W2030", Severity::Error, "workload `{}` has {} already, apart from this overlay"};

// What is left out.
inline constexpr DiagnosticKind<std::string> left_out{
    "W2031", Severity::Warning, "workload `{}` uses the host network of a node that is not known, so it is left out"};
inline constexpr DiagnosticKind<std::string, std::string> skipped_objects{"W2032", Severity::Note,
                                                                          "skipped {} of kinds Weft does not know: {}"};
inline constexpr DiagnosticKind<> not_inventory{"W2033", Severity::Error,
                                                "this is neither an inventory nor a Kubernetes object"};

}  // namespace weft::inventory
