// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: pairs of mapper and granter for an instrument outside (docs/profile.md), each
 * operation under a name of its own. The mapper is a domain, or dom0 by the module. The granter's
 * table has version 1 and then 2, in the same boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gnb_guest.h"
#include "domain.h"

#define PAGES	  256
#define FIRST_REF 8

static struct gnttab_map_grant_ref map[PAGES];
static struct gnttab_unmap_grant_ref unmap[PAGES];

/* Who maps: d, or dom0 if that is NULL. */
struct mapper {
	struct gnb_domain *d;
	int fd; /* of the module, for dom0 and for the names */
	uint16_t domid;
	bool translated, iommu;
};

static int64_t mapper_op(struct mapper *m, unsigned cmd, void *args, size_t bytes, unsigned count)
{
	struct gnb_guest_submit s = { .cmd = cmd, .count = count, .args = (uintptr_t)args };

	if (m->d)
		return grant_op(m->d, cmd, args, bytes, count, NULL);
	must(NULL, ioctl(m->fd, GNB_GUEST_SUBMIT, &s) ? -errno : 0, "an operation of dom0");
	return s.result;
}

static uint64_t mapper_slot(const struct mapper *m, unsigned i)
{
	return m->d ? gnb_domain_slot(m->d, i) : (uint64_t)i << 12;
}

static void set_version(struct gnb_domain *d, unsigned version)
{
	struct gnttab_set_version op = { .version = version };

	must(d, gnb_domain_map_table(d, 0, false), "give back the table");
	must(d, grant_op(d, GNTTABOP_set_version, &op, sizeof(op), 1, NULL) ? -EIO : 0,
	     "set the version");
	must(d, gnb_domain_map_table(d, 2, version == 2), "map the table");
}

/* flags 0 ends it. */
static void publish(struct gnb_domain *d, unsigned version, unsigned i, uint16_t domid,
		    uint16_t flags)
{
	unsigned ref = FIRST_REF + i;
	union grant_entry_v2 *e;

	if (version == 1) {
		grant(d, ref, i, domid, flags);
		return;
	}
	e = (union grant_entry_v2 *)gnb_domain_table(d, ref / 256, false) + ref % 256;
	__atomic_store_n(&e->hdr.flags, 0, __ATOMIC_RELEASE);
	e->full_page.frame = gnb_domain_frame(d, i);
	e->hdr.domid = domid;
	__atomic_store_n(&e->hdr.flags, flags, __ATOMIC_RELEASE);
}

static unsigned round_trip(struct mapper *m, uint16_t granter, unsigned batch)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < PAGES; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = mapper_slot(m, i),
							.flags = GNTMAP_host_map,
							.ref = FIRST_REF + i,
							.dom = granter };
	for (unsigned i = 0; i < PAGES; i += batch)
		bad += mapper_op(m, GNTTABOP_map_grant_ref, map + i, batch * sizeof(*map), batch) !=
		       0;
	for (unsigned i = 0; i < PAGES; i++) {
		bad += map[i].status != OK;
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = mapper_slot(m, i),
							    .handle = map[i].handle };
	}
	for (unsigned i = 0; i < PAGES; i += batch)
		bad += mapper_op(m, GNTTABOP_unmap_grant_ref, unmap + i, batch * sizeof(*unmap),
				 batch) != 0;
	for (unsigned i = 0; i < PAGES; i++)
		bad += unmap[i].status != OK;
	return bad;
}

static void name_it(struct mapper *m, struct gnb_domain *granter, unsigned version, unsigned batch)
{
	struct gnb_guest_mark k = { .name = "" };

	snprintf(k.name, sizeof(k.name), "%s/batch:%u/mapper:%s/granter:%s/iommu:%s#v%u",
		 m->d ? "domain" : "dom0", batch, m->translated ? "translated" : "pv",
		 gnb_domain_control(granter)->type == GNB_DOMAIN_PV ? "pv" : "translated",
		 m->iommu ? "strict" : "none", version);
	must(NULL, ioctl(m->fd, GNB_GUEST_MARK, &k) ? -errno : 0, "name a cell");
}

static void pair(struct mapper *m, struct gnb_domain *granter, unsigned version)
{
	/* Least windows are what is looked at: enough of each that some are undisturbed. */
	static const struct {
		unsigned batch, rounds;
	} runs[] = { { 1, 2 }, { 32, 3 }, { 256, 16 } };
	unsigned bad = 0;

	for (unsigned i = 0; i < PAGES; i++)
		publish(granter, version, i, m->domid, GTF_permit_access);
	for (unsigned k = 0; k < sizeof(runs) / sizeof(runs[0]); k++) {
		name_it(m, granter, version, runs[k].batch);
		for (unsigned i = 0; i < runs[k].rounds; i++)
			bad += round_trip(m, gnb_domain_id(granter), runs[k].batch);
	}
	for (unsigned i = 0; i < PAGES; i++)
		publish(granter, version, i, 0, 0);
	check(!bad, "v%u, %s %s maps of %s", version, m->translated ? "PVH" : "PV",
	      m->d ? "domain" : "dom0", type_name(granter));
}

static struct mapper of_dom0(void)
{
	struct gnb_guest_setup s = { .frames = 1, .pages = 1, .slots = PAGES };
	struct gnb_guest_info info;
	struct mapper m = { .fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC) };

	must(NULL, m.fd < 0 ? -errno : 0, GNB_GUEST_DEVICE);
	must(NULL, ioctl(m.fd, GNB_GUEST_GET_INFO, &info) ? -errno : 0, "ask the module");
	must(NULL, ioctl(m.fd, GNB_GUEST_SETUP, &s) ? -errno : 0, "set dom0's machine up");
	m.domid = info.domid;
	m.translated = info.flags & GNB_GUEST_TRANSLATED;
	/* A PVH dom0 has tables of its own, for all that it maps. */
	m.iommu = m.translated;
	return m;
}

void profile_pairs(void)
{
	struct mapper m[3] = { of_dom0() };
	struct gnb_domain *granter[2] = { make(GNB_DOMAIN_PV), make(GNB_DOMAIN_PVH) };

	for (unsigned i = 1; i < 3; i++) {
		m[i] = (struct mapper){ .d = make(i == 1 ? GNB_DOMAIN_PV : GNB_DOMAIN_PVH),
					.fd = m[0].fd,
					.translated = i == 2 };
		m[i].domid = gnb_domain_id(m[i].d);
		gnb_domain_set_marked(m[i].d, true);
	}
	for (unsigned version = 1; version <= 2; version++)
		for (unsigned g = 0; g < 2; g++) {
			set_version(granter[g], version);
			for (unsigned i = 0; i < 3; i++)
				pair(&m[i], granter[g], version);
		}
	for (unsigned i = 1; i < 3; i++)
		end(m[i].d);
	end(granter[0]);
	end(granter[1]);
	close(m[0].fd);
}
