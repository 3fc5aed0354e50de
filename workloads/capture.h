/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture of packets as work for a paravirtual network interface: their lengths and directions, cut into parts of about
 * equal size, so that a round of a measurement can take one. What is in them is not looked at, but for the addresses of
 * Ethernet.
 *
 * It is read by libpcap, which is loaded when it is asked for: classic captures, of micro- or nanoseconds, and pcapng.
 *
 * Locking: main thread only.
 */
#ifndef GNB_CAPTURE_H
#define GNB_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GNB_CAPTURE_LENGTH_MAX                                                                     \
	(18 * 4096u) /* of a packet: XEN_NETIF_NR_SLOTS_MIN pages, which every backend takes */
#define GNB_CAPTURE_PART 256 /* packets of a part, of which the last may have fewer */

struct gnb_packet {
	uint32_t bytes; /* on the wire, however many of them were captured */
	/* By who sent it: is its source that of the first packet? Of captures without addresses of Ethernet all are. */
	bool first_sender;
};

struct gnb_capture {
	struct gnb_packet *packet;
	size_t n;
	bool addresses; /* it tells who sent what */
	uint64_t parts;
};

/* Can captures be read here? If not, *why is a sentence without its end. */
bool gnb_capture_can(const char **why);

/*
 * The capture in a file, as gnb_trace_get(). 0 or -errno with a one-line reason in why[whylen]: -EINVAL: it is no capture,
 * is cut off, has no packet, or one that is too long; -EOPNOTSUPP: there is no libpcap here. *c is given back with
 * gnb_capture_put().
 */
int gnb_capture_get(const char *path, const struct gnb_capture **c, char *why, size_t whylen);
void gnb_capture_put(const struct gnb_capture *c);

/* The packets of the i-th part in their fixed order (trace_file.h), which begins anew after the last: the first, and how many. */
size_t gnb_capture_part(const struct gnb_capture *c, uint64_t i, size_t *n);

#endif
