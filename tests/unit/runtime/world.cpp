#include "tests/unit/runtime/world.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "bundle/abi.h"
#include "runtime/system.h"

namespace weft::runtime::test {
namespace fs = std::filesystem;

namespace {

int open_namespace() {
  const int fd = ::open("/proc/thread-self/ns/net", O_RDONLY);  // inherited: `ip` finds it as /proc/self/fd/…
  REQUIRE(fd >= 0);
  return fd;
}

void enter(int fd) { REQUIRE(::setns(fd, CLONE_NEWNET) == 0); }

int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd, 1024) == 0);  // nobody accepts
  return fd;
}

bool connects(const std::string& to, std::uint16_t port) {
  const Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, to.c_str(), &address.sin_addr) == 1);
  ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, 250) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0;
}

bundle::Bytes program_object(const std::string& name) {
  std::ifstream in(fs::path(WEFT_RUNTIME_PROGRAMS) / name, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  std::string object = text.str();
  REQUIRE_FALSE(object.empty());
  // The mark of gate.bpf.c, where it is compared: this process gets programs of its own, known by their tag.
  const std::array<char, 4> mark = {0x1e, static_cast<char>(0xab), static_cast<char>(0xa1), 0x5c};
  const auto own = static_cast<std::uint32_t>(::getpid()) | 0x10000000;
  std::size_t found = 0;
  for (std::size_t at = object.find(mark.data(), 0, 4); at != std::string::npos; at = object.find(mark.data(), at, 4)) {
    std::memcpy(object.data() + at, &own, sizeof own);
    ++found;
  }
  REQUIRE(found >= 1);
  return {object.begin(), object.end()};
}

std::set<std::string>& known_tags() {
  static std::set<std::string> tags;
  return tags;
}

}  // namespace

bool skipped() {
  for (const Check& check : doctor()) {
    const bool needed = check.name == "privilege" || check.name == "bpf system call" || check.name == "tc clsact";
    if (!needed || check.state == Check::State::Ok) continue;
    std::printf("SKIPPED: %s: %s\n", check.name.c_str(), check.found.c_str());
    return true;
  }
  return false;
}

Hook hook_under_test() {
  const Hook hook = GENERATE(Hook::Clsact, Hook::Tcx);
  for (const Check& check : doctor()) {
    if (check.name == "tcx" && check.state != Check::State::Ok) return Hook::Clsact;
  }
  return hook;
}

std::string run(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), got);
  ::pclose(pipe);
  return out;
}

World::World(unsigned workloads, Hook hook) : hook_(hook) {
  std::string name = (fs::temp_directory_path() / "weft-runtime-test-XXXXXX").string();
  state_ = fs::path(::mkdtemp(name.data())) / "state";
  REQUIRE(::unshare(CLONE_NEWNET) == 0);
  node_ = open_namespace();
  for (unsigned i = 1; i <= workloads; ++i) {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    Workload workload{open_namespace(), {}};
    for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}})
      workload.listeners.push_back(listen_on(port));
    enter(node_);
    const std::string made =
        run(fmt::format("ip link add weft{0} type veth peer name eth0 netns /proc/self/fd/{1} && ip addr add "
                        "10.0.{0}.1/24 dev weft{0} && "
                        "ip link set weft{0} up",
                        i, workload.net));
    enter(workload.net);
    const std::string inside = run(fmt::format("ip addr add 10.0.{}.2/24 dev eth0 && ip link set eth0 up", i));
    enter(node_);
    REQUIRE(made + inside == "");
    workloads_.push_back(std::move(workload));
  }
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}}) listeners_.push_back(listen_on(port));
}

World::~World() {
  for (const int fd : listeners_) ::close(fd);
  for (const Workload& workload : workloads_) {
    for (const int fd : workload.listeners) ::close(fd);
    ::close(workload.net);
  }
  ::close(node_);
  // The thread leaves the node's namespace too, and with its last user it goes.
  if (::unshare(CLONE_NEWNET) != 0) std::abort();
  fs::remove_all(state_.parent_path());
}

bool World::connects_out(unsigned workload, std::uint16_t port) const {
  enter(workloads_.at(workload - 1).net);
  const bool out = connects(fmt::format("10.0.{}.1", workload), port);
  enter(node_);
  return out;
}

bool World::connects_in(unsigned workload, std::uint16_t port) const {
  return connects(fmt::format("10.0.{}.2", workload), port);
}

LoadOptions World::options() const {
  LoadOptions out;
  out.state_directory = state_;
  out.hook = hook_;
  return out;
}

std::vector<std::string> World::hooks() const {
  std::vector<std::string> out;
  std::istringstream qdiscs(run("tc qdisc show"));
  for (std::string line; std::getline(qdiscs, line);) {
    const auto at = line.find("dev ");
    if (line.find("clsact") == std::string::npos || at == std::string::npos) continue;
    const std::string interface = line.substr(at + 4, line.find(' ', at + 4) - at - 4);
    out.push_back(interface + " clsact");
    for (const std::string side : {"ingress", "egress"}) {
      std::istringstream filters(run("tc filter show dev " + interface + " " + side));
      for (std::string filter; std::getline(filters, filter);) {
        std::istringstream words(filter);
        std::string priority;
        std::string kind;
        std::string handle;
        std::string program;
        for (std::string word, last; words >> word; last = word) {
          if (last == "pref") priority = word, words >> kind;
          if (last == "handle") handle = word, words >> program;
        }
        if (!handle.empty()) {
          out.push_back(
              fmt::format("{} {} {} {} {}", interface, side, priority, handle, program.substr(0, program.find(':'))));
        }
      }
    }
  }
  struct if_nameindex* const all = ::if_nameindex();
  for (const struct if_nameindex* at = all; at->if_index != 0; ++at) {
    for (const std::string side : {"ingress", "egress"}) {
      std::array<std::uint32_t, 64> ids{};
      std::uint32_t count = ids.size();
      const auto type = static_cast<bpf_attach_type>(side == "ingress" ? 46 : 47);  // BPF_TCX_INGRESS and _EGRESS
      if (bpf_prog_query(static_cast<int>(at->if_index), type, 0, nullptr, ids.data(), &count) != 0) continue;
      for (std::uint32_t i = 0; i < count; ++i) {
        const Descriptor fd(bpf_prog_get_fd_by_id(ids.at(i)));
        bpf_prog_info info{};
        std::uint32_t size = sizeof info;
        REQUIRE(bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0);
        out.push_back(fmt::format("{} tcx {} {}", at->if_name, side, info.name));
      }
    }
  }
  ::if_freenameindex(all);
  std::ranges::sort(out);
  return out;
}

void World::enter_workload(unsigned workload, const std::function<void()>& work) const {
  enter(workloads_.at(workload - 1).net);
  work();
  enter(node_);
}

std::vector<std::string> World::hooks_in(unsigned workload) const {
  std::vector<std::string> out;
  enter_workload(workload, [&] { out = hooks(); });
  return out;
}

std::string World::inside(unsigned workload) const {
  return fmt::format("netns:/proc/self/fd/{}:eth0", workloads_.at(workload - 1).net);
}

std::vector<std::string> World::files() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(state_, error)) out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

bundle::Bundle gate_bundle(unsigned workloads, std::uint16_t port, const std::string& program) {
  bundle::Bundle out;
  out.object = program_object(program);
  bundle::MapImage ports{"test_ports", bundle::MapImage::Kind::Global, 1, bundle::Bytes(65536), {}};
  ports.value[port] = 1;
  out.images.push_back(std::move(ports));
  out.images.push_back({"test_in_bss", bundle::MapImage::Kind::Global, 4, {77, 0, 0, 0}, {}});
  out.manifest.weft_version = "0.1.0";
  out.manifest.profile = "strict";
  for (unsigned i = 1; i <= workloads; ++i) {
    out.manifest.endpoints.push_back(
        {fmt::format("shop/w{}", i), fmt::format("weft{}", i), 0, {{fmt::format("10.0.{}.2", i), 7}}});
  }
  out.manifest.egress = {{8, "allow", "rule", "shop", "default", "shop.weft:1:1", "allow by port"},
                         {11, "deny", "profile", "", "", "", ""}};
  out.manifest.ingress = out.manifest.egress;
  return out;
}

std::size_t programs_in_kernel() {
  // Learned from a load in a namespace of its own, once.
  if (known_tags().empty()) {
    const int here = open_namespace();
    {
      const World world(1);
      const auto loaded = load(gate_bundle(1, 80), world.options());
      REQUIRE(loaded.has_value());
      known_tags() = {loaded->attached[0].from_workload.tag, loaded->attached[0].to_workload.tag};
      REQUIRE(world.unload().has_value());
    }
    enter(here);
    ::close(here);
  }
  std::size_t out = 0;
  for (std::uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const Descriptor fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (!fd.valid() || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0) continue;
    std::string tag;
    for (const auto byte : info.tag) tag += fmt::format("{:02x}", byte);
    out += known_tags().contains(tag);
  }
  return out;
}

bool programs_become(std::size_t count) {
  for (int i = 0; i < 200; ++i) {
    if (programs_in_kernel() == count) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void kernel_frees() {
  // Freeing waits for whoever is still reading, and then for a thread of the kernel's.
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
}

}  // namespace weft::runtime::test
