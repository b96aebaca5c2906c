#include "frontend/meaning.h"

#include "frontend/declarations.h"
#include "frontend/networks.h"
#include "frontend/selectors.h"
#include "frontend/services.h"

namespace weft::frontend {

model::Selector meaning_of(std::span<const ast::File> files, const ast::Selector& selector) {
  Diagnostics unheard;
  Reporter reporter(unheard);
  Declarations declarations(files, reporter);
  NetworkResolver networks(declarations, reporter);
  return SelectorResolver(declarations, networks, reporter).resolve(selector);
}

model::PortSet meaning_of(std::span<const ast::File> files, const ast::Services& services) {
  Diagnostics unheard;
  Reporter reporter(unheard);
  Declarations declarations(files, reporter);
  return ServiceResolver(declarations, reporter).resolve(services).value_or(model::PortSet{});
}

}  // namespace weft::frontend
