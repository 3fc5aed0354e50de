// SPDX-License-Identifier: GPL-2.0-only
/* The toolstack of the soak: domains that come and go while others use them. */
#include "fixture.h"
#include "soak.h"

#include <sched.h>

#define RO (GNTMAP_host_map | GNTMAP_readonly)

uint64_t hv_soak_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void hv_soak_entry(uint8_t *table, unsigned version, unsigned ref, uint16_t flags, domid_t dom,
		   uint64_t frame)
{
	uint8_t *e = table + ref * (version == 1 ? 8 : 16);

	__atomic_store_n((uint16_t *)(e + 2), dom, __ATOMIC_RELAXED);
	if (version == 1)
		__atomic_store_n((uint32_t *)(e + 4), (uint32_t)frame, __ATOMIC_RELAXED);
	else
		__atomic_store_n((uint64_t *)(e + 8), frame, __ATOMIC_RELAXED);
	__atomic_store_n((uint16_t *)e, flags, __ATOMIC_RELEASE);
}

/* The first frame of the table, as a guest finds it. */
static uint8_t *find_table(struct hv_domain *d, bool translated, uint8_t *args)
{
	struct hv_vcpu *v = hv_domain_vcpu(d, 0);
	uint64_t frame = HV_GFN_GRANT_BASE;

	if (translated) {
		struct xen_add_to_physmap a = { .domid = DOMID_SELF,
						.space = XENMAPSPACE_grant_table,
						.gpfn = frame };

		memcpy(args, &a, sizeof(a));
		hv_memory_op(v, XENMEM_add_to_physmap, args);
	} else {
		struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };

		set_xen_guest_handle(s.frame_list, (xen_pfn_t *)(args + 1024));
		memcpy(args, &s, sizeof(s));
		hv_grant_table_op(v, GNTTABOP_setup_table, args, 1);
		memcpy(&frame, args + 1024, 8);
	}
	return hv_guest_frame_ptr(d, frame);
}

/* It grants all its pages to domains 0 and 1, and maps what these may have granted. */
static void use(struct hv_domain *d, bool translated, unsigned first)
{
	uint8_t *args = hv_guest_args(d, &(size_t){ 0 }), *table;
	struct gnttab_map_grant_ref *op = (struct gnttab_map_grant_ref *)args;

	for (unsigned k = 0; k < SOAK_PAGES; k++)
		__atomic_store_n((uint64_t *)hv_guest_frame_ptr(d, hv_guest_frame(d, k)),
				 SOAK_TAG(hv_domain_id(d)), __ATOMIC_RELAXED);
	table = find_table(d, translated, args);
	for (unsigned k = 0; table && k < 2 * SOAK_REFS; k++)
		hv_soak_entry(table, 1, 8 + k, GTF_permit_access, (domid_t)(k & 1),
			      hv_guest_frame(d, k % SOAK_PAGES));
	for (unsigned k = 0; k < 64; k++)
		op[k] = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(d, k),
						       .dom = k & 1,
						       .ref = first + k,
						       .flags = RO };
	hv_grant_table_op(hv_domain_vcpu(d, 0), GNTTABOP_map_grant_ref, op, 64);
}

void *hv_soak_toolstack(void *arg)
{
	struct hv_domain_config c = { .pages = SOAK_PAGES, .map_slots = 64 };
	struct hv_soak_tool *t = arg;

	while (!get(t->stop)) {
		unsigned r = (unsigned)(hv_soak_random(&t->rand) >> 20);
		struct hv_domain *d[2] = { NULL, NULL };

		for (int i = 0; i < 2; i++) {
			c.guest = r & 1 << i ? HV_GUEST_TRANSLATED : HV_GUEST_PV;
			c.iommu = r & 4 ? HV_IOMMU_STRICT : HV_IOMMU_NONE;
			if (hv_domain_create(t->host, &c, &d[i]))
				continue;
			t->made++;
			use(d[i], c.guest == HV_GUEST_TRANSLATED, 8 + (r >> 8) % 30);
		}
		for (unsigned i = 0; i < (r >> 4) % 20; i++)
			sched_yield();
		for (int i = 0; i < 2; i++) {
			if (!d[i])
				continue;
			hv_domain_kill(d[i]);
			t->killed++;
		}
	}
	return NULL;
}
