#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bench/network/namespace.h"

namespace weft::bench {

/// A program that runs inside a namespace, without output, until this object goes. It dies with this process, too.
class Child {
 public:
  Child(const Namespace& where, const std::vector<std::string>& words);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

 private:
  pid_t process_ = -1;
};

}  // namespace weft::bench
