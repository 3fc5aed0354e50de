// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: grants between domains of our own, and one's own. */
#include "domain.h"
#include "self_grant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/memory.h>

static int set_version(struct gnb_domain *d, unsigned version)
{
	struct gnttab_set_version op = { .version = version };

	return (int)grant_op(d, GNTTABOP_set_version, &op, sizeof(op), 1, NULL);
}

static unsigned get_version(struct gnb_domain *d)
{
	struct gnttab_get_version op = { .dom = DOMID_SELF };

	return grant_op(d, GNTTABOP_get_version, &op, sizeof(op), 1, NULL) ? 0 : op.version;
}

static unsigned frames(struct gnb_domain *d)
{
	struct gnttab_query_size op = { .dom = DOMID_SELF };

	return grant_op(d, GNTTABOP_query_size, &op, sizeof(op), 1, NULL) || op.status
		       ? 0
		       : op.nr_frames;
}

/* The list of frames lies behind the operation in the domain's arguments. */
static int setup_table(struct gnb_domain *d, unsigned nr)
{
	struct {
		struct gnttab_setup_table op;
		uint64_t list[64];
	} a = { .op = { .dom = DOMID_SELF, .nr_frames = nr } };
	int64_t rc;

	a.op.frame_list.p =
		(xen_pfn_t *)(gnb_domain_args_address(d) + offsetof(__typeof__(a), list));
	rc = grant_op(d, GNTTABOP_setup_table, &a, sizeof(a), 1, NULL);
	return rc ? (int)rc : a.op.status;
}

/* A PVH domain sees a frame of its table where it puts it; the entry that is written there is the
 * one seen here. */
static void check_own_view(struct gnb_domain *d)
{
	struct xen_add_to_physmap x = { .domid = DOMID_SELF,
					.space = XENMAPSPACE_grant_table,
					.idx = 1,
					.gpfn = GNB_DOMAIN_TABLE_PFN };
	struct grant_entry_v1 e = { .flags = GTF_permit_access, .domid = 77, .frame = 88 };
	struct grant_entry_v1 *seen = gnb_domain_table(d, 1, false);
	int64_t rc;

	must(d,
	     gnb_domain_op(d, __HYPERVISOR_memory_op, XENMEM_add_to_physmap, &x, sizeof(x), 0, &rc,
			   NULL),
	     "add");
	must(d, gnb_domain_write(d, (uint64_t)GNB_DOMAIN_TABLE_PFN << 12, &e, sizeof(e), 0, NULL),
	     "write an entry");
	check(!rc && !memcmp(seen, &e, sizeof(e)),
	      "PVH: a grant frame that it put into its memory is the one seen here");
	memset(seen, 0, sizeof(*seen));
}

void check_table(struct gnb_domain *d)
{
	const char *t = type_name(d);
	unsigned before;
	int rc;

	check(get_version(d) == 1, "%s: begins with version 1", t);
	before = frames(d);
	rc = setup_table(d, 4);
	check(!rc && before < 4 && frames(d) == 4, "%s: the table grows from %u to 4 frames (%d)",
	      t, before, rc);
	check(!set_version(d, 2) && get_version(d) == 2, "%s: version 2", t);
	rc = gnb_domain_map_table(d, 4, true);
	check(!rc && gnb_domain_table(d, 3, false) && gnb_domain_table(d, 0, true),
	      "%s: its frames can be mapped (%d)", t, rc);
	gnb_domain_map_table(d, 0, false);
	rc = set_version(d, 1);
	check(!rc && get_version(d) == 1, "%s: back to version 1 (%d)", t, rc);
	rc = setup_table(d, 9);
	check(!rc && frames(d) == 9, "%s: the table grows to 9 frames (%d)", t, rc);
	must(d, gnb_domain_map_table(d, 9, false), "map the table");
	if (gnb_domain_control(d)->type == GNB_DOMAIN_PVH)
		check_own_view(d);
}

static void copy_back(struct gnb_domain *mapper, struct gnb_domain *granter, const char *name,
		      const char *data)
{
	struct gnttab_copy op = {
		.source = { .u.ref = 8, .domid = gnb_domain_id(granter) },
		.dest = { .u.gmfn = gnb_domain_frame(mapper, 20),
			  .domid = DOMID_SELF,
			  .offset = 64 },
		.len = 32,
		.flags = GNTCOPY_source_gref,
	};
	char *page = gnb_domain_map(mapper, 20, 1);
	int64_t rc = grant_op(mapper, GNTTABOP_copy, &op, sizeof(op), 1, NULL);

	check(!rc && !op.status && page && !strcmp(page + 64, data),
	      "%s: a copy from the grant (%d)", name, op.status);
}

/* Data both ways, rights, the entry's flags, and that an unmapped page is gone. */
void check_pair(struct gnb_domain *mapper, struct gnb_domain *granter)
{
	char name[32], buf[32] = "";
	char *page = gnb_domain_map(granter, 5, 1);
	uint16_t dom = gnb_domain_id(granter), to = gnb_domain_id(mapper);
	uint64_t slot = gnb_domain_slot(mapper, 3), fault = 0;
	bool pv = gnb_domain_control(mapper)->type == GNB_DOMAIN_PV;
	uint32_t handle, ro;
	int rc;

	snprintf(name, sizeof(name), "%s maps of %s", type_name(mapper), type_name(granter));
	if (!check(page != NULL, "%s: the granter's page is seen here", name))
		return;
	strcpy(page, "from the granter");
	must(granter, gnb_domain_map_table(granter, 1, false), "map the table");
	grant(granter, 8, 5, to, GTF_permit_access);
	rc = map_one(mapper, 3, dom, 8, 0, &handle);
	check(rc == OK, "%s: mapped (%d)", name, rc);
	must(mapper, gnb_domain_read(mapper, slot, buf, sizeof(buf), 0, &fault), "read");
	check(!strcmp(buf, "from the granter"), "%s: the mapper reads what the granter wrote",
	      name);
	must(mapper, gnb_domain_write(mapper, slot + 100, "from the mapper", 16, 0, &fault),
	     "write");
	must(granter,
	     gnb_domain_read(granter, gnb_domain_address(granter, 5) + 100, buf, 16, 0, NULL),
	     "read");
	check(!strcmp(buf, "from the mapper"), "%s: the granter reads what the mapper wrote", name);
	check(entry_flags(granter, 8) == (GTF_permit_access | GTF_reading | GTF_writing),
	      "%s: in use: %#x", name, entry_flags(granter, 8));
	copy_back(mapper, granter, name, "from the granter");
	rc = unmap_one(mapper, 3, handle);
	check(rc == OK && entry_flags(granter, 8) == GTF_permit_access,
	      "%s: unmapped (%d), and not in use: %#x", name, rc, entry_flags(granter, 8));
	rc = gnb_domain_read(mapper, slot, buf, 8, 0, &fault);
	check(rc == -EFAULT && fault == slot, "%s: nothing is there any more (%d, %#llx)", name, rc,
	      (unsigned long long)fault);
	rc = map_one(mapper, 3, dom, 8, GNTMAP_readonly, &ro);
	check(rc == OK && !gnb_domain_read(mapper, slot, buf, 16, 0, NULL) &&
		      !strcmp(buf, "from the granter"),
	      "%s: mapped to be read only (%d)", name, rc);
	rc = gnb_domain_write(mapper, slot, "x", 1, 0, &fault);
	check(rc == -EFAULT && fault == slot && page[0] == 'f',
	      "%s: and a write is refused (%d, %#llx)", name, rc, (unsigned long long)fault);
	/* Xen drops what a translated domain writes there, without a fault:
	 * P2M_DISCARD_WRITE_TYPES. */
	rc = gnb_domain_write(mapper, slot, "x", 1, GNB_DOMAIN_UNCHECKED, NULL);
	check(rc == (pv ? -EFAULT : 0) && page[0] == 'f', "%s: unchecked, it is %s (%d)", name,
	      pv ? "refused too" : "dropped", rc);
	rc = unmap_one(mapper, 3, ro);
	grant(granter, 8, 5, 0, 0);
	check(rc == OK && map_one(mapper, 3, dom, 8, 0, &ro) != OK,
	      "%s: an entry that was ended cannot be mapped", name);
}

/* The word at an address as the processor sees it: a hole of a PVH domain is ones, of a PV domain a
 * fault. */
static uint64_t word_at(struct gnb_domain *d, uint64_t address)
{
	uint64_t word = 0;

	if (gnb_domain_read(d, address, &word, sizeof(word), GNB_DOMAIN_UNCHECKED, NULL))
		return SELF_FAULT;
	return word;
}

/*
 * One's own grant, mapped twice: what SELF_STEPS of tests/hv/self_grant.h says of both types. A PVH
 * domain loses the page, so it is the last one.
 */
void check_self(struct gnb_domain *d)
{
	bool pv = gnb_domain_control(d)->type == GNB_DOMAIN_PV;
	unsigned page = gnb_domain_pages(d) - 1;
	uint64_t own = gnb_domain_address(d, page), data = SELF_DATA, got[SELF_STEPS];
	uint16_t id = gnb_domain_id(d);
	uint32_t first = 0, second = 0;

	must(d, gnb_domain_map_table(d, 1, false), "map the table");
	must(d, gnb_domain_write(d, own, &data, sizeof(data), 0, NULL), "write");
	grant(d, 9, page, id, GTF_permit_access);
	got[SELF_MAP] = (uint64_t)map_one(d, 7, id, 9, 0, &first);
	got[SELF_SLOT] = word_at(d, gnb_domain_slot(d, 7));
	got[SELF_OWN] = word_at(d, own);
	got[SELF_AGAIN] = (uint64_t)map_one(d, 8, id, 9, 0, &second);
	got[SELF_SLOT_AGAIN] = word_at(d, gnb_domain_slot(d, 8));
	got[SELF_UNMAP] = (uint64_t)unmap_one(d, 7, first);
	got[SELF_SLOT_AFTER] = word_at(d, gnb_domain_slot(d, 7));
	got[SELF_OWN_AFTER] = word_at(d, own);
	got[SELF_ONCE_MORE] = (uint64_t)map_one(d, 7, id, 9, 0, &first);
	if ((int)got[SELF_ONCE_MORE] == OK)
		unmap_one(d, 7, first);
	if ((int)got[SELF_AGAIN] == OK)
		unmap_one(d, 8, second);
	got[SELF_FLAGS] = entry_flags(d, 9);
	got[SELF_LAST] = (uint64_t)map_one(d, 7, id, 9, 0, &first);
	if ((int)got[SELF_LAST] == OK)
		unmap_one(d, 7, first);
	for (unsigned i = 0; i < SELF_STEPS; i++)
		check(got[i] == self_want[!pv][i], "%s: own grant, %s: %#llx (%#llx)", type_name(d),
		      self_names[i], (unsigned long long)got[i],
		      (unsigned long long)self_want[!pv][i]);
	grant(d, 9, 0, 0, 0);
}

/* The same entry by version 2: its status is in a frame of its own, and goes with a change back. */
void check_v2(struct gnb_domain *mapper, struct gnb_domain *granter)
{
	union grant_entry_v2 *e;
	grant_status_t *status;
	uint32_t handle = 0;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "v2, %s maps of %s", type_name(mapper), type_name(granter));
	gnb_domain_map_table(granter, 0, false);
	rc = set_version(granter, 2);
	must(granter, gnb_domain_map_table(granter, 9, true), "map the table");
	/* In the second status frame. */
	e = (union grant_entry_v2 *)gnb_domain_table(granter, 8, false) + 1;
	status = (grant_status_t *)gnb_domain_table(granter, 1, true) + 1;
	e->full_page.frame = gnb_domain_frame(granter, 6);
	e->hdr.domid = gnb_domain_id(mapper);
	__atomic_store_n(&e->hdr.flags, GTF_permit_access, __ATOMIC_RELEASE);
	rc = rc ? rc : map_one(mapper, 4, gnb_domain_id(granter), 8 * 256 + 1, 0, &handle);
	check(rc == OK && *status == (GTF_reading | GTF_writing), "%s: mapped (%d), status %#x",
	      name, rc, *status);
	check(set_version(granter, 1) == -EBUSY, "%s: no change of version meanwhile", name);
	rc = unmap_one(mapper, 4, handle);
	check(rc == OK && !*status, "%s: unmapped (%d), status %#x", name, rc, *status);
	gnb_domain_map_table(granter, 0, false);
	check(!set_version(granter, 1), "%s: and back to version 1", name);
	must(granter, gnb_domain_map_table(granter, 9, false), "map the table");
}

/* A PV domain may name the entry instead of the address. */
void check_pte(struct gnb_domain *mapper, struct gnb_domain *granter)
{
	uint64_t entry = (gnb_domain_control(mapper)->slot_l1_mfn[1] << 12) + 6 * 8;
	struct gnttab_map_grant_ref map = { .host_addr = entry,
					    .flags = GNTMAP_host_map | GNTMAP_contains_pte,
					    .ref = 8,
					    .dom = gnb_domain_id(granter) };
	struct gnttab_unmap_grant_ref unmap = { .host_addr = entry };
	char *page = gnb_domain_map(granter, 7, 1), buf[8] = "";

	must(granter, page ? 0 : -ENOMEM, "map a page");
	strcpy(page, "by pte");
	grant(granter, 8, 7, gnb_domain_id(mapper), GTF_permit_access);
	grant_op(mapper, GNTTABOP_map_grant_ref, &map, sizeof(map), 1, NULL);
	must(mapper,
	     gnb_domain_read(mapper, gnb_domain_slot(mapper, 512 + 6), buf, sizeof(buf), 0, NULL),
	     "read");
	unmap.handle = map.handle;
	grant_op(mapper, GNTTABOP_unmap_grant_ref, &unmap, sizeof(unmap), 1, NULL);
	check(map.status == OK && unmap.status == OK && !strcmp(buf, "by pte"),
	      "PV: mapped by the entry of a slot (%d, %d)", map.status, unmap.status);
	grant(granter, 8, 0, 0, 0);
}
