#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "frontend/ast.h"
#include "frontend/declarations.h"

// Private to this folder.
namespace weft::frontend {

/// Every template of the files by its name, checked for what is wrong with it whatever the arguments are.
class Templates {
 public:
  struct Template {
    const ast::TemplateStatement* statement;
    bool library = false;
    bool sound = true;  ///< otherwise its uses would only repeat what is reported of it
    bool open = false;  ///< its uses are being followed
    bool followed = false;
  };

  Templates(std::span<const ast::File> files, Reporter& reporter);

  /// The template a `use` means, or nothing, which is reported once per name.
  const Template* find(const ast::UseStatement& use);
  /// In the order of their declarations.
  const std::vector<Template*>& all() const { return order_; }

 private:
  void follow(Template& from, std::vector<const ast::UseStatement*>& path);
  void report_unknown(const ast::UseStatement& use);
  void report_cycle(const Template& first, std::span<const ast::UseStatement* const> cycle);

  Reporter& reporter_;
  std::map<std::string, Template, std::less<>> templates_;
  std::vector<Template*> order_;
  std::set<std::string, std::less<>> unknown_;
  bool lost_ = false;  ///< some template has an unreadable name, or a file could not be read
};

}  // namespace weft::frontend
