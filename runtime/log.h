#pragma once

#include <string>

namespace weft::runtime {

/// While it lives, what libbpf would print on stderr in this thread is kept here. Nests; the innermost listens.
class LibbpfLog {
 public:
  LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;
  ~LibbpfLog();

  const std::string& text() const { return text_; }
  /// The last line that says something, without "libbpf: ".
  std::string last_line() const;

 private:
  friend struct LibbpfPrinter;
  std::string text_;
  LibbpfLog* outer_;
};

}  // namespace weft::runtime
