// SPDX-License-Identifier: GPL-2.0-only
/*
 * network: a capture of packets, as a paravirtual interface would carry it.
 *
 * Measures: what sharing memory costs a packet, from the granter's first entry to its last, on packets that somebody
 * captured. A backend takes them in batches, as from its rings; a packet has a slot for each page, and each slot a
 * reference.
 *
 *   linux       as netfront and netback of Linux: of a packet that is sent the first 128 bytes are copied by the hypervisor
 *               and the rest is mapped, by one hypercall a batch, and unmapped by one more; what is received is copied
 *   copy        all is copied by the hypervisor, both ways
 *   map         all pages are mapped for their batch
 *   persistent  a pool of pages stays granted and mapped; the frontend copies into it and out of it
 *
 * Who sent what, the capture's addresses say: the sender of the first packet is the frontend; or all go one way.
 *
 * Does not measure: an interface, rings, event channels, the pauses between packets. With touch=head a backend looks at 64
 * bytes of a page that it has mapped, as one that hands packets on to a device; with all, at every byte. Packets begin at
 * the start of a page.
 *
 * Needs: a capture (capture.h), and libpcap to read it. One operation is one pass over a part of 256 packets; a round has
 * one part, the next round the next, spread over the capture.
 */
#include <stdio.h>

#include "capture.h"
#include "net_pair.h"
#include "trace_file.h"

enum { PACKET };

#define VERIFY_PARTS 4
/* Parts that counts are of at most: spread over the capture, and the same in every run. */
#define COUNT_PARTS 64

static const char *const ways[] = { "linux", "copy", "map", "persistent" };
_Static_assert(sizeof(ways) / sizeof(*ways) == GNB_NET_WAYS, "a name for each way");

struct network {
	const struct gnb_capture *capture;
	struct gnb_net_pair pair;
	unsigned batch;
	/* The part that is replayed. */
	struct gnb_net_packet packet[GNB_CAPTURE_PART];
	unsigned n;
};

static bool sent(const struct gnb_side *s, const struct gnb_packet *p)
{
	return gnb_is(s, "direction", "tx") || (gnb_is(s, "direction", "both") && p->first_sender);
}

static void take(struct gnb_side *s, uint64_t i)
{
	struct network *w = s->priv;
	size_t n, first = gnb_capture_part(w->capture, i, &n);

	w->n = (unsigned)n;
	for (unsigned k = 0; k < w->n; k++) {
		const struct gnb_packet *p = &w->capture->packet[first + k];

		w->packet[k] = (struct gnb_net_packet){ .sent = sent(s, p), .bytes = p->bytes };
	}
}

/* The part, batch after batch: so many packets, or as many as the ring has slots for. */
static int replay(struct network *w)
{
	int err = 0;

	for (unsigned first = 0, n; first < w->n && !err; first += n) {
		unsigned slots = 0;

		for (n = 0; n < w->batch && first + n < w->n; n++) {
			slots += gnb_net_slots(w->packet[first + n].bytes);
			if (slots > GNB_NET_RING)
				break;
		}
		err = gnb_net_batch(&w->pair, &w->packet[first], n);
	}
	return err;
}

static int find_capture(const char *name, char *path, size_t len, char *why, size_t whylen)
{
	return gnb_trace_find(name, "pcap", path, len, why, whylen);
}

/* It stays in memory for who asks next. Without libpcap supported() says so. */
static int check_capture(const char *path, char *why, size_t len)
{
	const struct gnb_capture *c;
	const char *no;
	int err = gnb_capture_can(&no) ? gnb_capture_get(path, &c, why, len) : -EOPNOTSUPP;

	if (!err)
		gnb_capture_put(c);
	return err == -EOPNOTSUPP ? 0 : err;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	if (!gnb_capture_can(why))
		return -EOPNOTSUPP;
	if (s->clock->now && gnb_is(s, "way", "persistent")) {
		*why = "persistent grants put copying in the place of hypercalls, and this "
		       "target's clock sees hypercalls only";
		return -EOPNOTSUPP;
	}
	cfg->granter_pages = GNB_NET_PAGES;
	cfg->map_slots = GNB_NET_RING;
	/* A second vCPU of the backend is what a flush interrupts. */
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	return gnb_refs_room(cfg, GNB_NET_RING, GNB_TREE_LEVELS, why);
}

static void teardown(struct gnb_side *s)
{
	struct network *w = s->priv;

	if (!w)
		return;
	gnb_net_pair_fini(&w->pair);
	gnb_capture_put(w->capture);
	free(w);
	s->priv = NULL;
}

static int setup(struct gnb_side *s)
{
	struct network *w = calloc(1, sizeof(*w));
	char why[160];
	int err;

	if (!w)
		return -ENOMEM;
	s->priv = w;
	w->batch = (unsigned)gnb_u(s, "batch");
	while (!gnb_is(s, "way", ways[w->pair.way]))
		w->pair.way++;
	w->pair.scattered = gnb_is(s, "refs", "scattered");
	w->pair.all = gnb_is(s, "touch", "all");
	err = gnb_capture_get(gnb_path(s, "capture"), &w->capture, why, sizeof(why));
	if (err)
		err = gnb_fail(s, err, "%s", why);
	else if (!w->capture->addresses && gnb_is(s, "direction", "both"))
		err = gnb_fail(
			s, -EINVAL,
			"the capture has no addresses of Ethernet: write direction=tx or direction=rx");
	if (!err) {
		s->parts = w->capture->parts;
		err = gnb_net_pair_init(s, &w->pair);
	}
	if (err)
		teardown(s);
	return err;
}

static int count(struct gnb_side *s)
{
	struct network *w = s->priv;
	uint64_t packets = 0;
	int err = 0;

	gnb_start(s, PACKET);
	for (uint64_t i = 0; i < s->parts && i < COUNT_PARTS && !err; i++) {
		take(s, i);
		packets += w->n;
		err = replay(w);
	}
	gnb_stop(s, PACKET, packets);
	return err;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct network *w = s->priv;
	int err = 0;

	if (s->counting)
		return count(s);
	take(s, s->round);
	gnb_start(s, PACKET);
	for (uint64_t i = 0; i < iters && !err; i++)
		err = replay(w);
	gnb_stop(s, PACKET, iters * w->n);
	return err;
}

/* Whole packets, both ways, and the table as the frontend believes it to be. */
static int verify(struct gnb_side *s)
{
	struct network *w = s->priv;
	int err = 0;

	w->pair.full = true;
	for (uint64_t i = 0; i < VERIFY_PARTS && i < s->parts && !err; i++) {
		take(s, i);
		err = replay(w);
	}
	w->pair.full = false;
	return err ? err : gnb_net_check_table(&w->pair);
}

static const struct gnb_param params[] = {
	GNB_CHOICE("way", "linux", "linux,copy,map,persistent", "who moves the data"),
	GNB_NUMBER("batch", "64", "1,16,64", "packets that a backend takes at once, at most", 1,
		   GNB_CAPTURE_PART),
	GNB_CHOICE("direction", "both", "both,tx,rx",
		   "who sends: as the capture says, or all one way"),
	GNB_CHOICE("refs", "consecutive", "consecutive,scattered",
		   "references of neighbouring slots"),
	GNB_CHOICE("touch", "head", "head,all",
		   "what a backend looks at of a page that it has mapped"),
	GNB_CHOICE("mapper", "pv", "pv,translated", "kind of the backend domain"),
	GNB_CHOICE("iommu", "none", "none,strict,batched", "IOMMU of the backend"),
	GNB_CHOICE("flush", "count", "count,membarrier", "what a TLB flush does"),
	GNB_CHOICE("entry", "none", "none,syscall", "what a hypercall costs to enter"),
	GNB_FILE("capture", "sample", "path of a capture of packets, or the name of a shipped one",
		 find_capture, check_capture),
	{ 0 },
};

static const struct gnb_metric metrics[] = {
	[PACKET] = { "packet", "ns/packet", GNB_LOWER,
		     .work = GNB_WORK_GRANT | GNB_WORK_MAP | GNB_WORK_UNMAP | GNB_WORK_COPY },
	{ 0 },
};

static const struct gnb_bench network = {
	.name = "network",
	.summary = "a capture of packets, copied and mapped as netfront and netback do",
	.measures =
		"A capture of packets replayed as a paravirtual interface would carry it: the granter grants a "
		"page for each slot of a packet, the backend copies or maps those of a batch, and the grants "
		"end. As Linux does it; with all copied; with all mapped; and with a pool that stays mapped.",
	.not_measured =
		"An interface, rings and event channels: batches are as large as they may be, so latency "
		"is not what an application would see. What a mapping costs who reads the data later.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = 1,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(network);
