// One fuzz target without libFuzzer, for the ordinary test run: every kept seed, then a number of mutants of them. The
// same mutants in every run, on every machine.
//
// Usage: TARGET --seeds LIST --dictionary FILE --mutants N   (LIST: a file of paths, separated by commas)
//        TARGET FILE…
// An input that ends in a crash, or takes more than ten seconds of the processor, is written to ./TARGET.failed.

#include <fmt/format.h>
#include <sys/time.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/fuzz/promises.h"

namespace {

constexpr std::size_t most_bytes = 8192;  // as in `./dev fuzz`
constexpr int most_seconds = 10;

// What is under way, for the handler.
std::string current;
std::string current_name;
std::string kept_at;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The process is lost: nothing here is safe after a signal, and nothing can be made worse by it.
void on_signal(int number) {
  std::signal(number, SIG_DFL);
  std::ofstream(kept_at, std::ios::binary) << current;
  fmt::print(stderr, "{}: {} ({}); the input is in {}\n", current_name,
             number == SIGPROF ? "no answer within ten seconds" : "crashed", strsignal(number), kept_at);
  std::_Exit(1);
}

void catch_signals() {
  // An overflow of the stack leaves no room on it.
  static std::vector<char> room(1 << 16);
  const stack_t stack{.ss_sp = room.data(), .ss_flags = 0, .ss_size = room.size()};
  sigaltstack(&stack, nullptr);
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPROF}) {
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK;
    sigaction(number, &action, nullptr);
  }
}

void run(std::string name, std::string input) {
  current = std::move(input);
  current_name = std::move(name);
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = most_seconds, .tv_usec = 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

std::vector<std::string> paths_in(const std::string& list) {
  std::istringstream in(read_file(list));
  std::vector<std::string> out;
  for (std::string path; std::getline(in, path, ',');) out.push_back(path);
  return out;
}

// The words of a dictionary as libFuzzer reads it: a word to a line, in quotes, with `\\`, `\"` and `\xNN`.
std::vector<std::string> words_in(const std::string& dictionary) {
  std::istringstream in(read_file(dictionary));
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::string word;
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
      if (line[i] == '\\' && line[i + 1] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
        i += 3;
      } else {
        if (line[i] == '\\') ++i;
        word += line[i];
      }
    }
    out.push_back(word);
  }
  return out;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& seeds, const std::vector<std::string>& words)
      : seeds_(seeds), words_(words) {}

  std::string next() {
    std::string out = pick(seeds_);
    for (std::size_t edits = 1 + below(8); edits > 0; --edits) edit(out);
    out.resize(std::min(out.size(), most_bytes));
    return out;
  }

 private:
  // Not std::uniform_int_distribution: its numbers differ between libraries.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

  void edit(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    switch (below(8)) {
      case 0:
        text.erase(at, 1 + below(40));
        break;
      case 1:
        text.replace(at, 1, 1, static_cast<char>(below(256)));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), 1 + below(80)));
        break;
      case 3: {  // a piece of another seed
        const std::string& other = pick(seeds_);
        text.insert(at, other.substr(below(other.size() + 1), 1 + below(200)));
        break;
      }
      case 4: {                                              // a line of it somewhere else
        const std::size_t begin = text.rfind('\n', at) + 1;  // or 0
        const std::string line = text.substr(begin, text.find('\n', begin) + 1 - begin);
        text.insert(text.rfind('\n', below(text.size() + 1)) + 1, line);
        break;
      }
      case 5: {  // a word instead of another
        const auto is_letter = [&](std::size_t i) {
          return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]));
        };
        std::size_t begin = at;
        while (begin > 0 && is_letter(begin - 1)) --begin;
        std::size_t end = at;
        while (is_letter(end)) ++end;
        text.replace(begin, end - begin, pick(words_));
        break;
      }
      default:
        text.insert(at, pick(words_));
        break;
    }
  }

  const std::vector<std::string>& seeds_;
  const std::vector<std::string>& words_;
  std::mt19937_64 random_{20};
};

int replay(const std::string& list, const std::string& dictionary, std::size_t mutants) {
  std::vector<std::string> seeds;
  for (const std::string& path : paths_in(list)) {
    seeds.push_back(read_file(path));
    run(path, seeds.back());
  }
  const std::vector<std::string> words = words_in(dictionary);
  if (seeds.empty() || words.empty()) throw std::runtime_error("no seeds or no words");
  Mutator mutator(seeds, words);
  for (std::size_t i = 0; i < mutants; ++i) run(fmt::format("mutant {}", i), mutator.next());
  fmt::print("{} seeds and {} mutants: every promise was kept\n", seeds.size(), mutants);
  return 0;
}

}  // namespace

int main(int count, char** words) try {
  const std::vector<std::string> arguments(words + 1, words + count);
  kept_at = std::string(words[0]).substr(std::string(words[0]).rfind('/') + 1) + ".failed";
  catch_signals();
  if (arguments.size() == 6 && arguments[0] == "--seeds")
    return replay(arguments[1], arguments[3], std::stoul(arguments[5]));
  for (const std::string& path : arguments) run(path, read_file(path));
  return arguments.empty() ? 2 : 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
