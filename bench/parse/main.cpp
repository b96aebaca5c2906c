// Reading large policies: every size runs in a process of its own, so that its peak memory is its own.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "frontend/frontend.h"

namespace {

using namespace weft;

std::string policy_of(std::size_t rules) {
  std::string out =
      "label app, tenant : string\nlabel env : \"prod\" | \"dev\"\ntiers admin, app\n"
      "service pg = tcp/5432\n";
  for (std::size_t i = 0; i < rules / 10; ++i) {
    out += fmt::format("group g{} = app == \"a{}\" && env == \"prod\"\n", i, i);
  }
  for (std::size_t i = 0; i < rules; ++i) {
    if (i % 100 == 0) out += fmt::format("{}policy p{} in app owner \"team\" {{\n", i == 0 ? "" : "}\n", i / 100);
    const std::size_t group = i % (rules / 10), port = i % 60'000 + 1;
    switch (i % 4) {
      case 0:
        out += fmt::format("  allow g{} -> app == \"b{}\" : tcp/{} because \"ticket {}\"\n", group, i, port, i);
        break;
      case 1:
        out += fmt::format("  @id(r{}) @owner(\"x\")\n  allow at source g{} -> app in {{\"b{}\", \"c{}\"}} : pg log\n",
                           i, group, i, i);
        break;
      case 2:
        out += fmt::format(
            "  audit deny app == \"a{}\" -> g{} : tcp|udp/{} when source.tenant == destination.tenant "
            "expires 2030-01-31\n",
            i, group, port);
        break;
      default:
        out += fmt::format(
            "  allow g{} -> workload && !(env == \"dev\") : tcp/{}-{} requires http(method = \"GET\") log \"http\"\n",
            group, port, port + 5);
        break;
    }
  }
  return out + "}\n";
}

int measure(std::size_t rules) {
  std::string text = policy_of(rules);
  const double size = static_cast<double>(text.size()) / (1 << 20);
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add("generated.weft", std::move(text));
  // Processor time: the machine may be busy with something else.
  const auto seconds = [](std::clock_t took) { return static_cast<double>(took) / CLOCKS_PER_SEC; };
  const std::clock_t start = std::clock();
  const std::vector<frontend::ast::File> files{frontend::parse(sources, id, diagnostics)};
  const std::clock_t parsed = std::clock();
  const model::Policy policy = frontend::resolve(sources, files, diagnostics);
  const std::clock_t resolved = std::clock();
  if (!diagnostics.empty() || policy.rules.size() != rules) {
    std::fputs(render(diagnostics, sources, {}).c_str(), stderr);
    return EXIT_FAILURE;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::fputs(
      fmt::format("{:>9} {:>9.1f} {:>9.2f} {:>10.2f} {:>9.2f} {:>10.0f}\n", rules, size, seconds(parsed - start),
                  seconds(resolved - parsed), seconds(resolved - start), static_cast<double>(usage.ru_maxrss) / 1024)
          .c_str(),
      stdout);
  return EXIT_SUCCESS;
}

}  // namespace

int main() {
  std::puts("    rules       MiB   parse s  resolve s     sum s   peak MiB");
  for (const std::size_t rules : {1'000U, 10'000U, 100'000U}) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      const int status = measure(rules);
      std::fflush(stdout);
      _exit(status);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
