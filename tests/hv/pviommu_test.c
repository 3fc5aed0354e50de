// SPDX-License-Identifier: GPL-2.0-only
/* PV-IOMMU v7: what each operation says and does, in the order in which the proposal checks, and what it holds. */
#include "pv_contexts.h"

static void rules(void)
{
	struct pv_iommu_capabilities caps = { 0 };
	struct pv_iommu_alloc alloc = { .alloc_flags = PV_IOMMU_ALLOC_IDENTITY };
	struct pv_iommu_reattach r = { .dev = { .devfn = 1 << 3 }, .pasid = 1 };
	struct fx_opts o = pi_opts(HV_GUEST_TRANSLATED);
	struct fx f;

	fx_open(&f, o);
	ok(!hv_iommu_op(f.gv, PV_IOMMU_NOOP, NULL), "it is there");
	ok(hv_virtio_create(f.g, &(struct hv_virtio_config){ .features = 0 }) == -EINVAL,
	   "and no virtio-iommu beside it");
	ok(!pi_op(f.gv, PV_IOMMU_CAPABILITIES, &caps, sizeof(caps)) && caps.pgsize_mask == 4096 &&
		   caps.cap_flags == PV_IOMMU_CAP_DEFAULT_IDENTITY && caps.max_ctx_no == 1024 &&
		   caps.max_iova_addr == (1ull << 48) - 1 && !caps.max_pasid,
	   "and says what it can");
	for (unsigned cmd = PV_IOMMU_ALLOC_NESTED; cmd < PV_IOMMU_CMDS + 1; cmd++)
		ok(hv_iommu_op(f.gv, cmd, f.gargs) == -EOPNOTSUPP, "%u: -EOPNOTSUPP", cmd);
	ok(hv_iommu_op(f.gv, PV_IOMMU_INIT, NULL) == -EFAULT, "no structure: -EFAULT");
	ok(pi_alloc(&f) == -ENOSPC && pi_map(&f, 1, 0, PI_DFN, 1, PI_RW, NULL) == -EINVAL &&
		   pi_attach(&f, 1, 1) == -ENOENT && !pi_attach(&f, 1, 0),
	   "before init there is no context but 0");
	ok(pi_init(&f, 0, 4) == -EINVAL && pi_init(&f, 1025, 4) == -E2BIG &&
		   pi_init(&f, 4, 40) == -ENOMEM && !pi_init(&f, 2, 4) &&
		   pi_init(&f, 2, 4) == -EACCES && pi_init(&f, 1025, 40) == -EACCES,
	   "init: none, too many, more than there is; once");
	ok(pi_op(f.gv, PV_IOMMU_ALLOC_CONTEXT, &alloc, sizeof(alloc)) == -EOPNOTSUPP,
	   "an identity context: -EOPNOTSUPP");
	ok(pi_alloc(&f) == 1 && pi_alloc(&f) == 2 && pi_alloc(&f) == -ENOSPC, "as many as said");
	ok(pi_free(&f, 0, 0) == -EINVAL && pi_free(&f, 3, 0) == -ENOENT &&
		   pi_free(&f, 1, 2) == -EOPNOTSUPP && !pi_free(&f, 1, 0) &&
		   pi_free(&f, 1, 0) == -ENOENT && pi_alloc(&f) == 1,
	   "and freed, once, and had again");
	ok(pi_attach(&f, 8, 1) == -ENODEV && pi_attach(&f, 1, 3) == -ENOENT &&
		   pi_op(f.gv, PV_IOMMU_REATTACH, &r, sizeof(r)) == -EOPNOTSUPP,
	   "reattach: device, context, PASID");
	ok(!pi_attach(&f, 1, 2) && !pi_attach(&f, 1, 2) && pi_free(&f, 2, 0) == -EBUSY &&
		   !pi_free(&f, 2, PV_IOMMU_FREE_REATTACH) && pi_attach(&f, 1, 2) == -ENOENT,
	   "a context with a device is busy, unless it goes back");
	ok(pi_map(&f, 0, 0, PI_DFN, 1, PI_RW, NULL) == -EINVAL &&
		   pi_unmap(&f, 0, PI_DFN, 1, NULL) == -EINVAL,
	   "context 0 cannot be mapped");
	ok(pi_map(&f, 1, 0, PI_DFN, 1, 0, NULL) == -EINVAL &&
		   pi_map(&f, 1, 0, PI_DFN, 1, PV_IOMMU_MAP_WRITEABLE, NULL) == -EINVAL &&
		   pi_map(&f, 1, 0, PI_DFN, 1, 5, NULL) == -EINVAL &&
		   pi_map(&f, 1, 0, (1ull << 36) - 1, 2, PI_RW, NULL) == -EINVAL &&
		   pi_map(&f, 1, 0, UINT64_MAX, UINT32_MAX, PI_RW, NULL) == -EINVAL,
	   "no right, one that is not known, no such range: -EINVAL");
	ok(!pi_map(&f, 1, 0, PI_DFN, 0, PI_RW, NULL), "nothing is nothing");
	pi_close(&f, "rules");
	o.granter.pv_iommu = false;
	fx_open(&f, o);
	ok(hv_iommu_op(f.gv, PV_IOMMU_NOOP, NULL) == -ENODEV, "who may not: -ENODEV");
	pi_close(&f, "not allowed");
	o.granter.pv_iommu = true;
	o.granter.iommu = HV_IOMMU_NONE;
	fx_open(&f, o);
	ok(hv_iommu_op(f.gv, PV_IOMMU_NOOP, NULL) == -ENODEV, "who has no IOMMU: -ENODEV");
	pi_close(&f, "no IOMMU");
}

static void map_unmap(enum hv_guest guest)
{
	struct hv_pv_iommu_stats s;
	struct fx f;
	uint64_t word;
	uint32_t n;
	unsigned c = (unsigned)pi_open(&f, pi_opts(guest));

	*pi_word(&f, 3) = 0x33;
	*pi_word(&f, 4) = 0x44;
	ok(c == 1 && pi_read(&f, 1, PI_DFN, &word) == -EFAULT, "a new context has nothing");
	ok(!pi_map(&f, c, 3, PI_DFN, 2, PI_RW, &n) && n == 2 && !pi_read(&f, 1, PI_DFN, &word) &&
		   word == 0x33 && !pi_read(&f, 1, PI_DFN + 1, &word) && word == 0x44,
	   "what is mapped its device reads");
	ok(!pi_write(&f, 1, PI_DFN, 0x34) && *pi_word(&f, 3) == 0x34, "and writes");
	ok(pi_read(&f, 0, PI_DFN, &word) == -EFAULT, "another device does not");
	ok(pi_map(&f, c, 7, PI_DFN - 1, 3, PI_RW, &n) == -EADDRINUSE && n == 1 &&
		   !pi_read(&f, 1, PI_DFN, &word) && word == 0x34,
	   "what is in use stays, and what came before is said: -EADDRINUSE");
	ok(!pi_map(&f, c, 9, PI_DFN + 9, 1, PV_IOMMU_MAP_READABLE, NULL) &&
		   !pi_read(&f, 1, PI_DFN + 9, &word) && pi_write(&f, 1, PI_DFN + 9, 1) == -EFAULT,
	   "a right that was not asked for is not there");
	/* A PV guest names machine frames: those behind its own are somebody else's. */
	ok(pi_map(&f, c, guest == HV_GUEST_PV ? 0 : 5000, PI_DFN + 20, 1, PI_RW, &n) ==
			   (guest == HV_GUEST_PV ? 0 : -ENOENT) &&
		   n == (guest == HV_GUEST_PV),
	   "a frame that is not there: -ENOENT");
	ok(pi_unmap(&f, c, PI_DFN, 3, &n) == -ENOENT && n == 2 &&
		   pi_read(&f, 1, PI_DFN, &word) == -EFAULT,
	   "unmap stops where nothing is: -ENOENT");
	ok(!fx_check(&f, true), "references");
	ok(pi_give_up(&f, 9) == 1 && !pi_read(&f, 1, PI_DFN + 9, &word) &&
		   !hv_host_violation(f.host),
	   "a page that is given up is held as long as it is mapped");
	ok(!pi_unmap(&f, c, PI_DFN + 9, 1, NULL) && !hv_host_violation(f.host), "and no longer");
	hv_pv_iommu_stats(f.g, &s);
	ok(s.contexts == 1 && s.attaches == 1 && s.dma_faults == 4 &&
		   s.mapped == s.unmapped + 1 + (guest == HV_GUEST_PV),
	   "and all of it was counted");
	ok(!pi_free(&f, c, PV_IOMMU_FREE_REATTACH), "a context goes with what is mapped");
	hv_pv_iommu_stats(f.g, &s);
	ok(!s.arena_bytes, "and gives its tables back");
	pi_close(&f, "map and unmap");
}

/* Bar 4: one invalidation and wait a call, references 1 + n. */
static void work(enum hv_guest guest)
{
	static const uint32_t sizes[] = { 1, 8, 64, 256, 512 };
	struct fx_opts o = pi_opts(guest);
	struct fx f;
	unsigned c;

	o.granter.args_direct = true;
	c = (unsigned)pi_open(&f, o);
	for (unsigned i = 0; i < 5; i++) {
		struct hv_counters before = *hv_vcpu_counters(f.gv), now;
		uint32_t n = sizes[i];

		ok(!pi_map(&f, c, 0, PI_DFN, n, PI_RW, NULL), "%u pages", n);
		now = *hv_vcpu_counters(f.gv);
		ok(now.iotlb_invs - before.iotlb_invs == 1 &&
			   now.iotlb_waits - before.iotlb_waits == 1 &&
			   now.context_gets - before.context_gets == 1 &&
			   now.page_gets - before.page_gets == n &&
			   now.page_puts == before.page_puts,
		   "mapped with one invalidation and wait, and references 1 + n");
		before = now;
		ok(!pi_unmap(&f, c, PI_DFN, n, NULL), "taken away");
		now = *hv_vcpu_counters(f.gv);
		ok(now.iotlb_invs - before.iotlb_invs == 1 &&
			   now.iotlb_waits - before.iotlb_waits == 1 &&
			   now.page_puts - before.page_puts == n,
		   "by one, too");
	}
	pi_close(&f, "work");
}

/* Whose frames, and which. */
static void frames(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_PV);
	struct pv_iommu_map op;
	struct fx f;
	uint64_t word;
	unsigned c = (unsigned)pi_open(&f, o);

	op = pi_mapping(&f, c, 0, PI_DFN, 1, PI_RW);
	op.gfn = hv_guest_frame(f.m, 5);
	ok(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EPERM,
	   "another domain's frame: -EPERM");
	ok(!fx_check(&f, true), "and nothing is left of it");
	op.gfn = hv_virt_to_mfn(f.host, fx_frame(&f, 0, false));
	ok(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EPERM, "the hypervisor's: -EPERM");
	op.gfn = 1ull << 40;
	ok(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -ENOENT, "none: -ENOENT");
	/* By a privileged one anybody's, which then stays. */
	ok(!pi_op(f.mv, PV_IOMMU_INIT, &(struct pv_iommu_init){ 1, 4 }, 8) &&
		   !pi_op(f.mv, PV_IOMMU_ALLOC_CONTEXT, &(struct pv_iommu_alloc){ 0 }, 8) &&
		   !pi_op(f.mv, PV_IOMMU_REATTACH,
			  &(struct pv_iommu_reattach){ .ctx_no = 1, .dev = { .devfn = 8 } }, 12),
	   "the privileged one's context");
	*pi_word(&f, 6) = 0x66;
	op = pi_mapping(&f, 1, 6, PI_DFN, 1, PI_RW);
	ok(!pi_op(f.mv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) &&
		   !hv_device_access_by(f.m, 1, PI_DFN, 8, &word, 8, false) && word == 0x66,
	   "may have anybody's frame");
	hv_domain_kill(f.g);
	ok(!hv_device_access_by(f.m, 1, PI_DFN, 8, &word, 8, false) && word == 0x66 &&
		   !hv_host_violation(f.host),
	   "which is kept when its domain ends");
	pi_close(&f, "frames");
}

/* A PV domain's page tables are nothing that its device writes to. */
static void page_tables(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_PV);
	struct pv_iommu_map op;
	struct fx f;
	unsigned c;

	o.granter.map_slots = 8;
	c = (unsigned)pi_open(&f, o);
	op = pi_mapping(&f, c, 0, PI_DFN, 1, PI_RW);
	op.gfn = hv_guest_map_pte(f.g, 0) >> 12;
	ok(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EPERM, "to be written: -EPERM");
	op.map_flags = PV_IOMMU_MAP_READABLE;
	ok(!pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)), "to be read they can be");
	pi_close(&f, "page tables");
}

static void reserved(void)
{
	struct fx f;
	uint64_t word;
	uint32_t n;
	unsigned c;

	fx_open(&f, pi_opts(HV_GUEST_TRANSLATED));
	*pi_word(&f, 101) = 0x101;
	ok(hv_domain_reserve_dfns(f.g, 100, 0) == -EINVAL &&
		   hv_domain_reserve_dfns(f.g, 100000, 1) == -ENOENT &&
		   !hv_domain_reserve_dfns(f.g, 100, 4) &&
		   hv_domain_reserve_dfns(f.g, 103, 2) == -EINVAL,
	   "frames are reserved");
	pi_init(&f, 4, 8);
	c = (unsigned)pi_alloc(&f);
	ok(hv_domain_reserve_dfns(f.g, 200, 1) == -EBUSY, "before there are contexts");
	ok(!pi_attach(&f, 1, c) && !pi_read(&f, 1, 101, &word) && word == 0x101,
	   "a device finds them in its context");
	ok(pi_map(&f, c, 0, 98, 8, PI_RW, &n) == -EADDRNOTAVAIL && n == 2,
	   "they are not mapped, wherever a call begins: -EADDRNOTAVAIL");
	ok(pi_unmap(&f, c, 99, 2, &n) == -EADDRNOTAVAIL && n == 1, "nor unmapped");
	ok(pi_give_up(&f, 101) == 1 && !pi_read(&f, 1, 101, &word) && word == 0x101,
	   "and stay when they are given up");
	ok(!fx_check(&f, true), "references");
	pi_close(&f, "reserved");
}

static void bounds(void)
{
	struct fx f;
	uint32_t n = 0;
	long rc = 0;
	unsigned i;

	fx_open(&f, pi_opts(HV_GUEST_TRANSLATED));
	/* Root, and three tables for each far place. */
	ok(!pi_init(&f, 4, 3) && pi_alloc(&f) == 1, "an arena of eight tables");
	for (i = 0; i < 8 && !rc; i++)
		rc = pi_map(&f, 1, i, (uint64_t)i << 27, 1, PI_RW, &n);
	ok(rc == -ENOMEM && i == 3 && !n, "is full after seven: -ENOMEM");
	ok(!fx_check(&f, true) && !pi_map(&f, 1, 9, 1, 4, PI_RW, NULL),
	   "what has tables can be mapped");
	ok(pi_alloc(&f) == 2 && pi_alloc(&f) == -ENOMEM && !pi_free(&f, 1, 0) && pi_alloc(&f) == 1,
	   "and a context that goes leaves room for others");
	pi_close(&f, "bounds");
}

static void large(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_TRANSLATED);
	struct pv_iommu_unmap u;
	struct pv_iommu_map op;
	struct fx f;
	uint64_t word;
	unsigned c;

	o.granter.pv_iommu_large = true;
	c = (unsigned)pi_open(&f, o);
	*pi_word(&f, 600) = 0x600;
	op = pi_mapping(&f, c, 512, PI_DFN, 1, PI_RW);
	op.pgsize = 2 << 20;
	ok(!pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) && op.mapped == 1 &&
		   !pi_read(&f, 1, PI_DFN + 88, &word) && word == 0x600,
	   "2 MiB are mapped by one entry (not in the proposal)");
	ok(!fx_check(&f, true), "with a reference on each frame");
	ok(pi_give_up(&f, 600) == 1 && !pi_read(&f, 1, PI_DFN + 88, &word), "which holds each");
	ok(pi_unmap(&f, c, PI_DFN, 1, NULL) == -EINVAL, "part of it is not unmapped: -EINVAL");
	op.gfn = 513;
	op.dfn += 512;
	ok(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EINVAL, "nor mapped off by one");
	op.gfn = 512;
	ok(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EINVAL,
	   "nor what the guest has in pieces");
	op.gfn = 0;
	ok(!pi_map(&f, c, 1, op.dfn + 1, 1, PI_RW, NULL) &&
		   pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EADDRINUSE,
	   "nor over something: -EADDRINUSE");
	ok(!pi_unmap(&f, c, op.dfn + 1, 1, NULL) &&
		   !pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) && !fx_check(&f, true),
	   "but where only an empty table is");
	u = (struct pv_iommu_unmap){
		.ctx_no = (uint16_t)c, .dfn = PI_DFN, .pgsize = 2 << 20, .nr_pages = 2
	};
	ok(!pi_op(f.gv, PV_IOMMU_UNMAP_PAGES, &u, sizeof(u)) && u.unmapped == 2 &&
		   pi_read(&f, 1, PI_DFN + 88, &word) == -EFAULT && !hv_host_violation(f.host),
	   "they go as one, and what was given up with them");
	pi_close(&f, "large");
}

static void remote(void)
{
	struct pv_iommu_init init = { 3, 6 };
	struct pv_iommu_alloc alloc = { 0 };
	struct pv_iommu_map op;
	struct fx f;
	unsigned id;

	fx_open(&f, pi_opts(HV_GUEST_TRANSLATED));
	id = hv_domain_id(f.g);
	ok(pi_remote(&f, f.gv, hv_domain_id(f.m), PV_IOMMU_NOOP, &init, sizeof(init)) == -EPERM,
	   "for another only the privileged: -EPERM");
	ok(pi_remote(&f, f.mv, 15, PV_IOMMU_NOOP, &init, sizeof(init)) == -ENOENT &&
		   pi_remote(&f, f.mv, id, PV_IOMMU_REMOTE, &init, sizeof(init)) == -EINVAL &&
		   pi_remote(&f, f.mv, id, PV_IOMMU_CMDS, &init, sizeof(init)) == -EOPNOTSUPP,
	   "nobody: -ENOENT; nested: -EINVAL; nothing: -EOPNOTSUPP");
	op = pi_mapping(&f, 1, 10, PI_DFN, 5, PI_RW);
	ok(!pi_remote(&f, f.mv, id, PV_IOMMU_INIT, &init, sizeof(init)) &&
		   !pi_remote(&f, f.mv, id, PV_IOMMU_ALLOC_CONTEXT, &alloc, sizeof(alloc)) &&
		   alloc.ctx_no == 1 &&
		   !pi_remote(&f, f.mv, id, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) && op.mapped == 5,
	   "a guest's contexts are made and filled for it");
	ok(!pi_unmap(&f, 1, PI_DFN, 5, NULL), "and are its own");
	ok(pi_init(&f, 3, 6) == -EACCES, "init was done");
	pi_close(&f, "remote");
}

/* Calls that are left behind each 256 pages, and go on. */
static void preempted(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_TRANSLATED);
	struct pv_iommu_map op;
	struct pv_iommu_free *fr;
	uint64_t at, word, done = 0;
	struct fx f;
	uint32_t n;
	unsigned c;

	o.host.preempt_every = 1;
	c = (unsigned)pi_open(&f, o);
	at = hv_vcpu_counters(f.gv)->continuations;
	*pi_word(&f, 600) = 0x600;
	ok(!pi_map(&f, c, 0, PI_DFN, 1024, PI_RW, &n) && n == 1024 &&
		   hv_vcpu_counters(f.gv)->continuations - at == 3 &&
		   !pi_read(&f, 1, PI_DFN + 600, &word) && word == 0x600,
	   "1024 pages are mapped in four parts");
	ok(!pi_unmap(&f, c, PI_DFN, 1024, &n) && n == 1024 &&
		   hv_vcpu_counters(f.gv)->continuations - at == 6,
	   "and unmapped in four");
	op = pi_mapping(&f, c, 0, PI_DFN, 600, PI_RW);
	ok(!pi_remote(&f, f.mv, hv_domain_id(f.g), PV_IOMMU_MAP_PAGES, &op, sizeof(op)) &&
		   op.mapped == 600,
	   "a remote call, too, goes on where it was left");
	/* What comes between the parts of a free. */
	ok(!pi_attach(&f, 1, 0), "its device goes");
	fr = (struct pv_iommu_free *)(f.gargs + 4096);
	*fr = (struct pv_iommu_free){ .ctx_no = (uint16_t)c };
	ok(hv_iommu_op_step(f.gv, PV_IOMMU_FREE_CONTEXT, fr, &done) == -HV_ERESTART && done > 1,
	   "a free is left");
	ok(!fx_check(&f, true), "and all is in order");
	ok(pi_map(&f, c, 0, 1, 1, PI_RW, NULL) == -EINVAL &&
		   pi_unmap(&f, c, PI_DFN + 599, 1, NULL) == -EINVAL &&
		   pi_attach(&f, 1, c) == -EINVAL && pi_free(&f, c, 0) == -EINVAL,
	   "what is going takes no page and no device: -EINVAL");
	fr->ctx_no = 7;
	ok(hv_iommu_op_step(f.gv, PV_IOMMU_FREE_CONTEXT, fr, &done) == -EINVAL,
	   "nor does the call go on with another");
	fr->ctx_no = (uint16_t)c;
	while (hv_iommu_op_step(f.gv, PV_IOMMU_FREE_CONTEXT, fr, &done) == -HV_ERESTART)
		;
	ok(pi_free(&f, c, 0) == -ENOENT && pi_alloc(&f) == c, "it is freed");
	pi_close(&f, "preempted");
}

/* Each failed allocation leaves all as it was, but for tables. */
static void no_memory(void)
{
	struct fx f;
	unsigned c, failed = 0;

	fx_open(&f, pi_opts(HV_GUEST_TRANSLATED));
	hv_host_fail_alloc(f.host, 1);
	ok(pi_init(&f, 4, 8) == -ENOMEM && !pi_init(&f, 4, 8), "an init that failed can be done");
	for (unsigned i = 1; i <= 2; i++) {
		hv_host_fail_alloc(f.host, i);
		failed += pi_alloc(&f) == -ENOMEM;
		failed += !fx_check(&f, true);
	}
	hv_host_fail_alloc(f.host, 0);
	c = (unsigned)pi_alloc(&f);
	ok(failed == 4 && c == 1, "a context that could not be made leaves its number");
	failed = 0;
	for (unsigned i = 1; i <= 3; i++) {
		hv_host_fail_alloc(f.host, 1);
		failed += pi_map(&f, c, 0, PI_DFN + (i << 27), 1, PI_RW, NULL) == -ENOMEM;
		hv_host_fail_alloc(f.host, 2);
		failed += pi_map(&f, c, 0, PI_DFN + (i << 27), 1, PI_RW, NULL) == -ENOMEM;
		failed += !fx_check(&f, true);
	}
	hv_host_fail_alloc(f.host, 0);
	ok(failed == 9 && !pi_map(&f, c, 0, PI_DFN + (1ull << 27), 1, PI_RW, NULL),
	   "and a map that had no table maps nothing");
	pi_close(&f, "no memory");
}

static void ends(enum hv_guest guest)
{
	struct fx f;
	uint64_t word;
	unsigned c = (unsigned)pi_open(&f, pi_opts(guest));

	ok(!pi_map(&f, c, 0, PI_DFN, 600, PI_RW, NULL) && !pi_read(&f, 1, PI_DFN + 3, &word) &&
		   pi_give_up(&f, 3) == 1 && pi_alloc(&f) == 2,
	   "contexts with pages");
	hv_domain_kill(f.g);
	ok(!hv_host_violation(f.host) && !fx_check(&f, true), "go with their domain");
	pi_close(&f, "end");
}

int main(void)
{
	rules();
	map_unmap(HV_GUEST_TRANSLATED);
	map_unmap(HV_GUEST_PV);
	work(HV_GUEST_TRANSLATED);
	work(HV_GUEST_PV);
	frames();
	page_tables();
	reserved();
	bounds();
	large();
	remote();
	preempted();
	no_memory();
	ends(HV_GUEST_TRANSLATED);
	ends(HV_GUEST_PV);
	return tap_done();
}
