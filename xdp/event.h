/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/*
 * Everything that crosses the border between the kernel program, the addon, TypeScript and the tests.
 *
 * The kernel program includes this file, so its structures are in the object's BTF; the addon reads them
 * there and hands TypeScript every offset and every enumerator by name. Nobody types an offset twice.
 *
 * Integers are in the byte order of the host, unless a comment says "network order". No implicit padding.
 */
#ifndef PORT_TICKER_EVENT_H
#define PORT_TICKER_EVENT_H

#include <linux/types.h>

#ifdef __cplusplus
#define _Static_assert static_assert
#endif

/* Part of the pin directory's name: raise it whenever a structure below changes its shape or meaning. */
#define LAYOUT_VERSION 1

#define WAYS 8        /* sources in one bucket of the table */
#define EXACT_PORTS 6 /* distinct ports that an episode remembers exactly */
#define SECRET_WORDS 4
#define NO_VLAN 0xffff
#define MAX_IGNORE_PREFIXES 65536

/* Time inside the kernel is counted in ticks, jiffies >> TICK_SHIFT: reading jiffies costs nothing. */
#define TICK_SHIFT 2

enum reason {
	REASON_THRESHOLD = 1,    /* the count crossed the threshold, or has doubled since the last event */
	REASON_CLOSED_PORTS = 2, /* reserved for the closed-port verdict */
	REASON_COUNT_UPDATE = 3, /* user space only: the sweep found a newer count */
	REASON_COUNT_FINAL = 4,  /* the episode ended with a count that nobody had published */
};

/* Indices into the per-CPU statistics. Counters only, never reset while the maps live. */
enum statistic {
	STAT_PACKETS_IPV4,
	STAT_PACKETS_IPV6,
	STAT_SKIPPED_TRUNCATED,  /* the frame or the datagram ends inside a header */
	STAT_SKIPPED_MALFORMED,  /* an impossible length or version */
	STAT_SKIPPED_FRAGMENT,   /* not the first fragment: has no ports */
	STAT_SKIPPED_ETHERTYPE,  /* neither IPv4 nor IPv6 behind at most two VLAN tags */
	STAT_SKIPPED_PROTOCOL,   /* neither TCP, UDP, SCTP nor ICMP */
	STAT_SKIPPED_EXTENSIONS, /* more IPv6 extension headers than the parser follows */
	STAT_SKIPPED_ICMP,       /* ICMP and ICMPv6 that passed */
	STAT_SKIPPED_SCTP,       /* SCTP: recognised, not counted by the policy */
	STAT_ICMP_DROPPED,       /* ICMP requests dropped because icmp-enable is 0 */
	STAT_IGNORED,            /* packets of ignored sources that reached the ignore list */
	STAT_PORT_CHANGES,
	STAT_SOURCES_ADMITTED,
	STAT_SOURCES_REFUSED, /* the bucket was full of young sources */
	STAT_SOURCES_EVICTED,
	STAT_SOURCES_COLLIDED, /* another source of this bucket has the same tag */
	STAT_RACES,            /* another CPU changed the table first: this packet was not counted */
	STAT_IDLE_RESETS,
	STAT_CROSSINGS_THRESHOLD, /* events put into the ring, by reason */
	STAT_CROSSINGS_FINAL,
	STAT_RING_FULL,      /* reservations that failed; the crossing is delivered later */
	STAT_CROSSINGS_LOST, /* evicted before they could be delivered: equals counters.drops */
	STAT_COUNT           /* not a statistic */
};

/* One way of a bucket: what "same port as last time?", "whose slot?" and "whom to evict?" need. */
struct head {
	__u16 port; /* network order. A hint: struct source has the word that counts */
	__u8 age;   /* tick of the last change >> AGE_SHIFT, modulo 256 */
	__u8 level; /* suspicion: grows with the logarithm of the count */
	__u32 tag;  /* 32 bits of the keyed hash; 0 = empty */
};

/* One source, one cache line, at the index bucket * WAYS + way. Touched only when the port changes. */
struct source {
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 changes;    /* with the next two one 64-bit word that is compared and swapped as a whole */
	__u16 port;       /* network order: the last recorded destination port */
	__u16 kinds;      /* reserved: kinds of probe seen */
	__u32 first;      /* tick of the first packet of the episode, low 32 bits */
	__u32 last;       /* tick of the last change, low 32 bits */
	__u32 reported;   /* the count last published; 0 = never. User space writes it too (settle) */
	__u32 targets;    /* reserved: sketch of destination addresses */
	__u64 sketch;     /* S-bitmap of distinct ports, see sketch.h */
	__u16 ports[EXACT_PORTS]; /* network order: the first distinct ports */
	__s8 score;               /* reserved: Threshold Random Walk */
	__u8 exact;               /* entries used in ports */
	__u8 sketched;            /* bits set in sketch */
	__u8 closed;              /* reserved: ports found closed */
};

/* One record of the ring buffer. */
struct event {
	__u64 sequence; /* 1, 2, 3 … within the epoch */
	__u64 drops;    /* crossings lost in this epoch so far */
	__u64 tick;     /* when, all 64 bits */
	__u8 destination
		[16]; /* of the packet that crossed; all of the packet's fields are 0 in COUNT_FINAL */
	__u32 ifindex;
	__u32 threshold;        /* in force when it crossed */
	__u16 source_port;      /* network order */
	__u16 destination_port; /* network order */
	__u16 vlan;             /* outermost VLAN id, NO_VLAN without one (also in COUNT_FINAL) */
	__u8 protocol;          /* IANA number */
	__u8 reason;            /* enum reason */
	__u8 tcp_flags;         /* as on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	__u8 reserved[7];
	struct source source; /* its changes field is the count that crossed */
};

/* Two copies: user space fills the idle one and flips active last, so that a packet sees one or the other. */
struct settings {
	__u32 threshold;  /* events when the count is greater */
	__u32 idle_ticks; /* ticks without a change after which a new episode begins; 0 = never */
	__u8 icmp_enable; /* 0: ICMP requests are dropped */
	__u8 count_all;   /* 1: policy `all`, 0: policy `attempts` */
	__u8 ignore4;     /* 1: the trie has entries */
	__u8 ignore6;
	__u32 reserved;
};
struct settings_pair {
	__u32 active; /* 0 or 1 */
	__u32 reserved;
	struct settings copy[2];
};

/* Shared by all CPUs. */
struct counters {
	__u64 sequence; /* the last one given out */
	__u64 drops;
	__u64 full_tick; /* the tick in which the ring was last full: it is not asked again within it */
};

/* Made together with the pinned maps, then only read: what gives a table and its events their identity. */
struct epoch {
	__u64 id;                     /* random */
	__u64 secret[SECRET_WORDS];   /* keys the hash of addresses and ports */
	__u64 born_tick;              /* the kernel's tick … */
	__u64 born_time;              /* … at this wall clock time, ms since 1970 */
	__u32 ticks_per_second_x1000; /* HZ * 1000 >> TICK_SHIFT */
	__u32 max_sources;
	__u32 layout; /* LAYOUT_VERSION */
	__u32 reserved;
};

/* Keys of the ignore tries: bits, then the address in network order. */
struct ignore4_key {
	__u32 bits;
	__u8 address[4];
};
struct ignore6_key {
	__u32 bits;
	__u8 address[16];
};

/* Set once before the program is loaded, from the epoch. */
struct constants {
	__u64 secret[SECRET_WORDS];
	__u32 bucket_mask; /* buckets - 1, a power of two less one */
	__u32 reserved;
};

_Static_assert(sizeof(struct head) == 8, "compared and swapped as one word");
_Static_assert(sizeof(struct source) == 64, "one cache line");
_Static_assert(sizeof(struct event) == 128, "no padding");
_Static_assert(sizeof(struct settings) == 16, "no padding");
_Static_assert(sizeof(struct epoch) == 72, "no padding");

#endif
