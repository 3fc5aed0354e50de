// SPDX-License-Identifier: GPL-2.0-only
/* A virtio-iommu's queues in the hands of a driver that does what none may: nothing of it is done, and the device goes on. */
#include "vio.h"

static struct vio v;

/* The device still does what it is asked. */
static void goes_on(const char *what)
{
	static unsigned n;
	uint64_t dfn = 100 + n++;

	ok(vio_map(&v, 1, dfn, 1, 20, VIO_RW) == VIRTIO_IOMMU_S_OK && vio_read(&v, 0, dfn) == 20,
	   "%s: the device goes on", what);
}

/* This chain is given back, and nothing was written. */
static void refused(uint16_t head, const char *what)
{
	vio_offer(&v, head);
	ok(vio_kick(&v) == 1 && vio_take(&v) == head && !v.used_len, "%s: a used length of 0",
	   what);
	goes_on(what);
}

static void chains(void)
{
	struct virtio_iommu_map r = vio_a_map(1, 8, 1, 20, VIO_RW);
	uint64_t out, in;

	vio_put(&v, 0, &r, sizeof(r), 4);
	out = vio_at(&v, VIO_OUT);
	in = vio_at(&v, VIO_IN);
	vio_desc(&v, 1, in, 4, VRING_DESC_WRITE | VRING_DESC_NEXT, 1);
	refused(0, "a descriptor that is its own next");
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 1, in, 4, VRING_DESC_WRITE | VRING_DESC_NEXT, 2);
	vio_desc(&v, 2, in, 4, VRING_DESC_WRITE | VRING_DESC_NEXT, 1);
	refused(0, "two that are each other's");
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 0, out, sizeof(r), VRING_DESC_NEXT, VIO_NUM + 1);
	refused(0, "a next beyond the queue");
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 0, out, sizeof(r), VRING_DESC_NEXT | VRING_DESC_INDIRECT, 1);
	refused(0, "a table of descriptors elsewhere");
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 0, in, 4, VRING_DESC_WRITE | VRING_DESC_NEXT, 1);
	vio_desc(&v, 1, out, sizeof(r), 0, 0);
	refused(0, "what is written before what is read");
	for (unsigned i = 0; i < 20; i++)
		vio_desc(&v, i, out + i, 1, VRING_DESC_NEXT, (uint16_t)(i + 1));
	vio_desc(&v, 20, in, 4, VRING_DESC_WRITE, 0);
	refused(0, "a chain that is longer than any request");
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 0, 1ull << 40, sizeof(r), VRING_DESC_NEXT, 1);
	refused(0, "a request where no RAM is");
	vio_desc(&v, 0, UINT64_MAX - 3, sizeof(r), VRING_DESC_NEXT, 1);
	refused(0, "one at the end of all addresses");
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 0, out, UINT32_MAX, VRING_DESC_NEXT, 1);
	vio_desc(&v, 1, in, UINT32_MAX, VRING_DESC_WRITE, 0);
	vio_offer(&v, 0);
	ok(vio_kick(&v) == 1 && !vio_take(&v) && v.used_len == 4 && vio_read(&v, 0, 8) == 20,
	   "lengths that cannot be are not believed: only what is needed is looked at");
	vio_unmap(&v, 1, 8, 1);
	/* In bytes, across descriptors. */
	memcpy(vio_page(&v, VIO_OUT), &r, sizeof(r));
	vio_desc(&v, 0, out, 5, VRING_DESC_NEXT, 3);
	vio_desc(&v, 3, 0, 0, VRING_DESC_NEXT, 5);
	vio_desc(&v, 5, out + 5, sizeof(r) - 5, VRING_DESC_NEXT, 7);
	vio_desc(&v, 7, in, 1, VRING_DESC_WRITE | VRING_DESC_NEXT, 8);
	vio_desc(&v, 8, in + 1, 3, VRING_DESC_WRITE, 0);
	vio_offer(&v, 0);
	ok(vio_kick(&v) == 1 && !vio_take(&v) && v.used_len == 4 && vio_read(&v, 0, 8) == 20,
	   "a request in pieces is one");
	goes_on("pieces");
	/* An answer that cannot be written: what was asked for is done, and who asked does not know. */
	r = vio_a_map(1, 9, 1, 20, VIO_RW);
	vio_put(&v, 0, &r, sizeof(r), 4);
	vio_desc(&v, 1, 1ull << 40, 4, VRING_DESC_WRITE, 0);
	refused(0, "no RAM for the answer");
}

static void indices(void)
{
	struct vring_avail *a = vio_page(&v, VIO_AVAIL);
	struct hv_virtio_stats before, s;

	hv_virtio_stats(v.f.g, &before);
	a->ring[v.avail % VIO_NUM] = VIO_NUM;
	a->idx = ++v.avail;
	ok(vio_kick(&v) == 1 && vio_take(&v) == -1,
	   "no descriptor of that number: nobody is answered");
	goes_on("a head beyond the queue");
	a->idx = (uint16_t)(v.avail + VIO_NUM + 1);
	ok(vio_kick(&v) == -EINVAL && vio_take(&v) == -1,
	   "more buffers than there can be: -EINVAL");
	a->idx = (uint16_t)(v.avail - 1);
	ok(vio_kick(&v) == -EINVAL && vio_take(&v) == -1, "and one less than there were");
	a->idx = v.avail;
	hv_virtio_stats(v.f.g, &s);
	ok(s.refused == before.refused + 2 && s.ignored == before.ignored + 1,
	   "all of it is counted");
	goes_on("indices");
	ok(vio_kick(&v) == 0, "a kick of nothing is nothing");
	ok(vio_write(&v, VIRTIO_REG_NOTIFY, 7) == -EINVAL, "a queue that there is not: -EINVAL");
	/* The numbers go round. */
	for (unsigned i = 0; i < 70000; i++) {
		vio_offer(&v, 0);
		if (vio_kick(&v) != 1 || vio_take(&v) != 0)
			break;
	}
	goes_on("70,000 requests");
}

static void registers(void)
{
	ok(vio_write(&v, VIRTIO_REGS, 0) == -EINVAL && !hv_virtio_read(v.f.gv, VIRTIO_REGS),
	   "no such register");
	ok(vio_write(&v, VIRTIO_REG_QUEUE, 2) == -EINVAL, "no such queue");
	ok(!vio_write(&v, VIRTIO_REG_QUEUE, 0) && vio_write(&v, VIRTIO_REG_DESC, 0) == -EINVAL &&
		   vio_write(&v, VIRTIO_REG_NUM, 8) == -EINVAL &&
		   vio_write(&v, VIRTIO_REG_ENABLE, 1) == -EINVAL,
	   "a queue in use stays as it is");
	ok(vio_write(&v, VIRTIO_REG_FEATURES, 0) == -EINVAL, "so do features");
	ok(vio_write(&v, VIRTIO_REG_STATUS, VIRTIO_DRIVER) == -EINVAL, "and status");
	goes_on("registers");
	ok(!vio_write(&v, VIRTIO_REG_STATUS, 0) && vio_write(&v, VIRTIO_REG_NOTIFY, 0) == -EINVAL &&
		   vio_write(&v, VIRTIO_REG_STATUS, VIRTIO_FEATURES_OK) == -EINVAL &&
		   vio_write(&v, VIRTIO_REG_STATUS, VIRTIO_DRIVER_OK) == -EINVAL &&
		   vio_write(&v, VIRTIO_REG_FEATURES, ~0ull) == -EINVAL,
	   "before there are features nothing goes");
	static const struct {
		uint64_t num, desc, avail, used;
		long rc;
		const char *what;
	} odd[] = {
		{ 0, 0, 0x1000, 0x2000, -EINVAL, "no descriptors" },
		{ 3, 0, 0x1000, 0x2000, -EINVAL, "three descriptors" },
		{ 512, 0, 0x1000, 0x2000, -EINVAL, "too many" },
		{ 1ull << 40, 0, 0x1000, 0x2000, -EINVAL, "far too many" },
		{ 64, 8, 0x1000, 0x2000, -EINVAL, "descriptors not aligned" },
		{ 64, 0, 0x1001, 0x2000, -EINVAL, "available not aligned" },
		{ 64, 0, 0x1000, 0x2002, -EINVAL, "used not aligned" },
		{ 64, 1ull << 60, 0x1000, 0x2000, -EINVAL, "beyond all addresses" },
		{ 64, 1ull << 40, 0x1000, 0x2000, -EFAULT, "where no RAM is" },
		{ 64, 0, 0x1000, 1ull << 40, -EFAULT, "a part where no RAM is" },
	};
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		vio_write(&v, VIRTIO_REG_QUEUE, 0);
		vio_write(&v, VIRTIO_REG_NUM, odd[i].num);
		vio_write(&v, VIRTIO_REG_DESC, odd[i].desc);
		vio_write(&v, VIRTIO_REG_AVAIL, odd[i].avail);
		vio_write(&v, VIRTIO_REG_USED, odd[i].used);
		ok(vio_write(&v, VIRTIO_REG_ENABLE, 1) == odd[i].rc, "a queue with %s: %ld",
		   odd[i].what, odd[i].rc);
	}
	ok(!vio_start(&v) && !vio_attach(&v, 1, 0, 0), "and it can be had anew");
	goes_on("a new queue");
}

/* A ring that is given up while the device uses it stays the device's until a reset. */
static void rings(void)
{
	ok(vio_give_up(&v, VIO_DESC) == 1 && vio_kick(&v) == 0,
	   "a ring that is given up is still there");
	ok(!fx_check(&v.f, true), "and accounted for");
	ok(!vio_write(&v, VIRTIO_REG_STATUS, 0), "a reset lets it go");
}

int main(void)
{
	if (vio_open(&v, (struct hv_virtio_config){ .blocked = true }))
		ok(0, "a device");
	vio_number(&v);
	ok(!vio_attach(&v, 1, 0, 0), "an endpoint");
	chains();
	indices();
	registers();
	rings();
	vio_close(&v, "rings");
	return tap_done();
}
