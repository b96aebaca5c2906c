#include "driver/project_profile.h"

#include "driver/codes.h"

namespace weft::driver {

void check_project_profile(const Project& project, const model::Policy& policy, Diagnostics& diagnostics) {
  if (!project.profile || !policy.profile_stated) return;
  const Project::ProfileChoice& chosen = *project.profile;
  if (policy.profile == chosen.profile) return;
  diagnostics.report(project_profile, *policy.profile_stated, policy.profile.name, chosen.profile.name)
      .label(chosen.span, "the project says so here")
      .suggest("let one of them say what the other says, or leave one out");
}

}  // namespace weft::driver
