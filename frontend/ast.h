#pragma once

#include <cstdint>
#include <memory>
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
  std::string local{};  ///< what it is known by if an expansion of a template declares it; people never see it

  /// By which it is declared and found.
  const std::string& key() const { return local.empty() ? text : local; }
};

/// Text in double quotes; `text` is what they mean, escapes resolved.
struct Text {
  std::string text;
  Span span{};
  bool parameter = false;  ///< no text but a name: in a template, of the parameter whose text is meant
};

/// A label key: `app`, `ns.team`, `` node.`k` ``. `extra` says that more parts followed or that a slash stood between
/// them, which is a mistake that `resolve` explains.
struct Key {
  std::optional<Name> scope;
  Name name;
  bool extra = false;
  std::string text;  ///< as written, but for spaces and comments between its parts
  Span span{};
  bool open = false;  ///< stands for the argument of a template that is tried out, so it may be any
};

/// A number, date or address as it was written.
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

/// One use of a template. Statements that came out of it know it.
struct Expansion {
  std::string name;                          ///< of the template
  Span at{};                                 ///< the `use`
  std::shared_ptr<const Expansion> outer{};  ///< the use around it
  bool trial = false;                        ///< no use: the template is tried out by itself
};
using ExpansionPointer = std::shared_ptr<const Expansion>;

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
  ExpansionPointer expansion{};
};

struct NetworkStatement {
  Name name;
  Networks networks;
  Span span{};
  bool open = false;  ///< the argument of a template that is tried out: any
  ExpansionPointer expansion{};
};

struct ServiceStatement {
  Name name;
  Services services;
  Span span{};
  bool open = false;  ///< the argument of a template that is tried out: any
  ExpansionPointer expansion{};
};

struct TiersStatement {
  std::vector<Name> names;
  Span span{};
};

struct GuardStatement {
  Selector nodes;
  Span span{};
  ExpansionPointer expansion{};
};

/// `@name` or `@name(value, …)` before a statement.
struct Annotation {
  struct Value {
    enum class Kind : std::uint8_t { Text, Date, Number, Word };

    Kind kind = Kind::Word;
    std::string text;  ///< as written, texts without their quotes
    Span span{};
  };

  Name name;
  std::vector<Value> values;
  Span span{};
};

struct IsolateStatement {
  enum class Side : std::uint8_t { Both, Ingress, Egress };

  std::vector<Annotation> annotations;
  bool audit = false;
  Selector subject;
  Side side = Side::Both;
  Span span{};  ///< without its annotations
};

/// `source.KEY == destination.KEY`, the ends in either order.
struct Relation {
  struct End {
    bool source = true;  ///< otherwise of the destination
    Key key;
    Span span{};
  };

  End left;
  End right;
  bool equal = true;
  Span span{};
};

/// `requires http(method = "GET")`.
struct Obligation {
  struct Detail {
    Name key;
    Text value;
  };

  Name kind;
  std::vector<Detail> details;
  Span span{};  ///< without `requires`
};

/// `log` with or without a text.
struct Log {
  std::optional<Text> text;
  Span span{};
};

/// An edge: what a rule or an assertion says.
struct Edge {
  Selector source;
  Selector destination;
  Services services;
  std::vector<Relation> relations;  ///< of `when`
  std::optional<Text> because;
};

struct RuleStatement {
  enum class Verdict : std::uint8_t { Allow, Deny, Pass };
  enum class Gate : std::uint8_t { Both, Source, Destination };

  std::vector<Annotation> annotations;
  bool audit = false;
  Verdict verdict = Verdict::Allow;
  std::optional<Name> pass_to;
  Gate gate = Gate::Both;
  Edge edge;
  std::vector<Obligation> obligations;
  std::optional<Log> log;
  std::optional<Literal> expires;
  Span span{};  ///< without its annotations
};

struct AssertionStatement {
  std::vector<Annotation> annotations;
  bool never = true;  ///< otherwise `always`
  Edge edge;
  Span arrow{};        ///< `->` or `~>`
  bool chain = false;  ///< `~>`; then `edge` may have no services, which means all of them
  std::optional<Selector> avoiding;
  std::optional<Span> in_inventory;  ///< where it says so
  Span span{};                       ///< without its annotations
  ExpansionPointer expansion{};
};

using PolicyItem = std::variant<IsolateStatement, RuleStatement, GuardStatement>;

struct PolicyStatement {
  std::vector<Annotation> annotations;
  Name name;
  bool name_is_text = false;  ///< written in double quotes
  std::optional<Name> tier;
  bool ordered = false;
  std::optional<Literal> priority;
  std::optional<Text> owner;
  std::optional<Selector> scope;  ///< of `for`
  bool audit = false;
  std::vector<PolicyItem> items;
  bool unreadable_header = false;  ///< what the header says is a guess; its error is reported
  Span span{};                     ///< of the header, from `policy` to `{`
  std::optional<Span> close;       ///< its `}`
  ExpansionPointer expansion{};
};

// ---- tests

/// Who stands at one end of an expectation.
struct TestEnd {
  /// `{app: "web", ns: "shop"}`
  struct Imagined {
    struct Entry {
      Key key;
      Text value;
    };
    std::vector<Entry> labels;
  };
  /// `"shop/web-1"`
  struct Workload {
    Text name;
  };
  /// `10.0.0.1`
  struct Address {
    Literal address;
  };

  std::variant<Selector, Imagined, Workload, Address> who;
  Span span{};
};

/// `web -> api : tcp/8080 is allow at source by shop.edge`
struct Expectation {
  enum class Gate : std::uint8_t { Both, Source, Destination };

  /// A policy, a rule of it by its `@id`, or one of the words `isolation`, `profile`, `own-node`, `self`.
  struct By {
    Name name;
    bool name_is_text = false;  ///< written in double quotes
    std::optional<Name> rule;
    Span span{};
  };

  TestEnd source;
  TestEnd destination;
  Services services;
  bool allowed = true;
  Gate gate = Gate::Both;
  std::optional<By> by;
  Span span{};
};

struct TestStatement {
  std::vector<Annotation> annotations;
  Text name;
  std::vector<Expectation> expectations;
  bool unreadable_header = false;
  Span span{};                ///< of the header, from `test` to `{`
  std::optional<Span> close;  ///< its `}`
  ExpansionPointer expansion{};
};

// ---- templates and other files

/// The value of a template parameter, read in every way that makes sense of it: `web` may be a group, a network, a
/// service, a tier, a label key or another parameter; `app == "web"` is a selector only. The parameter decides.
struct Argument {
  std::optional<Selector> selector;
  std::optional<Networks> networks;
  std::optional<Services> services;
  std::optional<Key> key;
  std::optional<Name> name;
  std::optional<Text> text;
  Span span{};
};

struct Parameter {
  enum class Kind : std::uint8_t { Group, Network, Service, Tier, String, Label };

  Name name;
  std::optional<Kind> kind;  ///< none: unreadable, which is reported
  std::optional<Argument> initial;
  Span span{};
};

/// `use NAME(PARAMETER = VALUE, …) as ALIAS`
struct UseStatement {
  struct Value {
    Name parameter;
    Argument argument;
    Span span{};
  };

  Name name;
  std::vector<Value> values;
  std::optional<Name> alias;
  Span span{};
};

/// What a template may hold.
using BodyStatement = std::variant<GroupStatement, NetworkStatement, ServiceStatement, GuardStatement,
                                   AssertionStatement, PolicyStatement, TestStatement, UseStatement>;

struct TemplateStatement {
  std::vector<Annotation> annotations;
  Name name;
  std::vector<Parameter> parameters;
  std::vector<BodyStatement> body;
  bool unreadable_header = false;  ///< what the header says is a guess; its error is reported
  Span span{};                     ///< of the header, from `template` to `{`
  std::optional<Span> close;       ///< its `}`
};

/// `import "shop/base.weft"` or `import std.core.dns`.
struct ImportStatement {
  std::optional<Text> path;
  std::vector<Name> module;  ///< std, core, dns
  Span span{};
};

using Statement = std::variant<ProfileStatement, LabelStatement, GroupStatement, NetworkStatement, ServiceStatement,
                               TiersStatement, GuardStatement, AssertionStatement, PolicyStatement, TestStatement,
                               TemplateStatement, UseStatement, ImportStatement>;

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
  bool policy = false;  ///< some policy has an unreadable name
  bool rule = false;    ///< some rule is unreadable, and with it the name it may have
};

/// One file. Statements that could not be understood are absent; their errors are reported.
struct File {
  SourceId source{};
  std::vector<Statement> statements;  ///< in text order
  std::vector<Comment> comments;      ///< in text order
  Lost lost;
  bool library = false;  ///< a standard module that was imported: what the user declares comes before it
  bool trial = false;    ///< templates tried out: checked like a policy, and no part of it
};

}  // namespace weft::frontend::ast
