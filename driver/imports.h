#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "driver/files.h"
#include "frontend/frontend.h"

namespace weft::driver {

/// What policies import, from disk and from the standard modules. A path is relative to the file that imports it, and
/// every file is one source, however it is reached.
class PolicyImports : public frontend::ImportReader {
 public:
  /// `given` are the policies that are read anyway, `names` whatever else is known of the inputs.
  PolicyImports(const InputNames& names, Sources& sources, const std::vector<SourceId>& given);

  std::optional<SourceId> file(std::string_view path, Span at, Diagnostics& diagnostics) override;
  std::vector<std::string> modules() const override;
  SourceId module(std::string_view name) override;

 private:
  using Identity = std::pair<dev_t, ino_t>;

  static std::optional<Identity> identity_of(const std::string& name);

  const InputNames& names_;
  Sources& sources_;
  std::vector<SourceId> given_;
  std::map<Identity, std::optional<SourceId>> files_;  ///< none: it could not be read, which is reported
  std::map<std::string, SourceId, std::less<>> modules_;
};

}  // namespace weft::driver
