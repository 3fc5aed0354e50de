/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A split virtqueue in a guest's memory, from the device's side. Its pages are held while it is enabled; each word of it is read
 * once, and nothing that was read is believed beyond what it can do: a number is compared with the queue's, a chain has an end.
 */
#ifndef HV_VQ_H
#define HV_VQ_H

#include "types.h"

#define HV_VQ_MAX  256 /* descriptors of a queue */
#define HV_VQ_SEGS 16  /* and of a chain that a device looks at */

/* One of its three parts: from where in the first of how many pages. */
struct hv_vq_part {
	unsigned off, pages;
	struct hv_page *pg[2];
};

struct hv_vq {
	uint64_t at[3]; /* descriptors, available, used: where the driver says that they are */
	unsigned num;	/* of descriptors, as the driver says */
	bool enabled;
	uint16_t seen; /* of the available ring, so far */
	uint16_t used; /* written into the used ring, so far */
	struct hv_vq_part part[3];
};

enum { HV_VQ_DESC, HV_VQ_AVAIL, HV_VQ_USED };

/* A buffer of the driver's: segments that are read, then those that are written. */
struct hv_vq_chain {
	uint16_t head;
	bool broken; /* what is wrong with it makes it no buffer at all */
	unsigned nr, readable;
	struct {
		uint64_t at;
		uint32_t len;
	} seg[HV_VQ_SEGS];
	uint64_t in, out; /* bytes that the device reads, and that it may write */
};

/* With the pages that it lies in. -EINVAL: its size or where it is; -EFAULT: that is no RAM of d's. */
int hv_vq_enable(struct hv_vcpu *cur, struct hv_domain *d, struct hv_vq *q);
/* And its pages are let go. */
void hv_vq_disable(struct hv_vcpu *cur, struct hv_vq *q);

/* How many buffers are available; a number that cannot be: -EINVAL, and none is taken. */
int hv_vq_available(struct hv_vcpu *cur, struct hv_vq *q);
/* The next of them. False: the driver named no descriptor of the queue, and there is nobody to answer. */
bool hv_vq_take(struct hv_vcpu *cur, struct hv_vq *q, struct hv_vq_chain *c);

/*
 * Bytes at off of what the device reads, or writes, of a chain; they have to be in it (in, out). -EFAULT: there is no RAM of
 * d's; a part before it may have been moved.
 */
int hv_vq_read(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_vq_chain *c, uint64_t off,
	       void *buf, unsigned len);
int hv_vq_write(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_vq_chain *c, uint64_t off,
		const void *buf, unsigned len);

/* A buffer goes back to the driver, which sees it when it is published; does it want to be told? */
void hv_vq_give(struct hv_vcpu *cur, struct hv_vq *q, uint16_t head, uint32_t len);
bool hv_vq_publish(struct hv_vcpu *cur, struct hv_vq *q);

/* hv_check(): the references that an enabled queue has on its pages, added to refs, by frame. */
void hv_vq_count(const struct hv_host *host, const struct hv_vq *q, uint32_t *refs);

#endif
