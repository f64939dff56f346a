/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* A network namespace of its own with real sockets in it: what the program asks about flows and ports. */
#ifndef PORT_TICKER_NAMESPACE_H
#define PORT_TICKER_NAMESPACE_H

#define _GNU_SOURCE
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

/* Enters a new namespace, whose only device is lo, up. */
static inline void enter_namespace(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int any;

	require(!unshare(CLONE_NEWNET), "new network namespace");
	any = socket(AF_INET, SOCK_DGRAM, 0);
	require(any >= 0 && !ioctl(any, SIOCSIFFLAGS, &request), "lo up");
	close(any);
}

static inline struct sockaddr_in address_of(const char *text, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, text, &address.sin_addr);
	return address;
}

/* `count` connections of 127.0.0.1, ports from `first` on, to 127.0.0.2 port `server`; they live with the process. */
static inline void connect_many(int count, int first, int server)
{
	struct sockaddr_in there = address_of("127.0.0.2", server);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	require(!bind(listener, (void *)&there, sizeof there) && !listen(listener, count), "listen");
	for (int i = 0; i < count; i++) {
		struct sockaddr_in here = address_of("127.0.0.1", first + i);
		int client = socket(AF_INET, SOCK_STREAM, 0);

		require(!bind(client, (void *)&here, sizeof here), "bind");
		require(!connect(client, (void *)&there, sizeof there) && accept(listener, 0, 0) >= 0,
			"connect");
	}
}

#endif
