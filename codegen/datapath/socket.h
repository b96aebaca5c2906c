/* Connections that a socket remembers. At a cgroup every packet is a socket's, and most sockets have one connection: that of their last
 * answer is kept with the socket, and further answers of the same tick ask no table. (At an interface nobody knows the
 * socket.) Policy is asked of each of them all the same, and what says more than "it goes on" asks the tables.
 */
#ifndef WEFT_DATAPATH_SOCKET_H
#define WEFT_DATAPATH_SOCKET_H

#include "recent.h"

/* Of a socket that is not a whole one (a connection on its way to be accepted) the kernel gives none. */
INLINE struct weft_socket *remembered_by_socket(struct __sk_buff *skb, weft_u64 flags)
{
	void *socket = (void *)(long)skb->sk;

	return socket ? bpf_sk_storage_get(&weft_sockets, socket, 0, flags) : 0;
}

/* Two processors may write at once where a socket has several peers: a mixture has the seal of neither. */
INLINE weft_u64 seal_of(const word *key, const int words, weft_u32 now)
{
	weft_u64 seal = now;

	for (int i = 0; i < words; i++)
		seal = (seal ^ key[i]) * 0x9e3779b97f4a7c15ull + (seal >> 29);
	return seal;
}

/* Is the packet one more answer of the connection that the socket remembers? With news it is none, and forgotten. */
INLINE int socket_knows(struct __sk_buff *skb, const word *key, const int words, weft_u32 has_news)
{
	struct weft_socket *found = remembered_by_socket(skb, 0);

	if (!found)
		return 0;
	if (has_news) {
		found->seal = 0;
		return 0;
	}
	if (found->seal != seal_of(key, words, tick()))
		return 0;
	for (int i = 0; i < words; i++) {
		if (found->key[i] != key[i])
			return 0;
	}
	return 1;
}

INLINE void note_socket(struct __sk_buff *skb, const word *key, const int words)
{
	struct weft_socket *place = remembered_by_socket(skb, BPF_SK_STORAGE_GET_F_CREATE);

	if (!place)
		return;
	for (int i = 0; i < words; i++)
		place->key[i] = key[i];
	place->seal = seal_of(key, words, tick());
}

NOINLINE int weft_note_socket4(struct __sk_buff *skb, struct weft_connection4 *asked)
{
	if (asked)
		note_socket(skb, (const word *)asked, sizeof(*asked) / sizeof(word));
	return 0;
}

NOINLINE int weft_note_socket6(struct __sk_buff *skb, struct weft_connection6 *asked)
{
	if (asked)
		note_socket(skb, (const word *)asked, sizeof(*asked) / sizeof(word));
	return 0;
}

#endif
