// Reading qdiscs and filters. libbpf can only ask for one filter whose place is known; to find foreign filters, and
// ours without a record, all of them must be listed.
#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iterator>
#include <span>

#include "runtime/filters.h"

namespace weft::runtime {
namespace {

using Payload = std::span<const std::uint8_t>;

/// Calls `visit` with the type and contents of each attribute that lies wholly in `bytes`.
void for_each_attribute(Payload bytes, const std::function<void(unsigned, Payload)>& visit) {
  while (bytes.size() >= sizeof(rtattr)) {
    rtattr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.rta_len < sizeof header || header.rta_len > bytes.size()) return;
    visit(header.rta_type & static_cast<unsigned>(NLA_TYPE_MASK),
          bytes.subspan(sizeof header, header.rta_len - sizeof header));
    bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), RTA_ALIGN(header.rta_len)));
  }
}

std::string text_of(Payload bytes) {
  std::string out(bytes.begin(), bytes.end());
  return out.substr(0, out.find('\0'));
}

std::uint32_t number_of(Payload bytes) {
  std::uint32_t out = 0;
  if (bytes.size() >= sizeof out) std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

/// Sends one dump request and calls `visit` for every answer; negative errno on failure.
int dump(int socket, std::uint16_t type, const tcmsg& question,
         const std::function<void(const tcmsg&, Payload)>& visit) {
  struct {
    nlmsghdr header;
    tcmsg body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = 1;
  request.body = question;
  if (::send(socket, &request, sizeof request, 0) < 0) return -errno;

  std::vector<std::uint8_t> buffer(64 * 1024);
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    Payload rest(buffer.data(), static_cast<std::size_t>(got));
    while (rest.size() >= sizeof(nlmsghdr)) {
      nlmsghdr header;
      std::memcpy(&header, rest.data(), sizeof header);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size()) return -EBADMSG;
      const Payload body = rest.subspan(sizeof header, header.nlmsg_len - sizeof header);
      rest = rest.subspan(std::min<std::size_t>(rest.size(), NLMSG_ALIGN(header.nlmsg_len)));
      if (header.nlmsg_type == NLMSG_DONE) return 0;
      if (header.nlmsg_type == NLMSG_ERROR) return static_cast<std::int32_t>(number_of(body));
      if (body.size() < sizeof(tcmsg)) continue;
      tcmsg answer;
      std::memcpy(&answer, body.data(), sizeof answer);
      visit(answer, body.subspan(std::min<std::size_t>(body.size(), NLMSG_ALIGN(sizeof answer))));
    }
  }
}

/// True if this answer is a filter, not the head of a list of filters (whose handle is 0).
bool read_filter(const tcmsg& answer, Payload attributes, Filter& out) {
  out.priority = TC_H_MAJ(answer.tcm_info) >> 16;
  out.handle = answer.tcm_handle;
  for_each_attribute(attributes, [&](unsigned type, Payload contents) {
    if (type == TCA_KIND) out.kind = text_of(contents);
  });
  for_each_attribute(attributes, [&](unsigned type, Payload contents) {
    if (type != TCA_OPTIONS || out.kind != "bpf") return;
    for_each_attribute(contents, [&](unsigned option, Payload value) {
      if (option == TCA_BPF_NAME) out.name = text_of(value);
      if (option == TCA_BPF_ID) out.program_id = number_of(value);
    });
  });
  return out.handle != 0;
}

}  // namespace

Result<Hooks> read_hooks() {
  const auto failed = [](int number) { return kernel_failure(number, "W6008", "list interfaces and tc filters"); };
  Hooks out;
  if (struct if_nameindex* const all = ::if_nameindex(); all != nullptr) {
    for (const struct if_nameindex* at = all; at->if_index != 0; ++at) out.interfaces[at->if_index] = at->if_name;
    ::if_freenameindex(all);
  } else {
    return failed(errno);
  }
  const Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return failed(errno);

  tcmsg question{};
  question.tcm_family = AF_UNSPEC;
  const int qdiscs = dump(socket.get(), RTM_GETQDISC, question, [&](const tcmsg& answer, Payload attributes) {
    for_each_attribute(attributes, [&](unsigned type, Payload contents) {
      if (type == TCA_KIND && text_of(contents) == "clsact") {
        out.clsact.insert(static_cast<std::uint32_t>(answer.tcm_ifindex));
      }
    });
  });
  if (qdiscs < 0) return failed(-qdiscs);

  const auto with_tcx = has_tcx();
  if (!with_tcx) return std::unexpected(with_tcx.error());
  for (const auto& [ifindex, name] : out.interfaces) {
    for (const Side side : both_sides) {
      if (*with_tcx) {
        auto programs = tcx_programs(ifindex, side);
        if (!programs) return std::unexpected(programs.error());
        std::ranges::move(*programs, std::back_inserter(out.filters));
      }
      if (!out.clsact.contains(ifindex)) continue;
      question.tcm_ifindex = static_cast<int>(ifindex);
      question.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side == Side::FromWorkload ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
      const auto visit = [&, index = ifindex](const tcmsg& answer, Payload attributes) {
        Filter filter{.ifindex = index, .side = side, .kind = {}, .name = {}};
        if (read_filter(answer, attributes, filter)) out.filters.push_back(std::move(filter));
      };
      const int filters = dump(socket.get(), RTM_GETTFILTER, question, visit);
      // The interface may go away between the two questions.
      if (filters < 0 && filters != -ENODEV && filters != -EINVAL) return failed(-filters);
    }
  }
  return out;
}

}  // namespace weft::runtime
