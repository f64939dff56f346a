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
#define LAYOUT_VERSION 2

#define WAYS 8        /* sources in one bucket of the table */
#define EXACT_PORTS 6 /* distinct ports that an episode remembers exactly */
#define SECRET_WORDS 4
#define NO_VLAN 0xffff
#define MAX_IGNORE_PREFIXES 65536
#define OWN_BUCKETS 4096 /* for own addresses, a power of two */
#define OWN_WAYS 8
#define SCORE_VERDICT                                                                                        \
	4 /* Threshold Random Walk: 4^4 > 99, the likelihood ratio at which a source is a scanner */
#define TARGET_BITS 24 /* of the sketch of targets */
#define SWEEP_BITS 14  /* of TARGET_BITS: about 21 targets, -24 * ln(1 - 14 / 24) */

/* Time inside the kernel is counted in ticks, jiffies >> TICK_SHIFT: reading jiffies costs nothing. */
#define TICK_SHIFT 2

enum reason {
	REASON_THRESHOLD = 1,    /* the count crossed the threshold, or has doubled since the last event */
	REASON_CLOSED_PORTS = 2, /* the walk over closed and open ports has reached its verdict */
	REASON_COUNT_UPDATE = 3, /* user space only: the sweep found a newer count */
	REASON_COUNT_FINAL = 4,  /* the episode ended with a count that nobody had published */
	REASON_SWEEP = 5,        /* about 21 targets, by the sketch */
};

/* Kinds of probe seen in an episode, under the names that nmap's users know: bits of source.kinds. */
enum kind {
	KIND_SYN = 1 << 0,
	KIND_NULL = 1 << 1,
	KIND_FIN = 1 << 2,
	KIND_XMAS = 1 << 3,
	KIND_ACK = 1 << 4, /* ACK and window scans look alike */
	KIND_MAIMON = 1 << 5,
	KIND_UNUSUAL_FLAGS = 1 << 6,
	KIND_UDP = 1 << 7,
	KIND_SCTP_INIT = 1 << 8,
	KIND_SCTP_COOKIE_ECHO = 1 << 9,
	KIND_IP_PROTOCOL = 1 << 10,
	KIND_FRAGMENT = 1 << 11, /* a first fragment that cuts the TCP header short */
	KIND_ICMP_SWEEP = 1 << 12,
	KIND_CONNECT = 1 << 13, /* a hint: a SYN with the options that an operating system sends */
};

/* The tool whose mark a packet bore first. A hint, never evidence: everybody can set these fields. */
enum tool {
	TOOL_NONE = 0,
	TOOL_ZMAP = 1,    /* IP id 54321 */
	TOOL_MASSCAN = 2, /* IP id from address, port and sequence number */
	TOOL_NMAP = 3,    /* SYN: MSS 1460 as the only option, window 1 to 7 KiB */
	TOOL_HPING = 4,   /* no options, window 512 */
};

/* source.flags */
enum flag {
	FLAG_FIRST = 3,     /* two bits: what is still to be done about the first port … */
	FLAG_FIRST_TCP = 1, /* … it is judged with the second */
	FLAG_FIRST_UDP = 2,
	FLAG_FIRST_MISSING = 3, /* … there is none yet: so far only probes of protocols without ports */
	FLAG_SWEPT = 4,         /* SWEEP_BITS of the sketch of targets are set */
	FLAG_TOLD_CLOSED = 8,   /* the verdict has been put into the ring, or published by the sweep */
	FLAG_TOLD_SWEEP = 16,
	FLAG_TOOL_SHIFT = 5, /* enum tool in the upper bits */
};

/* Indices into the per-CPU statistics. Counters only, never reset while the maps live. */
enum statistic {
	STAT_PACKETS_IPV4,
	STAT_PACKETS_IPV6,
	STAT_SKIPPED_TRUNCATED, /* the frame or the datagram ends inside a header */
	STAT_SKIPPED_MALFORMED, /* an impossible length or version */
	STAT_SKIPPED_FRAGMENT,  /* not the first fragment: has no ports */
	STAT_SKIPPED_ETHERTYPE, /* neither IPv4 nor IPv6 behind at most two VLAN tags */
	STAT_SKIPPED_PROTOCOL, /* neither TCP, UDP, SCTP nor ICMP: not counted, though noted as a kind of probe */
	STAT_SKIPPED_EXTENSIONS, /* more IPv6 extension headers than the parser follows */
	STAT_SKIPPED_ICMP,       /* ICMP and ICMPv6 that passed */
	STAT_SKIPPED_SCTP,       /* SCTP chunks that open nothing, all SCTP under policy `all` */
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
	STAT_CROSSINGS_CLOSED,
	STAT_CROSSINGS_SWEEP,
	STAT_RING_FULL,      /* reservations that failed; the crossing is delivered later */
	STAT_CROSSINGS_LOST, /* evicted before they could be delivered */
	STAT_FLOW,           /* not attempts: a socket that is not listening has the packet's four-tuple */
	STAT_LATE,           /* ACKs to an ephemeral port without a socket */
	STAT_REPLY,          /* UDP from a port below 1024 to one from 1024 up */
	STAT_BACKSCATTER,    /* SYN-ACK or RST without a socket */
	STAT_FORWARDED,      /* to another host's address, and not plainly an attempt */
	STAT_GROUP,          /* multicast and broadcast */
	STAT_TRACEROUTE, /* UDP to 33434 … 33534 with a small TTL: counted, but its port is not remembered */
	STAT_SOCKET_LOOKUPS,
	STAT_COUNT /* not a statistic */
};

/* One way of a bucket: what "same port as last time?", "whose slot?" and "whom to evict?" need. */
struct head {
	__u16 port; /* network order. A hint: struct source has the word that counts */
	__u8 age;   /* tick of the last change >> AGE_SHIFT, modulo 256 */
	__u8 rank;  /* lower 5 bits: level of suspicion; upper 3: hash of the last destination address */
	__u32 tag;  /* 32 bits of the keyed hash; 0 = empty */
};

/* One source, one cache line, at the index bucket * WAYS + way. Touched only when port or target changes. */
struct source {
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 changes;    /* with the next two one 64-bit word that is compared and swapped as a whole */
	__u16 port;       /* network order: the last recorded destination port */
	__u16 kinds;      /* enum kind */
	__u32 first;      /* tick of the first packet of the episode, low 32 bits */
	__u32 last;       /* tick of the last change of port or own target, low 32 bits */
	__u32 reported;   /* the count last published; 0 = never. User space writes it too (settle) */
	__u8 targets
		[3]; /* sketch of own addresses, each with each protocol that has no ports: TARGET_BITS bits */
	__u8 open;   /* new ports found open; with closed halved when one of them is full */
	__u64 sketch;             /* S-bitmap of distinct ports, see sketch.h */
	__u16 ports[EXACT_PORTS]; /* network order: the first distinct ports; unused ones repeat the first */
	__s8 score;               /* Threshold Random Walk over new ports, -4 … 4: +1 closed, -1 open */
	__u8 flags;               /* enum flag */
	__u8 sketched;            /* bits set in sketch */
	__u8 closed;              /* new ports found closed */
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
	__u32 threshold; /* events when the count is greater */
	__u32 idle_ticks; /* ticks without another port or target after which a new episode begins; 0 = never */
	__u8 icmp_enable; /* 0: ICMP requests are dropped */
	__u8 count_all;   /* 1: policy `all`, 0: policy `attempts` */
	__u8 ignore4;     /* 1: the trie has entries */
	__u8 ignore6;
	__u16 ephemeral_low; /* the namespace's ip_local_port_range, host order */
	__u16 ephemeral_high;
};
struct settings_pair {
	__u32 active; /* 0 or 1 */
	__u32 reserved;
	struct settings copy[2];
};

/* Shared by all CPUs. */
struct counters {
	__u64 sequence;  /* the last one given out */
	__u64 drops;     /* evicted undelivered; user space adds those that Kafka has refused */
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
	__u64 target_factor; /* of the hash of targets, see hash.h */
	__u32 bucket_mask;   /* buckets - 1, a power of two less one */
	__u32 second_shift;  /* ticks >> second_shift counts units of at most a second */
};

_Static_assert(sizeof(struct head) == 8, "compared and swapped as one word");
_Static_assert(sizeof(struct source) == 64, "one cache line");
_Static_assert(sizeof(struct event) == 128, "no padding");
_Static_assert(sizeof(struct settings) == 16, "no padding");
_Static_assert(sizeof(struct epoch) == 72, "no padding");

#endif
