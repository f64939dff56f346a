/* SPDX-License-Identifier: GPL-2.0-only OR WTFPL */
/* Sends every frame out of a device. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile int device = 0; /* its ifindex */

SEC("xdp")
int send(struct xdp_md *ctx)
{
	(void)ctx;
	return bpf_redirect(device, 0);
}

char LICENSE[] SEC("license") = "GPL";
