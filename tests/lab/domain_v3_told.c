// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: what a granter of version 3 is told, trees that get another grantee, grants to oneself, and
 * domains that die.
 */
#include "v3.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/event_channel.h>
#include <xen/memory.h>

static char why[300];

static uint32_t ipi_port(struct gnb_domain *d)
{
	struct evtchn_bind_ipi op = { .vcpu = 0 };
	int64_t rc;

	must(d,
	     gnb_domain_op(d, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &op, sizeof(op), 0,
			   &rc, NULL),
	     "bind an event channel");
	must(d, (int)rc, "bind an event channel");
	return op.port;
}

/* Is the port pending? And then it is not any more. */
static bool pending(struct gnb_domain *d, uint32_t port)
{
	uint64_t at = ((uint64_t)GNB_DOMAIN_SHARED_PFN << 12) +
		      offsetof(struct shared_info, evtchn_pending) + port / 64 * 8,
		 word = 0;
	bool is;

	must(d, gnb_domain_read(d, at, &word, sizeof(word), GNB_DOMAIN_UNCHECKED, NULL), "read");
	is = word >> port % 64 & 1;
	word &= ~(1ull << port % 64);
	must(d, gnb_domain_write(d, at, &word, sizeof(word), GNB_DOMAIN_UNCHECKED, NULL), "write");
	return is;
}

/* The granter is a PVH domain, whose events are seen here. */
static void check_notes(struct v3_pair *p)
{
	uint8_t *status = (uint8_t *)(p->root + 5 * V3_REGION);
	uint64_t *notice = p->root + 6 * V3_REGION;
	struct gnttab_v3_notify_setup s = {
		.status_frame = gnb_domain_frame(p->granter, p->nodes + 5),
		.notice_frame = gnb_domain_frame(p->granter, p->nodes + 6),
		.tree = p->tree,
		.port = ipi_port(p->granter),
	};
	struct gnttab_v3_notify_setup off = { .tree = p->tree };
	struct gnttab_v3_revoke r;
	struct gnttab_v3_unmap u;
	struct gnttab_v3_map m;
	int64_t rc;

	memset(status, 0xff, 4096);
	rc = grant_op(p->granter, GNTTABOP_v3_notify_setup, &s, sizeof(s), 1, NULL);
	check(!rc && s.status == OK && !status[0] && !status[4095], "%s: pages to be told by (%d)",
	      p->name, s.status);
	rc = v3_map(p, 0, V3_SMALL + 3, 2, GNTV3_ACCEPT_HOLE, &m);
	check(rc == OK && !status[V3_SMALL + 2] && status[V3_SMALL + 3] && status[V3_SMALL + 4] &&
		      !pending(p->granter, s.port),
	      "%s: what is mapped is in use (%d)", p->name, (int)rc);
	rc = v3_revoke(p, V3_SMALL + 3, 1, 0, &r);
	check(rc == OK && !status[V3_SMALL + 3] && status[V3_SMALL + 4] &&
		      notice[V3_SMALL / 64] == 8 && pending(p->granter, s.port),
	      "%s: what is revoked is not, and an event says so", p->name);
	rc = v3_unmap(p, &m, &u);
	check(rc == OK && !status[V3_SMALL + 4] && notice[V3_SMALL / 64] == 24 &&
		      !pending(p->granter, s.port),
	      "%s: nor what is unmapped, without an event", p->name);
	rc = grant_op(p->granter, GNTTABOP_v3_notify_setup, &off, sizeof(off), 1, NULL);
	check(!rc && off.status == OK && v3_map(p, 0, V3_SMALL + 3, 1, 0, &m) == OK &&
		      !status[V3_SMALL + 3] && v3_unmap(p, &m, &u) == OK,
	      "%s: and no more of it", p->name);
}

static void check_bind(struct v3_pair *p)
{
	struct gnttab_v3_bind b = { .tree = p->tree,
				    .dom = gnb_domain_id(p->granter),
				    .to = gnb_domain_id(p->mapper) };
	struct gnttab_v3_ack a = { .tree = p->tree, .dom = b.to };
	struct gnttab_v3_map m, n;
	struct gnttab_v3_unmap u;
	int64_t rc;

	check(v3_map(p, 0, V3_SMALL, 8, GNTV3_ACCEPT_HOLE, &m) == OK, "%s: mapped before", p->name);
	rc = grant_op(p->mapper, GNTTABOP_v3_bind, &b, sizeof(b), 1, NULL);
	check(!rc && b.status == GNTST_permission_denied, "%s: not every domain binds (%d)",
	      p->name, b.status);
	rc = v3_dom0_op(GNTTABOP_v3_bind, &b, sizeof(b), 1, NULL);
	check(!rc && b.status == OK && v3_word(p, 0) == ~0ull,
	      "%s: dom0 does, and what was mapped is not (%d, %d)", p->name, (int)rc, b.status);
	rc = v3_map(p, 16, V3_SMALL, 8, 0, &n);
	check(rc == GNTST_eagain, "%s: nothing is mapped before the ack (%d)", p->name, (int)rc);
	rc = grant_op(p->granter, GNTTABOP_v3_ack, &a, sizeof(a), 1, NULL);
	check(!rc && a.status == OK && v3_map(p, 16, V3_SMALL, 8, 0, &n) == OK &&
		      v3_word(p, 17) == v3_mark(1),
	      "%s: and then it is (%d)", p->name, a.status);
	check(v3_unmap(p, &n, &u) == OK && v3_unmap(p, &m, &u) == OK && u.revoked,
	      "%s: old and new are unmapped", p->name);
}

void v3_check_told(struct gnb_domain *mapper, struct gnb_domain *granter)
{
	struct v3_pair p;

	v3_begin(&p, mapper, granter, GNTV3_REBINDABLE);
	check_notes(&p);
	check_bind(&p);
	v3_end(&p);
}

static int64_t give_back(struct gnb_domain *d, uint64_t frame)
{
	struct {
		struct xen_memory_reservation op;
		uint64_t list;
	} a = { .op = { .nr_extents = 1, .domid = DOMID_SELF }, .list = frame };
	int64_t rc;

	a.op.extent_start.p =
		(xen_pfn_t *)(gnb_domain_args_address(d) + offsetof(__typeof__(a), list));
	must(d,
	     gnb_domain_op(d, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, &a, sizeof(a), 0,
			   &rc, NULL),
	     "give back a page");
	return rc;
}

/* A PVH domain that lends to itself has its page twice, and cannot give it away by the second number. */
void v3_check_self(struct gnb_domain *d)
{
	struct gnttab_v3_unmap u;
	struct gnttab_v3_map m;
	struct v3_pair p;
	int64_t rc;

	v3_begin(&p, d, d, 0);
	check(v3_map(&p, 0, V3_SMALL, 4, 0, &m) == OK && v3_word(&p, 2) == v3_mark(2),
	      "%s: its own page", p.name);
	rc = give_back(d, GNB_DOMAIN_SLOT_PFN + 2);
	check(!rc && v3_word(&p, 2) == v3_mark(2), "%s: which stays (%d)", p.name, (int)rc);
	check(v3_unmap(&p, &m, &u) == OK && v3_word(&p, 2) == ~0ull &&
		      *(uint64_t *)(p.data + 2 * 4096) == v3_mark(2),
	      "%s: unmapped, and the page is there", p.name);
	v3_end(&p);
}

/* Either end goes first, with 2 MiB, single pages and sinks mapped; both go for good. */
void v3_check_death(enum gnb_domain_type mapper, enum gnb_domain_type granter)
{
	const unsigned flags[] = { GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_2M, 0, GNTV3_ACCEPT_SINK };
	struct gnttab_v3_map m[3];
	struct gnttab_v3_unmap u;
	struct gnttab_v3_revoke r;
	struct v3_pair p;
	unsigned turn, i;
	int rc;

	for (turn = 0; turn < 2; turn++) {
		v3_begin(&p, make(mapper), make(granter), 0);
		for (i = 0; i < 3; i++)
			check(v3_map(&p, i * V3_REGION, i * V3_REGION, V3_REGION, flags[i],
				     &m[i]) == OK,
			      "%s: mapped before a death", p.name);
		rc = v3_revoke(&p, V3_TURNED, 100, 0, &r);
		check(rc == OK && r.outcomes == GNTV3_GOT_SINK && !v3_word(&p, 2 * V3_REGION + 3),
		      "%s: some of it sinks (%d)", p.name, rc);
		if (turn) {
			end(p.mapper);
			check(v3_revoke(&p, V3_SMALL, 100, 0, &r) == OK && !r.pages,
			      "%s: nothing is mapped when its mapper is dead", p.name);
			/* Its pages can be had again. */
			end(p.granter);
			continue;
		}
		rc = gnb_domain_kill(p.granter, why, sizeof(why));
		check(!rc, "%s: its granter dies%s%s", p.name, rc ? ": " : "", rc ? why : "");
		check(v3_word(&p, 0) == ~0ull && v3_word(&p, 511) == ~0ull &&
			      !v3_word(&p, 2 * V3_REGION + 3) && !v3_word(&p, 2 * V3_REGION + 500),
		      "%s: what accepted that is gone", p.name);
		check(v3_word(&p, V3_REGION + 5) == v3_mark(5), "%s: what did not is not", p.name);
		for (i = 0; i < 3; i++) {
			rc = v3_unmap(&p, &m[i], &u);
			check(rc == OK && u.revoked == (i != 1), "%s: unmapped after it (%d)",
			      p.name, rc);
		}
		rc = gnb_domain_wait_gone(m[0].dom, why, sizeof(why));
		check(!rc, "%s: and then it is gone%s%s", p.name, rc ? ": " : "", rc ? why : "");
		end(p.mapper);
	}
}
