#include "lsp/connection.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/assert.h"
#include "lsp/framing.h"

namespace weft::lsp {

Connection::Connection(int input, int output) : input_(input), output_(output) {
  const bool made = ::pipe2(stop_, O_CLOEXEC) == 0;
  WEFT_ASSERT(made, "two descriptors are to be had");
  thread_ = std::thread([this] { read(); });
}

Connection::~Connection() {
  const char any = 0;
  while (::write(stop_[1], &any, 1) < 0 && errno == EINTR) {
  }
  thread_.join();
  ::close(stop_[0]);
  ::close(stop_[1]);
}

void Connection::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  arrived_.notify_one();
}

void Connection::wake() { push({Event::Kind::Wake}); }

void Connection::read() {
  Framing framing;
  std::string buffer(64 * 1024, '\0');
  while (true) {
    pollfd watched[] = {{input_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (::poll(watched, std::size(watched), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (watched[1].revents != 0) return;
    const ssize_t got = ::read(input_, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    framing.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    while (auto message = framing.next()) {
      if (message->error.empty()) {
        take(std::move(message->body));
      } else {
        push({Event::Kind::Malformed, {}, error_code::parse_error, std::move(message->error)});
      }
    }
  }
  push({Event::Kind::End});
}

void Connection::take(std::string body) {
  Json message = Json::parse(body, nullptr, false);
  if (message.is_discarded()) {
    push({Event::Kind::Malformed, {}, error_code::parse_error, "the message is no JSON"});
    return;
  }
  if (!message.is_object()) {
    push({Event::Kind::Malformed, {}, error_code::invalid_request, "a message is a JSON object"});
    return;
  }
  const Json& method = member(message, "method");
  if (method.is_string() && method.get_ref<const std::string&>() == "$/cancelRequest") {
    const Json& id = member(message, "params/id");
    if (!id.is_string() && !id.is_number_integer()) return;
    if (cancel_waiting(id)) return;
    // It is answered already, or at this moment, or later: the server knows.
  }
  push({Event::Kind::Message, std::move(message)});
}

bool Connection::cancel_waiting(const Json& id) {
  const std::lock_guard lock(mutex_);
  const bool waits = std::ranges::any_of(events_, [&](const Event& event) {
    return event.kind == Event::Kind::Message && member(event.message, "id") == id;
  });
  if (waits) cancelled_.insert(id.dump());
  return waits;
}

std::optional<Connection::Event> Connection::wait(std::optional<Clock::time_point> until) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return !events_.empty(); };
  if (until) {
    if (!arrived_.wait_until(lock, *until, there)) return {};
  } else {
    arrived_.wait(lock, there);
  }
  Event out = std::move(events_.front());
  events_.pop_front();
  return out;
}

bool Connection::idle() const {
  const std::lock_guard lock(mutex_);
  return events_.empty();
}

bool Connection::cancelled(const Json& id) {
  const std::lock_guard lock(mutex_);
  return cancelled_.erase(id.dump()) > 0;
}

void Connection::send(const Json& message) { write(written(message)); }

void Connection::answer(const Json& id, const std::string& result) {
  write(fmt::format(R"({{"id":{},"jsonrpc":"2.0","result":{}}})", written(id), result));
}

void Connection::write(std::string_view body) {
  if (broken_) return;
  const std::string bytes = framed(body);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(output_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      broken_ = true;  // the client is gone; the end of the input says so soon
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace weft::lsp
