#include "cli/batch.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/plain_line.h"
#include "cli/question_json.h"
#include "driver/codes.h"

namespace weft::cli {
namespace {

constexpr std::size_t longest_line = 1024 * 1024;
constexpr std::size_t most_known_bytes = 256 * 1024 * 1024;
constexpr std::size_t most_services = 0x1'0000;

// Cuts what a file holds into lines, and holds no more than a bounded part of any.
class LineReader {
 public:
  struct Line {
    std::string_view text;  // without its end; lives until the next call
    bool too_long = false;  // and the text is only its beginning
  };

  explicit LineReader(int descriptor) : descriptor_(descriptor) {}

  /// Nothing when the file has ended or reading failed. `before_waiting` is called before every read.
  template <typename BeforeWaiting>
  std::optional<Line> next(const BeforeWaiting& before_waiting) {
    bool too_long = false;
    for (;;) {
      const std::size_t end = buffer_.find('\n', searched_);
      if (end != std::string::npos) return cut(end, end + 1, too_long);
      if (buffer_.size() - begin_ > longest_line) {
        too_long = true;
        buffer_.resize(begin_ + longest_line);
      }
      searched_ = buffer_.size();
      if (ended_) {
        if (begin_ == buffer_.size()) return {};
        return cut(buffer_.size(), buffer_.size(), too_long);
      }
      before_waiting();
      fill();
    }
  }

  int error() const { return error_; }

 private:
  Line cut(std::size_t end, std::size_t next, bool too_long) {
    std::string_view text = std::string_view(buffer_).substr(begin_, end - begin_);
    if (text.ends_with('\r')) text.remove_suffix(1);
    begin_ = searched_ = next;
    return {text, too_long || text.size() > longest_line};
  }

  void fill() {
    constexpr std::size_t block = 256 * 1024;
    if (begin_ > 0) {
      buffer_.erase(0, begin_);
      searched_ -= begin_;
      begin_ = 0;
    }
    const std::size_t have = buffer_.size();
    buffer_.resize(have + block);
    ssize_t got = 0;
    do {
      got = ::read(descriptor_, buffer_.data() + have, block);
    } while (got < 0 && errno == EINTR);
    if (got < 0) error_ = errno;
    if (got <= 0) ended_ = true;
    buffer_.resize(have + static_cast<std::size_t>(got > 0 ? got : 0));
  }

  int descriptor_;
  int error_ = 0;
  bool ended_ = false;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the next line
  std::size_t searched_ = 0;  // no line end lies before
};

}  // namespace

void Batch::refuse(std::string_view id, const Error& error, std::string& out) {
  ++refused_;
  out += fmt::format("{{\"id\": {}, {}}}\n", id, error_json(error));
}

void Batch::answer(std::string_view line, std::string& out) {
  const auto plain = cut_plain_line(line);
  if (plain && answer_known(*plain, out)) return;
  answer_any(line, plain, out);
}

bool Batch::answer_known(const PlainLine& plain, std::string& out) {
  const auto from = known_.find(plain.from);
  if (from == known_.end()) return false;
  const auto to = known_.find(plain.to);
  if (to == known_.end()) return false;
  const auto service = services_.find(plain.service);
  if (service == services_.end()) return false;
  auto found = quick_.answer(*from->second.end, *to->second.end, service->second);
  if (!found) return false;
  for (const Known* end : {&from->second, &to->second}) {
    found->notes.insert(found->notes.end(), end->notes.begin(), end->notes.end());
  }
  write(plain.id, *found, out);
  return true;
}

void Batch::answer_any(std::string_view line, const std::optional<PlainLine>& plain, std::string& out) {
  const LineQuestion asked = read_line(line);
  auto found = asked.question ? judge_.answer(*asked.question) : std::unexpected(asked.question.error());
  if (!found) {
    refuse(asked.id.empty() ? "null" : asked.id, found.error(), out);
    return;
  }
  if (plain) remember(*plain, *asked.question, found->service);
  for (const driver::PeerQuestion* end : {&asked.question->source, &asked.question->destination}) {
    for (std::string& note : notes_on(*end)) found->notes.push_back(std::move(note));
  }
  write(asked.id, *found, out);
}

void Batch::write(std::string_view id, const driver::Answer& answer, std::string& out) {
  ++answered_;
  if (answer.verdict != driver::Answer::Verdict::Allow) denied_ = true;
  out += '{';
  if (!id.empty()) {
    out += "\"id\": ";
    out += id;
    out += ", ";
  }
  text_.append_json(out, answer);
  out += "}\n";
}

// A program may send every label of a pod, of which most concern no policy: only what is close to one is a slip.
std::vector<std::string> Batch::notes_on(const driver::PeerQuestion& end) const {
  std::vector<std::string> out;
  for (const driver::Doubt& doubt : judge_.doubts(end)) {
    if (!doubt.help.empty()) out.push_back(fmt::format("{}; {}", doubt.message, doubt.help));
  }
  return out;
}

// The line was read and answered, so its parts are JSON, and mean the same in every line.
void Batch::remember(const PlainLine& plain, const driver::Question& question, model::ServicePoint service) {
  const auto keep = [&](std::string_view text, const driver::PeerQuestion& end) {
    if (known_.contains(text)) return;
    auto known = quick_.know(end);
    if (!known) return;
    known_bytes_ += quick_.bytes(*known) + text.size();
    known_.emplace(std::string(text), Known{std::move(known), notes_on(end)});
  };
  if (known_bytes_ > most_known_bytes) {
    known_.clear();
    known_bytes_ = 0;
  }
  keep(plain.from, question.source);
  keep(plain.to, question.destination);
  // A port by name is another one at another destination.
  const std::size_t slash = plain.service.find('/');
  const bool by_number = slash != std::string_view::npos &&
                         plain.service.find_first_not_of("0123456789/", slash) == std::string_view::npos;
  if (by_number && services_.size() < most_services) services_.emplace(std::string(plain.service), service);
}

Result<void> Batch::run(int descriptor, const std::string& name, Results& results) {
  LineReader lines(descriptor);
  std::string out;
  while (!results.closed()) {
    const auto line = lines.next([&] { results.flush(); });
    if (!line) break;
    out.clear();
    if (line->too_long) {
      refuse("null", {std::string(driver::query_code::malformed), "the line is longer than 1 MiB", {}}, out);
    } else {
      answer(line->text, out);
    }
    results.write(out);
  }
  if (lines.error() == 0) return {};
  return std::unexpected(Error{"W9003", fmt::format("cannot read `{}`: {}", name, std::strerror(lines.error())), {}});
}

}  // namespace weft::cli
