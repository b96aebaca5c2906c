#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"

/// Policy text as people wrote it: nothing is looked up, nothing is simplified, every part knows its span.
namespace weft::frontend::ast {

/// A word that names something; `quoted` words stood in backticks, which are not part of `text`.
struct Name {
  std::string text;
  Span span{};
  bool quoted = false;
};

/// Text in double quotes; `text` is what they mean, escapes resolved.
struct Text {
  std::string text;
  Span span{};
};

/// A label key: `app`, `ns.team`, `` node.`k` ``. `extra` says that more parts followed or that a slash stood between
/// them, which is a mistake that `resolve` explains.
struct Key {
  std::optional<Name> scope;
  Name name;
  bool extra = false;
  std::string text;  ///< as written
  Span span{};
};

/// A number or address as it was written.
struct Literal {
  std::string text;
  Span span{};
};

/// One network, by prefix or by name.
struct NetworkItem {
  std::variant<Literal, Name> what;
  Span span{};
};

/// `base \ cut \ cut …`
struct NetworkDifference {
  NetworkItem base;
  std::vector<NetworkItem> cuts;
  Span span{};
};

/// A union of differences.
struct Networks {
  std::vector<NetworkDifference> items;
  Span span{};
};

// ---- selectors

struct Selector;

enum class Entity : std::uint8_t { Any, None, Workload, Node, World, Apiserver };

/// `KEY == "v"`, `KEY != "v"`, `KEY in {…}`, `KEY not in {…}`, `KEY like "g*"`.
struct Comparison {
  enum class Operator : std::uint8_t { Equals, Differs, In, NotIn, Like };

  Key key;
  Operator op = Operator::Equals;
  std::vector<Text> values;
  Span values_span{};
};

struct Has {
  Key key;
};

/// A group, or a network (which then means the world only).
struct Reference {
  Name name;
};

/// `addr …` matches any peer by address, `world …` the world only.
struct AddressTest {
  bool world_only = false;
  Networks networks;
};

struct Not {
  std::vector<Selector> operand;  ///< exactly one
};

struct All {
  std::vector<Selector> operands;
};

struct AnyOf {
  std::vector<Selector> operands;
};

/// Stands where nothing could be understood; its error is reported already.
struct Unreadable {};

struct Selector {
  std::variant<Unreadable, Entity, Comparison, Has, Reference, AddressTest, Not, All, AnyOf> node;
  Span span{};  ///< with its parentheses, if it has some
  bool parenthesized = false;
};

// ---- services

/// `tcp`, `tcp|udp/53`, `tcp/8000-8010`, `icmp/3/4`, `` tcp/`http` ``, `any`, or the name of a service.
struct ServiceItem {
  bool any = false;
  std::vector<Name> protocols;  ///< or a single name of a service
  std::optional<Name> port_name;
  std::optional<Literal> first;  ///< port, ICMP type, or IP protocol number
  std::optional<Literal> last;   ///< of a range
  std::optional<Literal> code;   ///< after a second slash
  Span span{};
};

struct ServiceDifference {
  ServiceItem base;
  std::vector<ServiceItem> cuts;
  Span span{};
};

struct Services {
  std::vector<ServiceDifference> items;
  Span span{};
};

// ---- statements

struct ProfileStatement {
  Name name;
  Span span{};
};

/// `label k1, k2 : string` or `label k : "a" | "b"`.
struct LabelStatement {
  std::vector<Key> keys;
  std::optional<std::vector<Text>> values;  ///< none: any text
  Span span{};
};

struct GroupStatement {
  Name name;
  Selector selector;
  Span span{};
};

struct NetworkStatement {
  Name name;
  Networks networks;
  Span span{};
};

struct ServiceStatement {
  Name name;
  Services services;
  Span span{};
};

struct TiersStatement {
  std::vector<Name> names;
  Span span{};
};

struct GuardStatement {
  Selector nodes;
  Span span{};
};

struct IsolateStatement {
  enum class Side : std::uint8_t { Both, Ingress, Egress };

  Selector subject;
  Side side = Side::Both;
  Span span{};
};

/// An edge: what a rule or an assertion says.
struct Edge {
  Selector source;
  Selector destination;
  Services services;
  std::optional<Text> because;
};

struct RuleStatement {
  enum class Verdict : std::uint8_t { Allow, Deny, Pass };
  enum class Gate : std::uint8_t { Both, Source, Destination };

  Verdict verdict = Verdict::Allow;
  std::optional<Name> pass_to;
  Gate gate = Gate::Both;
  Edge edge;
  Span span{};
};

struct AssertionStatement {
  bool never = true;  ///< otherwise `always`
  Edge edge;
  Span span{};
};

using PolicyItem = std::variant<IsolateStatement, RuleStatement, GuardStatement>;

struct PolicyStatement {
  Name name;
  bool name_is_text = false;  ///< written in double quotes
  std::optional<Name> tier;
  bool ordered = false;
  std::optional<Literal> priority;
  std::optional<Text> owner;
  std::vector<PolicyItem> items;
  bool unreadable_header = false;  ///< what the header says is a guess; its error is reported
  Span span{};                     ///< of the header, from `policy` to `{`
};

using Statement = std::variant<ProfileStatement, LabelStatement, GroupStatement, NetworkStatement, ServiceStatement,
                               TiersStatement, GuardStatement, AssertionStatement, PolicyStatement>;

/// `// text` up to the line end.
struct Comment {
  Span span{};
};

/// What can be said of declarations that could not be read, so that their uses are not reported as well.
struct Lost {
  std::vector<std::string> names;  ///< of groups, networks and services: declared, but nobody knows as what
  bool group = false;              ///< some group or network has an unreadable name
  bool service = false;
  bool label = false;
  bool tier = false;
};

/// One file. Statements that could not be understood are absent; their errors are reported.
struct File {
  SourceId source{};
  std::vector<Statement> statements;  ///< in text order
  std::vector<Comment> comments;      ///< in text order
  Lost lost;
};

}  // namespace weft::frontend::ast
