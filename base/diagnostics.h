#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/source.h"

namespace weft {

enum class Severity { Error, Warning, Note };

/// One kind of finding: its stable code, its severity, and the sentence with a hole for each argument. Codes are never
/// reused: W1xxx language, W2xxx inventory, W3xxx verifier, W4xxx plan and code generation, W5xxx bundle, W6xxx kernel,
/// W9xxx command line and files.
template <typename... Arguments>
struct DiagnosticKind {
  std::string_view code;
  Severity severity;
  fmt::format_string<const Arguments&...> sentence;
};

/// A span with what to say about it.
struct Label {
  Span span;
  std::string text;
};

/// Text to put in the place of a span; an empty span is a place to insert at.
struct Edit {
  Span span;
  std::string replacement;

  bool operator==(const Edit&) const = default;
};

/// Whether a fix is what the author meant (nobody has to look) or one of several things that may have been meant.
enum class Applicability { MachineApplicable, MaybeIncorrect };

/// A remedy as edits of the text. They do not overlap, and are made together or not at all.
struct Fix {
  std::string title;
  std::vector<Edit> edits;
  Applicability applicability = Applicability::MaybeIncorrect;
};

/// One finding. Every text stands alone: lower case, no full stop, policy text in backticks.
struct Diagnostic {
  std::string code;
  Severity severity = Severity::Error;
  std::string message;
  std::optional<Span> span;   ///< the place it is about; absent only where there is no text (a missing file)
  std::string span_text;      ///< said at the caret, may be empty
  std::vector<Label> labels;  ///< other places that belong to it
  std::vector<std::string> notes;
  std::vector<std::string> suggestions;  ///< what to do; the title of every fix is one of them
  std::vector<Fix> fixes;
  bool denied = false;  ///< a warning that a level made an error

  // Fluent forms for the reporting phase.
  Diagnostic& at(std::string text) {
    span_text = std::move(text);
    return *this;
  }
  Diagnostic& label(Span place, std::string text) {
    labels.push_back({place, std::move(text)});
    return *this;
  }
  Diagnostic& note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
  }
  Diagnostic& suggest(std::string text) {
    suggestions.push_back(std::move(text));
    return *this;
  }
  /// A suggestion that says exactly what to write.
  Diagnostic& fix(Fix remedy) {
    suggestions.push_back(remedy.title);
    fixes.push_back(std::move(remedy));
    return *this;
  }
  Diagnostic& fix(std::string title, Span place, std::string replacement,
                  Applicability applicability = Applicability::MachineApplicable) {
    return fix({std::move(title), {{place, std::move(replacement)}}, applicability});
  }
};

/// What a warning counts for.
enum class LintLevel { Allow, Warn, Deny };

/// Levels by code. `Warn` makes a warning of an error; nothing else is made of errors, and nothing of notes.
using LintLevels = std::map<std::string, LintLevel, std::less<>>;

/// What the phases of one run have to say, in the order they said it.
class Diagnostics {
 public:
  template <typename... Arguments>
  Diagnostic& report(const DiagnosticKind<Arguments...>& kind, std::optional<Span> span,
                     const std::type_identity_t<Arguments>&... arguments) {
    return add(
        {std::string(kind.code), kind.severity, fmt::format(kind.sentence, arguments...), span, {}, {}, {}, {}, {}});
  }
  /// What an allowed warning becomes is forgotten: the reference is good until the next `add`.
  Diagnostic& add(Diagnostic diagnostic);

  /// Applied to what is added from here on: `Allow` drops a warning, `Deny` makes it an error, `Warn` does the reverse.
  void set_levels(LintLevels levels) { levels_ = std::move(levels); }

  /// Errors of the input, after which nothing meaningful can follow. Denied warnings are none: they are shown and
  /// counted as errors in the end, and every phase goes on.
  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  std::size_t denied() const { return denied_; }
  std::size_t warnings() const { return warnings_; }
  const std::vector<Diagnostic>& all() const { return all_; }
  bool empty() const { return all_.empty(); }

 private:
  std::vector<Diagnostic> all_;
  LintLevels levels_;
  Diagnostic dropped_;
  std::size_t errors_ = 0;
  std::size_t denied_ = 0;
  std::size_t warnings_ = 0;
};

struct RenderOptions {
  bool color = false;
  std::size_t limit = 100;  ///< diagnostics shown; the rest is counted in a last line
};

/// The diagnostics as people read them: message, place, excerpt with carets, notes and help. Text that is no valid
/// UTF-8 and control characters are shown escaped, long lines are cut around the caret.
std::string render(const Diagnostics& diagnostics, const Sources& sources, const RenderOptions& options);

}  // namespace weft
