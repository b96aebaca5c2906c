/* One gate of a bundle without Weft's loader: opens the object, fills its tables from `maps.bin`, loads it, and asks it
 * about one packet. What a loader of one's own does is what `fill`, `add_endpoint` and `main` do, and then it attaches the
 * two programs; docs/embedding.md says where.
 *
 * Build, with the files `weft build -o bundle` and `weft build --emit header` wrote:
 *
 *     bpftool gen skeleton bundle/program.o name program > program.skel.h
 *     cc -I. gate.c -lbpf -o gate
 *
 * Use: gate bundle/maps.bin WORKLOAD DESTINATION PORT, as root. Prints what the egress gate of the workload decides about
 * a TCP packet to that IPv4 address, and by what. Ends with 0 where the packet may pass, 1 where not, 2 on errors.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "weft_bundle.h"
/* The skeleton speaks in the types of the header. */
#include "program.skel.h"

#define LOOPBACK 1 /* the interface that BPF_PROG_TEST_RUN takes for the packet's */

static int fail(const char *what, const char *name)
{
	fprintf(stderr, "gate: %s %s: %s\n", what, name, errno ? strerror(errno) : "not as it should be");
	return 2;
}

/* A whole file; the caller frees it. */
static unsigned char *contents(const char *name, size_t *bytes)
{
	FILE *file = fopen(name, "rb");
	unsigned char *out = NULL;
	long size;

	if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
		rewind(file);
		out = malloc((size_t)size);
		if (out && fread(out, 1, (size_t)size, file) != (size_t)size) {
			free(out);
			out = NULL;
		}
		*bytes = (size_t)size;
	}
	if (file)
		fclose(file);
	return out;
}

/* The tables in global data, by name: where they lie and how large they are. */
static void *table(struct program *gate, const char *name, size_t *bytes)
{
#define TABLE(symbol, element, elements)                 \
	if (strcmp(name, #symbol) == 0) {                \
		*bytes = (size_t)(element) * (elements); \
		return gate->bss->symbol;                \
	}
	WEFT_TABLE_LIST(TABLE)
	return NULL;
}

/* Walks over `maps.bin`. Before the object is loaded tables get their contents and maps room for all entries, after it
 * (`loaded`) maps get their entries.
 */
static int fill(struct program *gate, const unsigned char *at, const unsigned char *end, int loaded)
{
	struct weft_maps_header header;
	struct weft_maps_image image;
	weft_u32 i;

	if (end - at < (long)sizeof header)
		return -1;
	memcpy(&header, at, sizeof header);
	at += sizeof header;
	if (memcmp(header.magic, WEFT_MAPS_MAGIC, sizeof header.magic) != 0 || header.version != WEFT_MAPS_VERSION)
		return -1;
	for (i = 0; i < header.images; ++i) {
		char name[256] = "";
		weft_u64 size, bytes;

		if (end - at < (long)sizeof image)
			return -1;
		memcpy(&image, at, sizeof image);
		at += sizeof image;
		if (image.name_bytes >= sizeof name || end - at < image.name_bytes)
			return -1;
		memcpy(name, at, image.name_bytes);
		at += image.name_bytes;
		size = image.size[0] | (weft_u64)image.size[1] << 32;
		bytes = image.kind == WEFT_IMAGE_GLOBAL ? size : size * (image.key_bytes + image.value_bytes);
		if ((weft_u64)(end - at) < bytes)
			return -1;
		if (image.kind == WEFT_IMAGE_GLOBAL) {
			size_t room = 0;
			void *into = table(gate, name, &room);

			if (!into || room != size)
				return -1;
			if (!loaded)
				memcpy(into, at, room);
			at += bytes;
			continue;
		}
		struct bpf_map *map = bpf_object__find_map_by_name(gate->obj, name);
		weft_u64 entry;

		if (!map)
			return -1;
		if (!loaded && size > bpf_map__max_entries(map) && bpf_map__set_max_entries(map, (weft_u32)size))
			return -1;
		for (entry = 0; entry < size; ++entry, at += image.key_bytes + image.value_bytes) {
			if (loaded && bpf_map_update_elem(bpf_map__fd(map), at, at + image.key_bytes, BPF_ANY))
				return -1;
		}
	}
	return at == end ? 0 : -1;
}

struct address {
	unsigned endpoint;
	const char *workload;
	const char *text;
	unsigned class, home;
};

/* A workload of the bundle at an interface of this machine. Number 0 stays free: it is what an unused slot names. */
static int add_endpoint(struct program *gate, unsigned number, const char *workload, unsigned ifindex)
{
#define ADDRESS(endpoint, name, text, class, home) {endpoint, name, text, class, home},
	static const struct address addresses[] = {WEFT_ADDRESS_LIST(ADDRESS)};
	struct weft_endpoint *to = &gate->bss->weft_endpoints[number];
	const struct address *first = NULL;
	size_t i;

	for (i = 0; i < sizeof addresses / sizeof addresses[0]; ++i) {
		struct in_addr v4;

		/* A workload with several links is several endpoints; here the first will do. */
		if (strcmp(addresses[i].workload, workload) != 0 || (first && addresses[i].endpoint != first->endpoint))
			continue;
		first = first ? first : &addresses[i];
		to->ifindex = ifindex;
		to->home = (weft_u16)addresses[i].home;
		if (inet_pton(AF_INET, addresses[i].text, &v4) == 1) {
			to->address4[to->count4] = ntohl(v4.s_addr);
			to->class4[to->count4++] = (weft_u16)addresses[i].class;
		} else if (inet_pton(AF_INET6, addresses[i].text, to->address6[to->count6]) == 1) {
			to->class6[to->count6++] = (weft_u16)addresses[i].class;
		}
	}
	gate->bss->weft_endpoint_slots[ifindex & (WEFT_ENDPOINT_SLOTS - 1)] = (weft_u16)number;
	return to->ifindex ? 0 : -1;
}

/* What the kernel's clock, which counts from the start of the machine, lacks of the time of day: for `expires`. */
static weft_u64 clock_offset(void)
{
	struct timespec day, boot;

	clock_gettime(CLOCK_REALTIME, &day);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (weft_u64)(day.tv_sec - boot.tv_sec) * 1000000000u + (weft_u64)day.tv_nsec - (weft_u64)boot.tv_nsec;
}

/* An Ethernet frame with a TCP SYN. */
static void make_packet(unsigned char packet[54], weft_u32 from, weft_u32 to, unsigned port)
{
	memset(packet, 0, 54);
	packet[12] = 0x08;               /* IPv4 */
	packet[14] = 0x45;               /* of five words */
	packet[17] = 40;                 /* with the TCP header */
	packet[22] = 64;                 /* hops */
	packet[23] = 6;                  /* TCP */
	from = htonl(from);
	memcpy(packet + 26, &from, 4);
	memcpy(packet + 30, &to, 4);
	packet[34] = 0x9c;               /* from port 40000 */
	packet[35] = 0x40;
	packet[36] = (unsigned char)(port >> 8);
	packet[37] = (unsigned char)port;
	packet[46] = 0x50;               /* five words, too */
	packet[47] = 0x02;               /* SYN */
}

struct entry {
	unsigned number;
	const char *action, *by, *policy, *place;
};

/* The entry that has decided more often than before: its place says what in the policy that was. */
static const struct entry *decided(struct program *gate)
{
#define ENTRY(number, action, by, policy, place) {number, action, by, policy, place},
	static const struct entry entries[] = {WEFT_EGRESS_ENTRY_LIST(ENTRY)};
	const int processors = libbpf_num_possible_cpus();
	weft_u64 *counts = calloc((size_t)processors, sizeof *counts);
	const struct entry *out = NULL;
	size_t i;
	int k;

	for (i = 0; counts && i < sizeof entries / sizeof entries[0]; ++i) {
		weft_u32 key = entries[i].number;

		if (bpf_map_lookup_elem(bpf_map__fd(gate->maps.weft_counters_egress), &key, counts))
			continue;
		for (k = 0; k < processors; ++k)
			if (counts[k])
				out = &entries[i];
	}
	free(counts);
	return out;
}

int main(int count, char **words)
{
	unsigned char packet[54], *images;
	struct in_addr destination;
	const struct entry *by;
	struct program *gate;
	size_t bytes = 0;
	int status = 2;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof packet, .repeat = 1);

	if (count != 5 || inet_pton(AF_INET, words[3], &destination) != 1) {
		fprintf(stderr, "use: gate MAPS.BIN WORKLOAD DESTINATION PORT\n");
		return 2;
	}
	images = contents(words[1], &bytes);
	if (!images)
		return fail("cannot read", words[1]);
	gate = program__open();
	if (!gate) {
		free(images);
		return fail("cannot open", "the program");
	}
	errno = 0;
	if (fill(gate, images, images + bytes, 0))
		fail("cannot take", words[1]);
	else if (add_endpoint(gate, 1, words[2], LOOPBACK))
		fail("no such workload:", words[2]);
	else if (gate->bss->weft_clock_offset = clock_offset(), program__load(gate))
		fail("the kernel refuses", "the program");
	else if (fill(gate, images, images + bytes, 1))
		fail("cannot fill", "the maps");
	else {
		make_packet(packet, gate->bss->weft_endpoints[1].address4[0], destination.s_addr, (unsigned)atoi(words[4]));
		if (bpf_prog_test_run_opts(bpf_program__fd(gate->progs.weft_from_workload), &run))
			fail("cannot run", "the program");
		else {
			by = decided(gate);
			status = run.retval == 2; /* TC_ACT_SHOT */
			printf("%s by %s %s\n", status ? "deny" : "allow", by ? by->by : "nothing", by ? by->place : "");
		}
	}
	program__destroy(gate);
	free(images);
	return status;
}
