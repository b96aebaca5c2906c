/* Programs with the outside of the real data path and a simple inside: a TCP packet passes if the table `test_ports`, or the
 * table and maps of addresses say so about its server's port or its remote address.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bundle/abi.h"

weft_u16 weft_endpoint_slots[WEFT_ENDPOINT_SLOTS] SEC(".bss.endpoints");
struct weft_endpoint weft_endpoints[WEFT_ENDPOINTS] SEC(".bss.endpoints");
weft_u8 test_ports[65536] SEC(".data.tables");
weft_u16 weft_direct4_0[65536] SEC(".bss.direct"); /* of 10.0.0.0/16 */
weft_u64 test_big[512 * 1024] SEC(".bss.big");
weft_u32 test_in_bss;
weft_u32 weft_waiting SEC(".data.waiting");
/* Nothing here has a deadline: what the loader does with the clock is looked at from outside. */
weft_u64 weft_clock_offset;
const volatile weft_u32 weft_clock_is_tai = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 16);
	__type(key, weft_u32);
	__type(value, weft_u64);
} weft_counters_egress SEC(".maps"), weft_counters_ingress SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, weft_u32);
	__type(value, weft_u32);
} weft_exact4 SEC(".maps");

struct prefix4 {
	weft_u32 length;
	weft_u32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4);
	__type(key, struct prefix4);
	__type(value, weft_u32);
} weft_prefixes4 SEC(".maps");

/* Patched by the tests, so that each test process knows its own programs by their tag. */
#define MARK 0x5ca1ab1e

static __always_inline weft_u32 decide(struct __sk_buff *skb, int outbound)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = data + sizeof(*ethernet);
	struct tcphdr *tcp = (void *)(ip + 1);
	weft_u32 number = weft_endpoint_slots[skb->ifindex & (WEFT_ENDPOINT_SLOTS - 1)];
	struct weft_endpoint *endpoint;
	weft_u32 local, remote, *found;

	if ((void *)(ethernet + 1) > end)
		return WEFT_ENTRY_MALFORMED;
	if (ethernet->h_proto == bpf_htons(ETH_P_ARP))
		return WEFT_ENTRY_LINK;
	if (ethernet->h_proto != bpf_htons(ETH_P_IP) || (void *)(tcp + 1) > end || ip->protocol != IPPROTO_TCP)
		return WEFT_ENTRY_NON_IP;
	endpoint = &weft_endpoints[number & (WEFT_ENDPOINTS - 1)];
	local = bpf_ntohl(outbound ? ip->saddr : ip->daddr);
	remote = outbound ? ip->daddr : ip->saddr;
	if (!number || endpoint->ifindex != skb->ifindex || endpoint->address4[0] != local || endpoint->count4 != 1 ||
	    endpoint->class4[0] != 7 || test_in_bss != 77)
		return WEFT_ENTRY_UNKNOWN;
	if (test_ports[bpf_ntohs(tcp->dest)] || test_ports[bpf_ntohs(tcp->source)])
		return 8;
	if (weft_direct4_0[bpf_ntohl(remote) & 0xffff] == 9)
		return 9;
	found = bpf_map_lookup_elem(&weft_exact4, &remote);
	if (found && *found == 9)
		return 9;
	struct prefix4 key = {32, remote};
	found = bpf_map_lookup_elem(&weft_prefixes4, &key);
	if (found && *found == 10)
		return 10;
	return 11;
}

static __always_inline int judge(struct __sk_buff *skb, int outbound)
{
	weft_u32 entry;
	weft_u64 *packets;

	if (weft_waiting)
		return TC_ACT_UNSPEC;
	entry = decide(skb, outbound);
	if (skb->mark == MARK && test_big[skb->len & (512 * 1024 - 1)])
		return TC_ACT_SHOT;
	packets = outbound ? bpf_map_lookup_elem(&weft_counters_egress, &entry)
			   : bpf_map_lookup_elem(&weft_counters_ingress, &entry);
	if (packets)
		*packets += 1;
	return entry == WEFT_ENTRY_LINK || (entry >= 8 && entry <= 10) ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc") int weft_from_workload(struct __sk_buff *skb)
{
	return judge(skb, 1);
}

SEC("tc") int weft_to_workload(struct __sk_buff *skb)
{
#ifdef REFUSED
	/* A read nobody checked: the kernel's verifier refuses it. */
	return *(int *)(long)skb->data;
#endif
	return judge(skb, 0);
}

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, weft_u64);
	__type(value, weft_u32);
} weft_places SEC(".maps");

static __always_inline int judge_at_cgroup(weft_u16 port)
{
	weft_u32 place = *(weft_u32 *)bpf_get_local_storage(&weft_places, 0);
	weft_u32 number = weft_endpoint_slots[place & (WEFT_ENDPOINT_SLOTS - 1)];

	if (weft_waiting)
		return 1;
	if (!number || weft_endpoints[number & (WEFT_ENDPOINTS - 1)].ifindex != place)
		return 0;
	return test_ports[port] != 0;
}

static __always_inline int judge_packet(struct __sk_buff *skb)
{
	struct iphdr ip;
	struct tcphdr tcp;

	if (weft_waiting)
		return 1;
	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || bpf_skb_load_bytes(skb, sizeof(ip), &tcp, sizeof(tcp)))
		return 0;
	return judge_at_cgroup(bpf_ntohs(tcp.dest)) || judge_at_cgroup(bpf_ntohs(tcp.source));
}

SEC("cgroup_skb/egress") int weft_cgroup_egress(struct __sk_buff *skb)
{
	return judge_packet(skb);
}

SEC("cgroup_skb/ingress") int weft_cgroup_ingress(struct __sk_buff *skb)
{
	return judge_packet(skb);
}

SEC("cgroup_skb/egress") int weft_cgroup_prepare(struct __sk_buff *skb)
{
	judge_at_cgroup(0);
	return 1;
}

SEC("cgroup/connect4") int weft_connect4(struct bpf_sock_addr *context)
{
	return judge_at_cgroup(bpf_ntohs(context->user_port));
}

SEC("cgroup/connect6") int weft_connect6(struct bpf_sock_addr *context)
{
	return judge_at_cgroup(bpf_ntohs(context->user_port));
}

SEC("cgroup/sendmsg4") int weft_sendmsg4(struct bpf_sock_addr *context)
{
	return judge_at_cgroup(bpf_ntohs(context->user_port));
}

SEC("cgroup/sendmsg6") int weft_sendmsg6(struct bpf_sock_addr *context)
{
	return judge_at_cgroup(bpf_ntohs(context->user_port));
}

char test_license[] SEC("license") = "GPL";
