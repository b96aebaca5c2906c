#pragma once

namespace weft::cli {

/// From its making to its end, SIGINT and SIGTERM do not kill the process: they are the wish that it ends by itself, so
/// that the last words are said.
class Ending {
 public:
  Ending();
  ~Ending();
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  /// Readable once a signal has come, until `wanted` has said so; negative where the kernel gave none.
  int descriptor() const { return signals_; }
  /// Has a signal come?
  bool wanted();

 private:
  int signals_ = -1;
  bool wanted_ = false;
};

}  // namespace weft::cli
