#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "lsp/json.h"

namespace weft::lsp {

using Clock = std::chrono::steady_clock;

/// Messages from and to a client over two descriptors. A thread of its own reads, so that what is cancelled is known
/// before its turn comes.
class Connection {
 public:
  struct Event {
    enum class Kind : std::uint8_t { Message, Malformed, Wake, End };
    Kind kind = Kind::Wake;
    Json message{};
    int code = 0;         ///< of `Malformed`
    std::string error{};  ///< of `Malformed`
  };

  Connection(int input, int output);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The next thing that happened; nothing when the time is over.
  std::optional<Event> wait(std::optional<Clock::time_point> until);
  /// True if nothing waits to be handled.
  bool idle() const;
  /// True if the client has cancelled that request; asked once.
  bool cancelled(const Json& id);
  /// From any thread: `wait` returns.
  void wake();
  void send(const Json& message);
  /// The answer to a request, its result written already.
  void answer(const Json& id, const std::string& result);

 private:
  void read();
  void take(std::string body);
  void push(Event event);
  /// True if a request of that id waits; then it is answered as cancelled when its turn comes.
  bool cancel_waiting(const Json& id);
  void write(std::string_view body);

  int input_;
  int output_;
  int stop_[2] = {-1, -1};
  bool broken_ = false;  ///< nobody reads what is sent
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> events_;
  std::set<std::string> cancelled_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weft::lsp
