#include "cli/ending.h"

#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>

namespace weft::cli {

Ending::Ending() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signals_ = ::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
}

Ending::~Ending() {
  if (signals_ >= 0) ::close(signals_);
}

bool Ending::wanted() {
  signalfd_siginfo info{};
  wanted_ = wanted_ || ::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
  return wanted_;
}

}  // namespace weft::cli
