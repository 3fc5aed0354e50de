// SPDX-License-Identifier: GPL-2.0-only
/* A virtio-iommu: what each request says and does, rule by rule (virtio 1.2, 5.13.6), and its faults. */
#include "vio.h"

enum {
	OK = VIRTIO_IOMMU_S_OK,
	INVAL = VIRTIO_IOMMU_S_INVAL,
	RANGE = VIRTIO_IOMMU_S_RANGE,
	NOENT = VIRTIO_IOMMU_S_NOENT,
	FAULT = VIRTIO_IOMMU_S_FAULT,
	NOMEM = VIRTIO_IOMMU_S_NOMEM,
};

static void open(struct vio *v, struct hv_virtio_config c)
{
	if (vio_open(v, c))
		ok(0, "a device");
	vio_number(v);
}

static void attach(void)
{
	struct virtio_iommu_attach odd = { .head = { .type = VIRTIO_IOMMU_T_ATTACH },
					   .domain = 1,
					   .endpoint = 2,
					   .reserved = { 0, 1 } };
	struct hv_virtio_stats s;
	struct vio v;

	open(&v, (struct hv_virtio_config){ .blocked = true, .domain_start = 1, .domain_end = 9 });
	ok(vio_read(&v, 2, 5) == -EFAULT,
	   "an endpoint that is attached to nothing reaches nothing");
	ok(vio_attach(&v, 1, HV_DEVICES, 0) == NOENT, "attach: no such endpoint");
	ok(vio_ask(&v, &odd, sizeof(odd), 4) == INVAL, "attach: what is reserved is not 0");
	ok(vio_attach(&v, 1, 2, 2) == INVAL, "attach: an unknown flag");
	ok(vio_attach(&v, 0, 2, 0) == INVAL && vio_attach(&v, 10, 2, 0) == INVAL,
	   "attach: a domain outside of the range");
	ok(vio_map(&v, 1, 5, 1, 20, VIO_RW) == NOENT,
	   "map: a domain is there when one is attached");
	ok(vio_attach(&v, 1, 2, 0) == OK && vio_map(&v, 1, 5, 1, 20, VIO_RW) == OK &&
		   vio_read(&v, 2, 5) == 20,
	   "what is mapped in its domain an endpoint reaches");
	ok(vio_attach(&v, 1, 2, 0) == OK && vio_read(&v, 2, 5) == 20,
	   "attached again: nothing changes");
	ok(vio_attach(&v, 1, 3, 0) == OK && vio_read(&v, 3, 5) == 20,
	   "two endpoints share a domain");
	ok(vio_attach(&v, 2, 2, 0) == OK && vio_read(&v, 2, 5) == -EFAULT &&
		   vio_read(&v, 3, 5) == 20,
	   "attached elsewhere it is detached first");
	ok(vio_detach(&v, 1, 2) == INVAL && vio_detach(&v, 7, 2) == INVAL,
	   "detach: it is not in that domain");
	ok(vio_detach(&v, 1, HV_DEVICES) == NOENT, "detach: no such endpoint");
	ok(vio_detach(&v, 1, 3) == OK && vio_read(&v, 3, 5) == -EFAULT,
	   "detached it reaches nothing");
	ok(vio_map(&v, 1, 5, 1, 20, VIO_RW) == NOENT, "a domain ends with its last endpoint");
	hv_virtio_stats(v.f.g, &s);
	ok(s.domains == 1 && !s.mappings && s.answered[OK] == 6, "all of which is counted");
	vio_close(&v, "attach");
}

static void bypass(void)
{
	struct fx_opts o = vio_opts();
	struct vio v;

	o.granter.iommu = HV_IOMMU_STRICT;
	vio_open_with(&v, o, (struct hv_virtio_config){ 0 });
	vio_number(&v);
	ok(vio_read(&v, 1, 20) == 20, "with bypass an endpoint reaches what the guest has");
	ok(vio_attach(&v, 4, 1, 0) == OK && vio_read(&v, 1, 20) == -EFAULT, "until it is attached");
	ok(vio_attach(&v, 5, 1, VIRTIO_IOMMU_ATTACH_BYPASS) == OK && vio_read(&v, 1, 20) == 20,
	   "a domain can be one, too");
	ok(vio_map(&v, 5, 20, 1, 30, VIO_RW) == INVAL && vio_unmap(&v, 5, 20, 1) == INVAL &&
		   vio_attach(&v, 5, 2, 0) == INVAL,
	   "in which nothing is mapped");
	ok(vio_detach(&v, 5, 1) == OK && !vio_write(&v, VIRTIO_REG_BYPASS, 0) &&
		   vio_read(&v, 1, 20) == -EFAULT,
	   "the driver can turn it off");
	ok(vio_write(&v, VIRTIO_REG_BYPASS, 2) == -EINVAL, "or on, and nothing else");
	ok(!vio_write(&v, VIRTIO_REG_STATUS, 0) && vio_read(&v, 1, 20) == 20,
	   "a reset puts it back");
	vio_close(&v, "bypass");
}

static void map(void)
{
	struct virtio_iommu_map r;
	struct vio v;

	open(&v, (struct hv_virtio_config){ .input_end = (1ull << 30) - 1,
					    .reserved_start = 0x20000000,
					    .reserved_end = 0x200fffff });
	vio_attach(&v, 1, 0, 0);
	ok(vio_map(&v, 1, 8, 4, 20, VIO_RW) == OK && vio_read(&v, 0, 11) == 23, "map: four pages");
	ok(vio_map(&v, 1, 11, 4, 40, VIO_RW) == INVAL && vio_read(&v, 0, 11) == 23 &&
		   vio_read(&v, 0, 12) == -EFAULT,
	   "map: over another one: INVAL, and nothing changes");
	ok(vio_map(&v, 1, 6, 8, 40, VIO_RW) == INVAL && vio_map(&v, 1, 9, 1, 40, VIO_RW) == INVAL &&
		   vio_map(&v, 1, 8, 4, 20, VIO_RW) == INVAL && vio_read(&v, 0, 6) == -EFAULT,
	   "map: around, within, or the same: INVAL");
	ok(vio_map(&v, 1, 12, 1, 24, VIRTIO_IOMMU_MAP_READ) == OK && vio_read(&v, 0, 12) == 24 &&
		   vio_dma_write(&v, 0, 12) == -EFAULT && !vio_dma_write(&v, 0, 11),
	   "map: for reading only");
	ok(vio_map(&v, 1, 13, 1, 24, 0) == OK && vio_read(&v, 0, 13) == -EFAULT,
	   "map: for nothing");
	ok(vio_map(&v, 1, 14, 1, 24, VIO_RW | VIRTIO_IOMMU_MAP_MMIO) == INVAL &&
		   vio_map(&v, 1, 14, 1, 24, VIO_RW | 8) == INVAL,
	   "map: flags that were not offered: INVAL");
	ok(vio_map(&v, 1, 1 << 18, 1, 24, VIO_RW) == RANGE &&
		   vio_map(&v, 1, (1 << 18) - 1, 2, 24, VIO_RW) == RANGE,
	   "map: outside of the input range: RANGE");
	r = vio_a_map(1, 14, 1, 24, VIO_RW);
	r.virt_start += 8;
	ok(vio_ask(&v, &r, sizeof(r), 4) == RANGE, "map: from no page: RANGE");
	r = vio_a_map(1, 14, 1, 24, VIO_RW);
	r.virt_end -= 8;
	ok(vio_ask(&v, &r, sizeof(r), 4) == RANGE, "map: to no page: RANGE");
	r = vio_a_map(1, 14, 1, 24, VIO_RW);
	r.phys_start += 8;
	ok(vio_ask(&v, &r, sizeof(r), 4) == RANGE, "map: of no page: RANGE");
	r = vio_a_map(1, 14, 1, 24, VIO_RW);
	r.virt_end = r.virt_start - 1;
	ok(vio_ask(&v, &r, sizeof(r), 4) == RANGE, "map: it ends before it begins: RANGE");
	ok(vio_map(&v, 1, 0x20000, 1, 24, VIO_RW) == INVAL &&
		   vio_map(&v, 1, 0x1ffff, 4, 24, VIO_RW) == INVAL,
	   "map: what PROBE told is reserved: INVAL");
	ok(vio_map(&v, 1, 32, 8, 1 << 20, VIO_RW) == FAULT &&
		   vio_map(&v, 1, 32, 8, HV_GFN_GRANT_BASE, VIO_RW) == FAULT &&
		   vio_map(&v, 1, 32, 8, 1ull << 50, VIO_RW) == FAULT,
	   "map: what is not the guest's RAM: FAULT");
	/* Arguments and page tables are RAM, too: behind them is none. */
	ok(vio_map(&v, 1, 32, 512, 250, VIO_RW) == FAULT && vio_read(&v, 0, 32) == -EFAULT,
	   "map: a part of it: FAULT, and nothing is mapped");
	vio_close(&v, "map");
}

static void unmap(void)
{
	struct hv_virtio_stats s;
	struct vio v;

	open(&v, (struct hv_virtio_config){ 0 });
	vio_attach(&v, 1, 0, 0);
	for (unsigned i = 0; i < 4; i++)
		vio_map(&v, 1, 16 + 4 * i, 4, 20 + 4 * i, VIO_RW);
	ok(vio_read(&v, 0, 16) == 20 && vio_read(&v, 0, 31) == 35, "four mappings side by side");
	hv_virtio_stats(v.f.g, &s);
	ok(s.pinned == 16, "of sixteen pages");
	ok(vio_unmap(&v, 1, 16, 3) == RANGE && vio_unmap(&v, 1, 17, 3) == RANGE &&
		   vio_unmap(&v, 1, 17, 1) == RANGE && vio_unmap(&v, 1, 15, 4) == RANGE,
	   "unmap: a part of one: RANGE");
	ok(vio_unmap(&v, 1, 16, 14) == RANGE && vio_unmap(&v, 1, 18, 14) == RANGE &&
		   vio_read(&v, 0, 16) == 20 && vio_read(&v, 0, 20) == 24 &&
		   vio_read(&v, 0, 31) == 35,
	   "unmap: several and a part: RANGE, and all are there");
	ok(vio_unmap(&v, 1, 16, 8) == OK && vio_read(&v, 0, 16) == -EFAULT &&
		   vio_read(&v, 0, 23) == -EFAULT && vio_read(&v, 0, 24) == 28,
	   "unmap: two at once");
	ok(vio_unmap(&v, 1, 16, 8) == OK && vio_unmap(&v, 1, 1000, 1) == OK,
	   "unmap: nothing is there: OK");
	ok(vio_unmap(&v, 1, 0, 1 << 20) == OK && vio_read(&v, 0, 31) == -EFAULT,
	   "unmap: all of it");
	ok(vio_unmap(&v, 2, 16, 1) == NOENT, "unmap: no such domain: NOENT");
	vio_map(&v, 1, 5, 1, 40, VIO_RW);
	ok(vio_read(&v, 0, 5) == 40 && vio_give_up(&v, 40) == 1 && vio_read(&v, 0, 5) == 40,
	   "a page that is given up stays, as long as the device has it");
	ok(vio_unmap(&v, 1, 5, 1) == OK && vio_read(&v, 0, 5) == -EFAULT &&
		   vio_map(&v, 1, 5, 1, 40, VIO_RW) == FAULT,
	   "and then is gone");
	vio_close(&v, "unmap");
}

static void probe(void)
{
	struct virtio_iommu_probe r = { .head = { .type = VIRTIO_IOMMU_T_PROBE }, .endpoint = 1 };
	struct virtio_iommu_config c;
	struct virtio_iommu_resv_mem *m;
	struct vio v;

	open(&v,
	     (struct hv_virtio_config){ .reserved_start = 0xfee00000, .reserved_end = 0xfeefffff });
	ok(!hv_virtio_read_config(v.f.gv, 0, &c, sizeof(c)) && c.page_size_mask == ~0xfffull &&
		   c.input_end == (1ull << 48) - 1 && c.domain_end == UINT32_MAX &&
		   c.probe_size == 64 && c.bypass == 1,
	   "the configuration");
	m = vio_page(&v, VIO_IN);
	ok(vio_ask(&v, &r, sizeof(r), c.probe_size + 4) == OK && v.used_len == c.probe_size + 4 &&
		   m->type == VIRTIO_IOMMU_PROBE_RESV_MEM && m->length == 20 &&
		   m->subtype == VIRTIO_IOMMU_RESV_MSI && m->start == 0xfee00000 &&
		   m->end == 0xfeefffff,
	   "probe: where MSIs go");
	ok(((uint8_t *)m)[24] == 0 && ((uint8_t *)m)[63] == 0, "and nothing else");
	r.endpoint = HV_DEVICES;
	ok(vio_ask(&v, &r, sizeof(r), c.probe_size + 4) == NOENT, "probe: no such endpoint: NOENT");
	ok(vio_ask(&v, &r, sizeof(r), 4) == -1, "probe: no room for it: a used length of 0");
	vio_close(&v, "probe");
}

static void types(void)
{
	struct virtio_iommu_map r = vio_a_map(1, 8, 1, 20, VIO_RW);
	struct hv_virtio_stats s;
	struct vio v;

	open(&v, (struct hv_virtio_config){ 0 });
	vio_attach(&v, 1, 0, 0);
	for (unsigned type = 6; type < 256; type += 83) {
		r.head.type = (uint8_t)type;
		ok(vio_ask(&v, &r, sizeof(r), 4) == -1, "type %u: a used length of 0", type);
	}
	r.head.type = 0;
	ok(vio_ask(&v, &r, sizeof(r), 4) == -1, "type 0, too");
	r.head.type = VIRTIO_IOMMU_T_MAP;
	ok(vio_ask(&v, &r, sizeof(r) - 1, 4) == -1 && vio_ask(&v, &r, 3, 4) == -1 &&
		   vio_ask(&v, &r, sizeof(r), 3) == -1,
	   "a request that is too short, or whose answer has no room: a used length of 0");
	vio_put(&v, 0, &r, sizeof(r), 64);
	vio_desc(&v, 0, vio_at(&v, VIO_OUT), sizeof(r) + 12, VRING_DESC_NEXT, 1);
	vio_offer(&v, 0);
	ok(vio_kick(&v) == 1 && !vio_take(&v) && v.used_len == 4 && vio_status(&v, 0, 4) == OK &&
		   vio_read(&v, 0, 8) == 20,
	   "one that is longer is what its begin says");
	hv_virtio_stats(v.f.g, &s);
	ok(s.ignored == 8, "they are counted (%lu)", (unsigned long)s.ignored);
	ok(vio_map(&v, 1, 9, 1, 21, VIO_RW) == OK, "and the device goes on");
	vio_close(&v, "types");
}

static void events(void)
{
	struct hv_virtio_stats s;
	struct virtio_iommu_fault *e;
	struct vio v;

	open(&v, (struct hv_virtio_config){ .blocked = true, .port = { 0, 3 } });
	vio_event_buffer(&v, 0, 64);
	vio_event_buffer(&v, 1, 24);
	vio_event_buffer(&v, 2, 23);
	ok(vio_read(&v, 4, 77) == -EFAULT && (e = vio_event(&v)) != NULL &&
		   e->reason == VIRTIO_IOMMU_FAULT_DOMAIN && e->endpoint == 4 &&
		   e->address == 77ull << 12 &&
		   e->flags == (VIRTIO_IOMMU_FAULT_ADDRESS | VIRTIO_IOMMU_FAULT_READ),
	   "an endpoint without a domain: an event");
	ok(hv_guest_take_events(v.f.g) == 1ull << 3, "and the guest is told");
	vio_attach(&v, 1, 4, 0);
	vio_map(&v, 1, 77, 1, 30, VIRTIO_IOMMU_MAP_READ);
	ok(vio_dma_write(&v, 4, 77) == -EFAULT && (e = vio_event(&v)) != NULL &&
		   e->reason == VIRTIO_IOMMU_FAULT_MAPPING &&
		   e->flags == (VIRTIO_IOMMU_FAULT_ADDRESS | VIRTIO_IOMMU_FAULT_WRITE),
	   "a write to what is for reading: one of a mapping");
	ok(vio_read(&v, 4, 78) == -EFAULT && vio_event(&v) != NULL,
	   "a buffer without room is given back");
	ok(vio_read(&v, 4, 79) == -EFAULT && !vio_event(&v), "none is left: no event");
	hv_virtio_stats(v.f.g, &s);
	ok(s.faults == 4 && s.faults_dropped == 2, "all are counted, two were dropped");
	ok(vio_map(&v, 1, 79, 1, 31, VIO_RW) == OK && vio_read(&v, 4, 79) == 31,
	   "and the device goes on");
	vio_event_buffer(&v, 0, 24);
	ok(vio_read(&v, 4, 80) == -EFAULT && vio_event(&v),
	   "with a buffer there is an event again");
	vio_close(&v, "events");
}

static void bounded(void)
{
	struct hv_virtio_stats s;
	uint64_t before, after, guest;
	struct vio v;

	open(&v, (struct hv_virtio_config){ .max_mappings = 8 });
	vio_attach(&v, 1, 0, 0);
	hv_domain_usage(v.f.g, &guest, &before);
	for (unsigned i = 0; i < 8; i++)
		ok(vio_map(&v, 1, 2 * i, 1, 20 + i, VIO_RW) == OK, "mapping %u of 8", i + 1);
	hv_domain_usage(v.f.g, &guest, &after);
	ok(after > before, "the domain pays for them (%lu bytes)", (unsigned long)(after - before));
	ok(vio_map(&v, 1, 40, 1, 40, VIO_RW) == NOMEM && vio_read(&v, 0, 40) == -EFAULT,
	   "and not one more: NOMEM");
	ok(vio_map(&v, 1, 2, 1, 40, VIO_RW) == INVAL, "what overlaps is INVAL all the same");
	ok(vio_unmap(&v, 1, 0, 1) == OK && vio_map(&v, 1, 40, 1, 40, VIO_RW) == OK,
	   "until one is unmapped");
	hv_virtio_stats(v.f.g, &s);
	ok(s.mappings == 8 && s.domains == 1, "as many as it counts");
	ok(!vio_write(&v, VIRTIO_REG_STATUS, 0), "a reset takes all of it");
	hv_virtio_stats(v.f.g, &s);
	ok(!s.mappings && !s.domains && !vio_start(&v) && vio_attach(&v, 1, 0, 0) == OK,
	   "and begins anew");
	vio_close(&v, "bounded");
}

/* One invalidation for an UNMAP of several; for a batch of UNMAPs one each, or one for all that are answered at once. */
static void work(bool per_batch)
{
	const struct hv_counters *c;
	struct virtio_iommu_unmap r;
	uint64_t invs, kicks, done;
	bool all = true;
	struct vio v;

	open(&v, (struct hv_virtio_config){ .per_batch = per_batch, .superpages = true });
	c = hv_vcpu_counters(v.f.gv);
	vio_attach(&v, 1, 0, 0);
	for (unsigned i = 0; i < 8; i++)
		vio_map(&v, 1, 100 + i, 1, 20 + i, VIO_RW);
	invs = c->iotlb_invs;
	ok(vio_map(&v, 1, 50, 1, 20, VIO_RW) == OK && c->iotlb_invs == invs,
	   "a MAP invalidates nothing");
	ok(vio_unmap(&v, 1, 100, 8) == OK && c->iotlb_invs == invs + 1,
	   "an UNMAP of 8 mappings once");
	ok(vio_unmap(&v, 1, 100, 8) == OK && c->iotlb_invs == invs + 1,
	   "one of nothing not at all");
	for (unsigned i = 0; i < 8; i++)
		vio_map(&v, 1, 100 + i, 1, 20 + i, VIO_RW);
	for (unsigned i = 0; i < 8; i++) {
		all &= vio_read(&v, 0, 100 + i) == (int)(20 + i);
		r = vio_an_unmap(1, 100 + i, 1);
		vio_put(&v, i, &r, sizeof(r), 4);
		vio_offer(&v, (uint16_t)(2 * i));
	}
	invs = c->iotlb_invs;
	kicks = c->vq_kicks;
	done = c->vq_completions;
	ok(all && vio_kick(&v) == 8 && c->vq_kicks == kicks + 1, "eight requests by one kick");
	for (unsigned i = 0; i < 8; i++)
		all &= vio_take(&v) == (int)(2 * i) && vio_status(&v, i, 4) == OK &&
		       vio_read(&v, 0, 100 + i) == -EFAULT;
	ok(all, "all of them are done, in their order");
	ok(c->iotlb_invs == invs + (per_batch ? 1 : 8) &&
		   c->vq_completions == done + (per_batch ? 1 : 8),
	   "with %s", per_batch ? "one invalidation and one completion" : "eight of both");
	vio_close(&v, "work");
}

static void large(void)
{
	struct fx_opts o = vio_opts();
	const struct hv_counters *c;
	struct vio v;
	uint64_t entries;

	o.granter.pages = 1536;
	o.host.ram_pages = 8192;
	vio_open_with(&v, o, (struct hv_virtio_config){ .superpages = true });
	vio_number(&v);
	c = hv_vcpu_counters(v.f.gv);
	vio_attach(&v, 1, 0, 0);
	entries = c->entries_written;
	ok(vio_map(&v, 1, 1024, 512, 512, VIO_RW) == OK && c->entries_written - entries < 8,
	   "2M that is aligned is one entry");
	ok(vio_map(&v, 1, 2049, 512, 512, VIO_RW) == OK && c->entries_written - entries > 512,
	   "off by a page it is 512");
	ok(!vio_dma_write(&v, 0, 1300) && !vio_dma_write(&v, 0, 2100), "both can be written");
	ok(vio_unmap(&v, 1, 1024, 256) == RANGE && !vio_dma_write(&v, 0, 1024),
	   "a part of a large one: RANGE");
	ok(vio_unmap(&v, 1, 1024, 512) == OK && vio_unmap(&v, 1, 2049, 512) == OK &&
		   vio_dma_write(&v, 0, 1300) == -EFAULT && vio_dma_write(&v, 0, 2100) == -EFAULT,
	   "both are gone");
	vio_close(&v, "large");
}

/* Two endpoints, a thousand mappings made and taken in an order that is none. */
static void many(void)
{
	unsigned wrong = 0;
	struct vio v;

	open(&v, (struct hv_virtio_config){ 0 });
	vio_attach(&v, 1, 0, 0);
	for (unsigned i = 0; i < 1000; i++)
		wrong += vio_map(&v, 1, 3 * (i * 377 % 1000), 2, 20 + i % 200, VIO_RW) != OK;
	ok(!wrong && !fx_check(&v.f, true), "a thousand mappings");
	for (unsigned i = 0; i < 1000; i += 2)
		wrong += vio_unmap(&v, 1, 3 * (i * 611 % 1000), 2) != OK;
	for (unsigned i = 0; i < 1000; i++)
		wrong += (vio_read(&v, 0, 3 * (i * 611 % 1000)) == -EFAULT) != !(i % 2);
	ok(!wrong, "every other one is taken");
	vio_close(&v, "many");
}

int main(void)
{
	attach();
	bypass();
	map();
	unmap();
	probe();
	types();
	events();
	bounded();
	work(false);
	work(true);
	large();
	many();
	return tap_done();
}
