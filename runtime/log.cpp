#include "runtime/log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace weft::runtime {

// libbpf's print function has no argument of its own, so the listener has to be found by the thread that works.
static thread_local LibbpfLog* listener = nullptr;

struct LibbpfPrinter {
  __attribute__((format(printf, 2, 0))) static int print(libbpf_print_level level, const char* format,
                                                         va_list arguments) {
    if (listener == nullptr || level == LIBBPF_DEBUG) return 0;
    std::array<char, 4096> line;
    const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
    if (size > 0 && listener->text_.size() < 1'000'000) listener->text_ += line.data();
    return size;
  }
};

LibbpfLog::LibbpfLog() : outer_(listener) {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(LibbpfPrinter::print); });
  listener = this;
}

LibbpfLog::~LibbpfLog() { listener = outer_; }

std::string LibbpfLog::last_line() const {
  const std::size_t end = text_.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const std::size_t before = text_.rfind('\n', end);
  std::string line = text_.substr(before == std::string::npos ? 0 : before + 1,
                                  end - (before == std::string::npos ? 0 : before + 1) + 1);
  if (line.starts_with("libbpf: ")) line.erase(0, 8);
  return line;
}

}  // namespace weft::runtime
