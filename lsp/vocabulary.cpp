#include "lsp/vocabulary.h"

#include <algorithm>

namespace weft::lsp {
namespace {

using Where = LanguageWord::Where;

constexpr LanguageWord words[] = {
    {"profile", Where::Top, "what holds where nothing decides: strict, k8s, cilium, calico",
     "profile ${1|strict,k8s,cilium,calico|}"},
    {"label", Where::Top, "declares label keys, and the values they may have", "label ${1:app} : ${2:string}"},
    {"group", Where::Top, "a name for peers", "group ${1:name} = ${2:selector}"},
    {"network", Where::Top, "a name for addresses", "network ${1:name} = ${2:10.0.0.0/8}"},
    {"service", Where::Top, "a name for services", "service ${1:name} = ${2:tcp/443}"},
    {"tiers", Where::Top, "the tiers in the order a gate asks them", "tiers ${1:admin}, ${2:app}"},
    {"guard", Where::Top, "turns the gates of nodes on", "guard ${1:node}"},
    {"never", Where::Top, "claims that no such flow is allowed; it is proved for every label set there can be",
     "never ${1:source} -> ${2:destination} : ${3:any}"},
    {"always", Where::Top, "claims that every such flow is allowed; it is proved for every label set there can be",
     "always ${1:source} -> ${2:destination} : ${3:tcp/443}"},
    {"policy", Where::Top, "rules that belong together, in a tier", "policy ${1:name} {\n  $0\n}"},
    {"test", Where::Top, "flows, and what must come of them",
     "test \"${1:name}\" {\n  ${2:source} -> ${3:destination} : ${4:tcp/443} is ${5|allow,deny|}\n}"},
    {"template", Where::Top, "a part of a policy with parts left open",
     "template ${1:name}(${2:clients}: ${3|group,network,service,tier,string,label|}) {\n  $0\n}"},
    {"use", Where::Top, "puts a template in", "use ${1:template}($0)"},
    {"import", Where::Top, "reads another file, or a standard module", "import ${1:std.core.dns}"},
    {"allow", Where::Policy, "opens the gates of both ends for these flows, unless a deny of the tier closes them",
     "allow ${1:source} -> ${2:destination} : ${3:tcp/443}"},
    {"deny", Where::Policy, "closes the gates for these flows; wins over allow in its tier",
     "deny ${1:source} -> ${2:destination} : ${3:any}"},
    {"pass", Where::Policy, "leaves the decision to the next tier, or to a later one it names",
     "pass ${1:source} -> ${2:destination} : ${3:any}"},
    {"isolate", Where::Policy, "denies for these peers what no rule of the tier decides", "isolate ${1:workload}"},
    {"audit", Where::Policy, "what it would decide is recorded, and then it counts as no match", ""},
    {"guard", Where::Policy, "turns the gates of nodes on", "guard ${1:node}"},
    {"in", Where::PolicyHeader, "the tier these rules stand in", "in ${1:tier}"},
    {"ordered", Where::PolicyHeader, "its rules decide in the order they stand in", ""},
    {"priority", Where::PolicyHeader, "lower is asked first within the tier", "priority ${1:0}"},
    {"owner", Where::PolicyHeader, "whom to ask", "owner \"${1:team}\""},
    {"for", Where::PolicyHeader, "it writes the gates of these peers only", "for ${1:selector}"},
    {"audit", Where::PolicyHeader, "nothing in it is in force: what it would decide is recorded", ""},
    {"when", Where::RuleClause, "only flows whose ends have labels that compare so",
     "when source.${1:key} == destination.${1:key}"},
    {"expires", Where::RuleClause, "in force before that day, 00:00 UTC", "expires ${1:2030-01-31}"},
    {"log", Where::RuleClause, "flows it decides are logged", ""},
    {"requires", Where::RuleClause, "what no packet filter can see: carried and shown",
     "requires ${1|http,grpc,dns,mutual-auth,sni|}"},
    {"because", Where::RuleClause, "the reason, shown where the rule is", "because \"${1:reason}\""},
    {"when", Where::ClaimClause, "only flows whose ends have labels that compare so",
     "when source.${1:key} == destination.${1:key}"},
    {"avoiding", Where::ClaimClause, "unless the chain leads over one of these", "avoiding ${1:selector}"},
    {"in inventory", Where::ClaimClause, "about the workloads and nodes of the inventory alone", ""},
    {"because", Where::ClaimClause, "the reason, shown where the claim is", "because \"${1:reason}\""},
    {"any", Where::Selector, "every peer", ""},
    {"none", Where::Selector, "no peer", ""},
    {"workload", Where::Selector, "every workload", ""},
    {"node", Where::Selector, "every node", ""},
    {"world", Where::Selector, "whatever is neither workload nor node", ""},
    {"apiserver", Where::Selector, "the addresses of the API server", ""},
    {"addr", Where::Selector, "any peer by its address", "addr ${1:10.0.0.0/8}"},
    {"has", Where::Selector, "the key is set", "has ${1:key}"},
    {"at", Where::Expectation, "the verdict of one gate alone", "at ${1|source,destination|}"},
    {"by", Where::Expectation, "what must have decided", "by ${1:policy}"},
    {"like", Where::Selector, "compares with a pattern: `*` is any text, `?` one character", ""},
    {"not", Where::Selector, "`not in {…}`: the key is set, and to none of these", ""},
    {"ingress", Where::Policy, "of `isolate`: what comes in", ""},
    {"egress", Where::Policy, "of `isolate`: what goes out", ""},
};

constexpr KnownAnnotation annotations[] = {
    {"id", "names a rule; unique in its policy", "id(${1:name})"},
    {"expect", "what is known of this rule, so that it is no finding", "expect(${1|conflict,dead,redundant|})"},
    {"owner", "whom to ask", "owner(\"${1:team}\")"},
    {"review_by", "when to look again", "review_by(${1:2030-01-31})"},
};

}  // namespace

std::span<const LanguageWord> language_words() { return words; }

std::string_view what_it_does(std::string_view word) {
  const auto found = std::ranges::find(words, word, &LanguageWord::word);
  return found == std::end(words) ? std::string_view() : found->says;
}

std::span<const KnownAnnotation> known_annotations() { return annotations; }

}  // namespace weft::lsp
