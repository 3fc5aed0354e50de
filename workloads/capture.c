// SPDX-License-Identifier: GPL-2.0-only
/* A capture of packets as work for a paravirtual network interface, read by libpcap. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "trace_file.h"

#ifdef GNB_LIBPCAP
#include <pcap/pcap.h>

/* What is used of libpcap. */
#define FUNCTIONS(f)                                                                               \
	f(pcap_open_offline) f(pcap_next_ex) f(pcap_datalink) f(pcap_geterr) f(pcap_close)

#define MEMBER(f) __typeof__(f) *f;
static struct {
	FUNCTIONS(MEMBER)
	bool loaded;
} lib;

/* It stays loaded as long as the program runs. */
bool gnb_capture_can(const char **why)
{
	static const struct {
		const char *name;
		size_t at;
	} each[] = {
#define ENTRY(f) { #f, offsetof(__typeof__(lib), f) },
		FUNCTIONS(ENTRY)
#undef ENTRY
	};
	void *handle = lib.loaded ? NULL : dlopen("libpcap.so.0.8", RTLD_NOW);
	bool all = handle;

	for (size_t i = 0; handle && i < sizeof(each) / sizeof(each[0]); i++) {
		void *f = dlsym(handle, each[i].name);

		memcpy((char *)&lib + each[i].at, &f, sizeof(f));
		all &= f != NULL;
	}
	lib.loaded |= all;
	if (!lib.loaded)
		*why = "captures are read by libpcap, which is not here: apt-get install libpcap0.8";
	return lib.loaded;
}

#define ADDRESSES 12 /* of Ethernet: destination, source */

/* One more packet. 0 or -errno with a reason. */
static int add(struct gnb_capture *c, const struct pcap_pkthdr *head, const u_char *data,
	       u_char *first, char *why, size_t whylen)
{
	struct gnb_packet p = { .bytes = head->len, .first_sender = true };

	if (p.bytes > GNB_CAPTURE_LENGTH_MAX) {
		snprintf(why, whylen, "packet %zu has %u bytes, and an interface takes %u at most",
			 c->n + 1, p.bytes, GNB_CAPTURE_LENGTH_MAX);
		return -EINVAL;
	}
	if (!p.bytes)
		return 0;
	if (c->addresses && head->caplen < ADDRESSES) {
		snprintf(why, whylen, "packet %zu has %u bytes and no addresses", c->n + 1,
			 head->caplen);
		return -EINVAL;
	}
	if (c->addresses) {
		if (!c->n)
			memcpy(first, data, ADDRESSES);
		p.first_sender =
			!memcmp(first + ADDRESSES / 2, data + ADDRESSES / 2, ADDRESSES / 2);
	}
	/* Doubled when it is full, which it is whenever its number is a power of two. */
	if (!(c->n & (c->n - 1))) {
		struct gnb_packet *grown =
			realloc(c->packet, (c->n ? 2 * c->n : 1) * sizeof(*grown));

		if (!grown) {
			snprintf(why, whylen, "out of memory");
			return -ENOMEM;
		}
		c->packet = grown;
	}
	c->packet[c->n++] = p;
	return 0;
}

static int load(void *into, const char *path, char *why, size_t whylen)
{
	struct gnb_capture *c = into;
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = lib.pcap_open_offline(path, error);
	struct pcap_pkthdr *head;
	const u_char *data;
	u_char first[ADDRESSES];
	int rc, err = 0;

	if (!p) {
		snprintf(why, whylen, "is no capture that libpcap reads: %.120s", error);
		return -EINVAL;
	}
	c->addresses = lib.pcap_datalink(p) == DLT_EN10MB;
	while (!err && (rc = lib.pcap_next_ex(p, &head, &data)) == 1)
		err = add(c, head, data, first, why, whylen);
	if (!err && rc != PCAP_ERROR_BREAK) {
		snprintf(why, whylen, "ends within packet %zu: %.120s", c->n + 1,
			 lib.pcap_geterr(p));
		err = -EINVAL;
	}
	lib.pcap_close(p);
	if (!err && !c->n) {
		snprintf(why, whylen, "has no packet");
		err = -EINVAL;
	}
	c->parts = (c->n + GNB_CAPTURE_PART - 1) / GNB_CAPTURE_PART;
	return err;
}
#else
bool gnb_capture_can(const char **why)
{
	*why = "this build reads no captures: apt-get install libpcap-dev, and build again";
	return false;
}

/* Never asked for. */
static int load(void *into, const char *path, char *why, size_t whylen)
{
	(void)into;
	(void)path;
	(void)why;
	(void)whylen;
	return -EOPNOTSUPP;
}
#endif

static void unload(void *loaded)
{
	free(((struct gnb_capture *)loaded)->packet);
}

static struct gnb_trace_kind kind = {
	.what = "capture", .size = sizeof(struct gnb_capture), .load = load, .unload = unload
};

int gnb_capture_get(const char *path, const struct gnb_capture **c, char *why, size_t whylen)
{
	const char *no;
	const void *found;
	int err;

	if (!gnb_capture_can(&no)) {
		snprintf(why, whylen, "%s", no);
		return -EOPNOTSUPP;
	}
	err = gnb_trace_get(&kind, path, &found, why, whylen);
	*c = err ? NULL : found;
	return err;
}

void gnb_capture_put(const struct gnb_capture *c)
{
	gnb_trace_put(&kind, c);
}

size_t gnb_capture_part(const struct gnb_capture *c, uint64_t i, size_t *n)
{
	size_t first = gnb_trace_part(c->parts, i) * GNB_CAPTURE_PART;

	*n = c->n - first < GNB_CAPTURE_PART ? c->n - first : GNB_CAPTURE_PART;
	return first;
}
