#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "frontend/ast.h"
#include "model/policy.h"

// Private to this folder.
namespace weft::frontend {

/// The findings of name resolution, bounded: past the limit they are counted by one note and dropped.
class Reporter {
 public:
  explicit Reporter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  template <typename... Arguments>
  Diagnostic& report(const DiagnosticKind<Arguments...>& kind, Span span,
                     const std::type_identity_t<Arguments>&... arguments) {
    if (said_of_template(kind.code, kind.severity, span) || full(span)) return dropped_ = {};
    return show_uses(diagnostics_.report(kind, span, arguments...), span);
  }
  std::size_t errors() const { return diagnostics_.errors(); }
  /// True past the limit, which is told at the span, once.
  bool full(Span span);

  /// The expansion of a template that is looked at; none outside.
  const ast::Expansion* expansion() const { return expansion_; }

  /// While it lives, what is reported concerns a statement that came out of `expansion`, or one of no template.
  class Within {
   public:
    Within(Reporter& reporter, const ast::ExpansionPointer& expansion)
        : reporter_(reporter), around_(std::exchange(reporter.expansion_, expansion.get())) {}
    ~Within() { reporter_.expansion_ = around_; }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;

   private:
    Reporter& reporter_;
    const ast::Expansion* around_;
  };

 private:
  /// A mistake of the template itself is found when it is tried out, and a warning in its first use: not again.
  bool said_of_template(std::string_view code, Severity severity, Span span);
  Diagnostic& show_uses(Diagnostic& diagnostic, Span span) const;

  Diagnostics& diagnostics_;
  Diagnostic dropped_;
  const ast::Expansion* expansion_ = nullptr;
  std::set<std::tuple<std::string_view, SourceId, std::uint32_t, std::uint32_t>> said_;
  bool noted_ = false;
};

/// The expansion a statement came out of, or none.
const ast::ExpansionPointer& expansion_of(const ast::Statement& statement);

/// How far the look-up of a definition has come, to find those that are defined by themselves.
enum class Progress : std::uint8_t { Untouched, Open, Done };

/// What `host` and `remote_node` ask for; nothing of any other name, and in backticks they are names like others.
std::optional<model::PeerNode> peer_node_of(const ast::Name& name);

/// Everything the files declare by name, whatever order and file it stands in.
class Declarations {
 public:
  struct Group {
    const ast::GroupStatement* statement;
    Progress progress = Progress::Untouched;
    model::Selector meaning;
    std::size_t comparisons = 0;
    std::size_t depth = 0;
    bool readable = true;
    bool confined = false;  ///< only peers of one kind can match
  };
  struct Network {
    const ast::NetworkStatement* statement;
    Progress progress = Progress::Untouched;
    std::optional<model::AddressSet> meaning;  ///< none where it could not be understood
  };
  struct Service {
    const ast::ServiceStatement* statement;
    Progress progress = Progress::Untouched;
    std::optional<model::PortSet> meaning;
  };

  Declarations(std::span<const ast::File> files, Reporter& reporter);

  std::map<std::string, Group, std::less<>> groups;
  std::map<std::string, Network, std::less<>> networks;
  std::map<std::string, Service, std::less<>> services;
  std::vector<model::Tier> tiers;
  std::map<model::LabelKey, model::KeyDomain> schema;

  /// The key that is meant, or nothing where it is none; that is reported.
  std::optional<model::LabelKey> key(const ast::Key& key);
  /// The same, and it must be declared.
  std::optional<model::LabelKey> declared_key(const ast::Key& key);
  /// The files all this was declared in.
  std::span<const ast::File> files() const { return files_; }
  /// True if some declaration of a label could not be read.
  bool labels_lost() const { return lost_.label; }
  std::optional<model::TierId> tier(const ast::Name& name);

  /// Called for a name nothing is declared by. Says so once per name, and not at all where the declaration may be among
  /// those that could not be read.
  void unknown_selector(const ast::Name& name);
  void unknown_network(const ast::Name& name);
  void unknown_service(const ast::Name& name);

  bool tiers_lost() const { return lost_.tier; }
  /// True if there are policies whose names could not be read.
  bool policies_lost() const { return lost_.policy; }
  /// True if there are rules that could not be read, with names nobody knows.
  bool rules_lost() const { return lost_.rule; }

 private:
  void declare(const ast::GroupStatement& statement);
  void declare(const ast::NetworkStatement& statement);
  void declare(const ast::ServiceStatement& statement);
  void declare(const ast::LabelStatement& statement, bool library);
  void declare(const ast::TiersStatement& statement);
  bool selector_name_taken(const ast::Name& name, std::string_view kind);
  bool lost(const ast::Name& name) const;
  bool declared_before(const model::LabelKey& key, const model::KeyDomain& domain, bool library);
  /// What can be meant by a name that nothing is declared by.
  template <typename Map>
  static void visible_names(const Map& declared, std::vector<std::string>& into);
  bool first_time(std::string_view kind, const std::string& name);

  void unknown_key(const ast::Key& written, const model::LabelKey& meant);

  std::span<const ast::File> files_;
  Reporter& reporter_;
  ast::Lost lost_;
  std::optional<Span> tiers_span_;
  std::set<model::LabelKey> library_keys_;  ///< declared by standard modules only
  std::set<std::string, std::less<>> unknown_;
};

}  // namespace weft::frontend
