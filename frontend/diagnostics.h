#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/diagnostics.h"

/// Everything the front end has to say. Codes are W10xx; each has a case in tests/cases/frontend that provokes it.
namespace weft::frontend {

/// Policy text in a sentence: printable, and in backticks unless it has some of its own.
std::string marked(std::string_view text);

/// A name as it stands in a policy: in backticks where it is no plain word, or one of the language.
std::string spelled(std::string_view name);

/// Suggests another name in place of the one that stands there.
void did_you_mean(Diagnostic& diagnostic, Span place, std::string_view near);

// ---- reading the text

/// The whole sentence is made where the mistake is understood: "expected `->` after the source, found `:`".
inline constexpr DiagnosticKind<std::string> syntax{"W1001", Severity::Error, "{}"};
inline constexpr DiagnosticKind<> invalid_text{"W1004", Severity::Error, "the file is no text: this byte is no UTF-8"};
inline constexpr DiagnosticKind<> nul_byte{"W1005", Severity::Error, "the file is no text: it holds a NUL byte"};
inline constexpr DiagnosticKind<std::string> unknown_character{"W1006", Severity::Error,
                                                               "{} means nothing in a policy"};
inline constexpr DiagnosticKind<std::string, std::string_view> hidden_direction{
    "W1080", Severity::Error, "{} turns the order in which this {} is shown"};
inline constexpr DiagnosticKind<std::string_view> unclosed{"W1007", Severity::Error, "this {} has no end on its line"};
inline constexpr DiagnosticKind<> empty_quotes{"W1049", Severity::Error, "there is no name between the backticks"};
inline constexpr DiagnosticKind<> foreign_comment{"W1008", Severity::Error, "comments begin with `//`"};
inline constexpr DiagnosticKind<std::size_t, std::size_t> too_large{"W1009", Severity::Error,
                                                                    "the file has {} bytes, and at most {} are read"};
inline constexpr DiagnosticKind<std::size_t> too_deep{"W1010", Severity::Error,
                                                      "this is nested more than {} levels deep"};
inline constexpr DiagnosticKind<std::size_t> too_many_errors{"W1011", Severity::Note,
                                                             "after {} errors the rest was not looked at"};
inline constexpr DiagnosticKind<> no_policy{"W1081", Severity::Error, "this is no policy: nothing in it can be read"};
inline constexpr DiagnosticKind<> empty_file{"W1012", Severity::Warning, "the file says nothing"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> no_rules{
    "W1013", Severity::Warning, "there is no rule: the profile `{}` {} every flow"};
inline constexpr DiagnosticKind<std::string> unknown_escape{"W1014", Severity::Error, "`{}` means nothing in a text"};
inline constexpr DiagnosticKind<std::string_view> outside_policy{"W1015", Severity::Error,
                                                                 "`{}` stands outside a policy"};
inline constexpr DiagnosticKind<std::string_view, std::string> unclosed_block{"W1016", Severity::Error,
                                                                              "{} `{}` is not closed"};
inline constexpr DiagnosticKind<> stray_brace{"W1017", Severity::Error, "this `}}` closes nothing"};
inline constexpr DiagnosticKind<std::size_t> too_long{"W1047", Severity::Error,
                                                      "this statement has more than {} words"};

inline constexpr DiagnosticKind<std::string, std::string_view> unfit_annotation{
    "W1051", Severity::Error, "`@{}` stands before `{}`, which takes no annotations"};
inline constexpr DiagnosticKind<std::string> lone_annotation{"W1052", Severity::Error,
                                                             "`@{}` stands before no statement"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> wrong_block{"W1053", Severity::Error,
                                                                                "`{}` stands inside a {}"};
inline constexpr DiagnosticKind<std::string> unknown_parameter_kind{"W1054", Severity::Error,
                                                                    "`{}` is no type of parameter"};

// ---- names

inline constexpr DiagnosticKind<std::string> unknown_label_key{"W1003", Severity::Error,
                                                               "label key {} is not declared"};
inline constexpr DiagnosticKind<std::string> stated_twice{"W1018", Severity::Error, "{} is stated twice"};
inline constexpr DiagnosticKind<std::string_view, std::string> declared_twice{"W1019", Severity::Error,
                                                                              "{} {} is declared twice"};
inline constexpr DiagnosticKind<std::string_view, std::string> unknown_name{"W1020", Severity::Error,
                                                                            "there is no {} `{}`"};
inline constexpr DiagnosticKind<std::string> unknown_service{"W1021", Severity::Error, "there is no service `{}`"};
inline constexpr DiagnosticKind<std::string> unknown_tier{"W1022", Severity::Error, "there is no tier `{}`"};
inline constexpr DiagnosticKind<std::string> unknown_profile{"W1023", Severity::Error, "there is no profile `{}`"};
inline constexpr DiagnosticKind<std::string_view, std::string> circular{"W1024", Severity::Error,
                                                                        "{} `{}` is defined by itself"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> misplaced_peer_node{
    "W1090", Severity::Error, "`{}` depends on the subject of a gate, and {}"};
inline constexpr DiagnosticKind<std::string_view, std::string> reserved_name{
    "W1045", Severity::Error, "{} cannot be called `{}`, which has a meaning already"};
inline constexpr DiagnosticKind<std::string_view, std::size_t> too_involved{
    "W1048", Severity::Error, "{} more than {} comparisons once its groups are put in"};

// ---- templates and other files

inline constexpr DiagnosticKind<std::string> unknown_template{"W1070", Severity::Error, "there is no template `{}`"};
inline constexpr DiagnosticKind<std::string, std::string> unknown_parameter{"W1071", Severity::Error,
                                                                            "template `{}` has no parameter `{}`"};
inline constexpr DiagnosticKind<std::string, std::string> missing_argument{"W1072", Severity::Error,
                                                                           "this use of `{}` gives no value for {}"};
inline constexpr DiagnosticKind<std::string> use_name_taken{"W1073", Severity::Error,
                                                            "another use is called `{}` already"};
inline constexpr DiagnosticKind<std::string, std::string_view, std::string, std::string_view> wrong_argument{
    "W1074", Severity::Error, "parameter `{}` takes {}, and {} is {}"};
inline constexpr DiagnosticKind<std::string> recursive_template{"W1075", Severity::Error, "template `{}` uses itself"};
inline constexpr DiagnosticKind<std::size_t, std::string_view> too_much_made{
    "W1076", Severity::Error, "templates make more than {} {} of the policy"};
inline constexpr DiagnosticKind<std::string, std::string_view, std::string_view> misused_parameter{
    "W1077", Severity::Error, "parameter `{}` is {}, and {} is wanted here"};
inline constexpr DiagnosticKind<std::string> no_such_parameter{"W1078", Severity::Error,
                                                               "`{}` stands for a text, and no parameter is called so"};
inline constexpr DiagnosticKind<std::string> unknown_module{"W1079", Severity::Error, "there is no module `{}`"};

// ---- labels and selectors

inline constexpr DiagnosticKind<std::string, std::string> unknown_value{"W1025", Severity::Error, "{} is never \"{}\""};
inline constexpr DiagnosticKind<std::string, std::string> unmatched_pattern{"W1044", Severity::Error,
                                                                            "no value of {} is like \"{}\""};
inline constexpr DiagnosticKind<std::string> bad_key{"W1026", Severity::Error, "`{}` is no label key"};
inline constexpr DiagnosticKind<std::string> predeclared_key{"W1027", Severity::Error,
                                                             "label key {} is declared already, by the language"};
inline constexpr DiagnosticKind<std::string> key_alone{"W1028", Severity::Error, "label key `{}` stands alone"};
inline constexpr DiagnosticKind<> empty_set{"W1029", Severity::Error, "the set is empty"};
inline constexpr DiagnosticKind<std::string_view> bare_negation{"W1042", Severity::Warning,
                                                                "this negation also matches {}"};
inline constexpr DiagnosticKind<std::string> no_gates{"W1046", Severity::Warning, "this has no effect: {}"};

// ---- networks

inline constexpr DiagnosticKind<std::string> bad_address{"W1030", Severity::Error, "`{}` is no address or prefix"};
inline constexpr DiagnosticKind<std::string, unsigned> host_bits{"W1031", Severity::Error,
                                                                 "prefix `{}` has bits set beyond its first {}"};
inline constexpr DiagnosticKind<> mixed_families{"W1032", Severity::Error, "IPv4 and IPv6 are cut from one another"};
inline constexpr DiagnosticKind<std::string, std::string> outside_base{
    "W1033", Severity::Error, "`{}` does not lie in `{}`, from which it is cut"};
inline constexpr DiagnosticKind<> empty_difference{"W1034", Severity::Error, "nothing is left of this difference"};

// ---- services

inline constexpr DiagnosticKind<std::string, std::string_view, unsigned> number_too_large{
    "W1035", Severity::Error, "`{}` is no {}: the largest is {}"};
inline constexpr DiagnosticKind<std::string, std::string> reversed_range{"W1036", Severity::Error,
                                                                         "the range runs backwards from {} to {}"};
inline constexpr DiagnosticKind<std::string> bad_service{"W1037", Severity::Error, "{}"};
inline constexpr DiagnosticKind<> named_port_in_difference{"W1038", Severity::Error,
                                                           "a named port cannot take part in a difference"};
inline constexpr DiagnosticKind<std::string_view> unknown_protocol{"W1039", Severity::Error, "`{}` is no protocol"};
inline constexpr DiagnosticKind<std::string, std::string> outside_service{
    "W1050", Severity::Error, "`{}` has nothing in common with `{}`, from which it is cut"};

// ---- policies

inline constexpr DiagnosticKind<std::string> tier_needed{"W1040", Severity::Error,
                                                         "policy `{}` does not say which tier it is in"};
inline constexpr DiagnosticKind<std::string, std::string> pass_backwards{
    "W1041", Severity::Error, "`pass to {}` does not lead on: the rule is in tier `{}`"};
inline constexpr DiagnosticKind<std::string_view, std::string> foreign_gate{
    "W1062", Severity::Error, "the rule speaks at the {} of peers that policy `{}` is not for"};
inline constexpr DiagnosticKind<std::string> foreign_subject{"W1063", Severity::Error,
                                                             "among these are peers that policy `{}` is not for"};
inline constexpr DiagnosticKind<std::string> bad_priority{"W1043", Severity::Error, "priority `{}` is out of range"};

// ---- claims

inline constexpr DiagnosticKind<> hops_only{"W1095", Severity::Error,
                                            "`avoiding` is said of a claim about a single hop"};
inline constexpr DiagnosticKind<> related_chain{"W1096", Severity::Error,
                                                "`when` is said of a claim about a chain of hops"};
inline constexpr DiagnosticKind<> open_chain{"W1097", Severity::Error,
                                             "`always … ~>` can be said of an inventory only"};

// ---- clauses and annotations

inline constexpr DiagnosticKind<std::string, std::string_view> bad_annotation{"W1055", Severity::Error,
                                                                              "`@{}` needs {}"};
inline constexpr DiagnosticKind<std::string> rules_only{"W1056", Severity::Error,
                                                        "`@{}` stands before something that is no rule"};
inline constexpr DiagnosticKind<std::string> unknown_expectation{"W1057", Severity::Error,
                                                                 "`{}` is nothing that can be expected"};
inline constexpr DiagnosticKind<std::string> bad_date{"W1058", Severity::Error, "`{}` is no date"};
inline constexpr DiagnosticKind<std::string, std::string> expired{"W1059", Severity::Error, "the deadline {} {}"};
inline constexpr DiagnosticKind<std::string_view> one_sided{"W1060", Severity::Error,
                                                            "both sides of this comparison are the {}"};
inline constexpr DiagnosticKind<std::string> unknown_obligation{"W1061", Severity::Error,
                                                                "`{}` is nothing that a rule can require"};

// ---- tests

inline constexpr DiagnosticKind<std::string> imagined_node{
    "W1064", Severity::Error, "an imagined workload cannot have {}, which is a label of nodes"};
inline constexpr DiagnosticKind<std::string> empty_test{"W1065", Severity::Warning, "test `{}` expects nothing"};
inline constexpr DiagnosticKind<std::string> one_address{"W1066", Severity::Error, "`{}` is no address"};

}  // namespace weft::frontend
