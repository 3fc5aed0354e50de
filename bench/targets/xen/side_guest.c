// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain of our own as a side (kernel-helpers/domain, channel.h): made for it, and destroyed
 * with it. Its grant table is nobody else's, so both versions can be had, and it grows as it is
 * asked to. A PVH domain places the frames of its table in its memory, as a kernel would: that is
 * part of what growing costs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/grant.h>
#include <grant_rivals.h>
#include <xen/memory.h>

#include "channel.h"
#include "channel_memory.h"
#include "domains.h"
#include "side_guest.h"
#include "tools.h"

#define ARGS_MAX      256 /* allocations of arguments */
#define ARGS_PAGES    512 /* pages for them */
#define DOMAIN_PAGES  512 /* what the domain itself needs, generously */
#define MIN_MIB	      16
#define FRAMES_MAX    1024	  /* grant frames that can be asked for */
#define STATUS_INDEX  0x80000000u /* XENMAPIDX_grant_table_status */
#define STATUS_PFN    (GNB_DOMAIN_TABLE_PFN + FRAMES_MAX)
#define PAGES_PER_MIB 256u
#define PAGES_2M      512u
#define SINK_PAGES    8u /* beyond its memory, for what takes the place of what is revoked */

_Static_assert(GNB_EVENT_PORT == GNB_DOMAIN_FREE_PORT, "the port that benchmarks use is free");

struct guest {
	struct gnb_xen_side side; /* first */
	struct gnb_domain *d;
	enum gnb_entries entries;
	unsigned nr_frames;		       /* that the table was grown to */
	unsigned first[GNB_XEN_REGIONS], next; /* pages of RAM: of the regions, and free from */
	uint8_t *ram[GNB_XEN_REGIONS];
	struct {
		uint8_t *p;
		size_t bytes;
		uint64_t address;
	} args[ARGS_MAX];
	unsigned nargs;
	long mapped; /* by its hypercalls and not yet unmapped: pages, or by larger requests these */
};

static struct guest *guest(struct gnb_xen_side *s)
{
	return (struct guest *)s;
}

static bool is_pvh(const struct guest *g)
{
	return gnb_domain_control(g->d)->type == GNB_DOMAIN_PVH;
}

static unsigned status_frames(const struct guest *g, unsigned frames)
{
	return gnb_is_v2(g->entries) ? (frames * GNB_V2_PER_FRAME + GNB_STATUS_PER_FRAME - 1) /
					       GNB_STATUS_PER_FRAME
				     : 0;
}

/* A small operation, whose time counts. What Xen returned, or the channel's error. */
static int64_t small(struct guest *g, unsigned nr, unsigned cmd, void *args, size_t bytes,
		     unsigned count)
{
	int64_t result;
	uint64_t ticks;
	int rc = gnb_domain_op(g->d, nr, cmd, args, bytes, count, &result, &ticks);

	if (rc)
		return rc;
	g->side.vcpu[0].ticks += ticks;
	g->side.vcpu[0].calls++;
	return result;
}

/* --- the table --- */

static int place(struct guest *g, unsigned idx, uint64_t gpfn)
{
	struct xen_add_to_physmap x = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx, .gpfn = gpfn
	};

	return (int)small(g, __HYPERVISOR_memory_op, XENMEM_add_to_physmap, &x, sizeof(x), 0);
}

static int s_grow(struct gnb_xen_side *s, unsigned nr)
{
	struct guest *g = guest(s);
	/* The list of frames lies behind the operation in the domain's arguments. */
	struct {
		struct gnttab_setup_table op;
		uint64_t list[FRAMES_MAX];
	} a = { .op = { .dom = DOMID_SELF, .nr_frames = nr } };
	int rc;

	if (nr > FRAMES_MAX)
		return -EINVAL;
	set_xen_guest_handle(a.op.frame_list, (xen_pfn_t *)(gnb_domain_args_address(g->d) +
							    offsetof(__typeof__(a), list)));
	rc = (int)small(g, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &a,
			sizeof(a.op) + nr * sizeof(a.list[0]), 1);
	if (!rc && a.op.status != GNTST_okay)
		rc = -ENOSPC;
	for (unsigned i = g->nr_frames; !rc && is_pvh(g) && i < nr; i++)
		rc = place(g, i, GNB_DOMAIN_TABLE_PFN + i);
	for (unsigned i = status_frames(g, g->nr_frames);
	     !rc && is_pvh(g) && i < status_frames(g, nr); i++)
		rc = place(g, i | STATUS_INDEX, STATUS_PFN + i);
	if (!rc && nr > g->nr_frames)
		g->nr_frames = nr;
	return rc;
}

static void *s_grant_frame(struct gnb_xen_side *s, unsigned i, bool status)
{
	struct guest *g = guest(s);
	void *p = gnb_domain_table(g->d, i, status);

	if (p || i >= (status ? status_frames(g, g->nr_frames) : g->nr_frames))
		return p;
	/* It has grown since it was looked at. */
	if (gnb_domain_map_table(g->d, g->nr_frames, gnb_is_v2(g->entries)))
		return NULL;
	return gnb_domain_table(g->d, i, status);
}

static int open_table(struct guest *g, const struct gnb_xen_want *w)
{
	struct gnttab_set_version v = { .version = 2 };
	int rc = 0;

	g->entries = w->version->entries;
	if (!w->frames)
		return 0;
	if (gnb_is_v2(g->entries))
		rc = (int)small(g, __HYPERVISOR_grant_table_op, GNTTABOP_set_version, &v, sizeof(v),
				1);
	return rc || w->cold ? rc : s_grow(&g->side, w->frames);
}

/* Xen's word, and not ours: the table may have more than was asked for. */
static unsigned s_frames(struct gnb_xen_side *s)
{
	struct guest *g = guest(s);
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	if (small(g, __HYPERVISOR_grant_table_op, GNTTABOP_query_size, &q, sizeof(q), 1) ||
	    q.status != GNTST_okay)
		return 0;
	return q.nr_frames + status_frames(g, q.nr_frames);
}

/* --- memory --- */

/*
 * What comes to 2 MiB begins at a multiple of that: in a PVH domain such memory is in one piece in the machine, too, and
 * one entry of its p2m.
 */
static unsigned aligned(const struct guest *g, unsigned pages)
{
	unsigned at = (unsigned)(gnb_domain_address(g->d, g->next) >> GNB_PAGE_SHIFT) % PAGES_2M;

	return pages >= PAGES_2M && at ? g->next + PAGES_2M - at : g->next;
}

static int open_region(struct guest *g, enum gnb_xen_region r, unsigned pages, bool unseen)
{
	if (!pages)
		return 0;
	g->first[r] = aligned(g, pages);
	g->next = g->first[r] + pages;
	if (unseen && r == GNB_XEN_RAM)
		return 0;
	g->ram[r] = gnb_domain_map(g->d, g->first[r], pages);
	return g->ram[r] ? 0 : -errno;
}

static uint64_t s_frame(struct gnb_xen_side *s, enum gnb_xen_region r, unsigned i)
{
	return gnb_domain_frame(guest(s)->d, guest(s)->first[r] + i);
}

static void *s_ram(struct gnb_xen_side *s, enum gnb_xen_region r, unsigned i)
{
	uint8_t *ram = guest(s)->ram[r];

	return ram ? ram + (size_t)i * GNB_PAGE_SIZE : NULL;
}

static void *s_args_alloc(struct gnb_xen_side *s, size_t bytes)
{
	struct guest *g = guest(s);
	unsigned pages = (unsigned)((bytes + GNB_PAGE_SIZE - 1) / GNB_PAGE_SIZE);
	void *p;

	if (g->nargs == ARGS_MAX || !pages || pages > gnb_domain_pages(g->d) - g->next)
		return NULL;
	p = gnb_domain_map(g->d, g->next, pages);
	if (!p)
		return NULL;
	g->args[g->nargs].p = memset(p, 0, (size_t)pages * GNB_PAGE_SIZE);
	g->args[g->nargs].bytes = (size_t)pages * GNB_PAGE_SIZE;
	g->args[g->nargs++].address = gnb_domain_address(g->d, g->next);
	g->next += pages;
	return p;
}

/* Where the domain sees what lies at p here; 0: nowhere. */
static uint64_t address_of(const struct guest *g, const void *p)
{
	for (unsigned i = 0; i < g->nargs; i++) {
		size_t at = (size_t)((const uint8_t *)p - g->args[i].p);

		if ((const uint8_t *)p >= g->args[i].p && at < g->args[i].bytes)
			return g->args[i].address + at;
	}
	return 0;
}

static uint64_t s_args_address(struct gnb_xen_side *s, const void *p)
{
	return address_of(guest(s), p);
}

/* --- a mapper's work --- */

#define COUNT_MAPS(type, made)                                                                     \
	for (const struct type *r = args; r < (const struct type *)args + count; r++)              \
	g->mapped += (made)
#define COUNT_UNMAPS(type)                                                                         \
	for (const struct type *r = args; r < (const struct type *)args + count; r++)              \
	g->mapped -= r->status == GNTST_okay

/* A request for a range may have mapped a part, whatever its status. */
static void count_mapped(struct guest *g, unsigned cmd, const void *args, unsigned count)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		COUNT_MAPS(gnttab_map_grant_ref, r->status == GNTST_okay);
		break;
	case GNTTABOP_unmap_grant_ref:
		COUNT_UNMAPS(gnttab_unmap_grant_ref);
		break;
	case GNTTABOP_range_map:
		COUNT_MAPS(gnttab_range_map, r->done > 0);
		break;
	case GNTTABOP_range_unmap:
		COUNT_UNMAPS(gnttab_range_unmap);
		break;
	case GNTTABOP_v3_map:
		COUNT_MAPS(gnttab_v3_map, r->done > 0);
		break;
	case GNTTABOP_v3_unmap:
		COUNT_UNMAPS(gnttab_v3_unmap);
		break;
	default:
		break;
	}
}

static long s_hypercall(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count)
{
	struct guest *g = guest(v->side);
	const uint64_t arg[5] = { cmd, args ? address_of(g, args) : 0, count };
	int64_t result;
	uint64_t ticks;
	int rc;

	if (args && !arg[1])
		return -EINVAL;
	rc = gnb_domain_hypercall(g->d, __HYPERVISOR_grant_table_op, arg, &result, &ticks);
	if (rc)
		return rc;
	v->ticks += ticks;
	v->calls++;
	if (!result)
		count_mapped(g, cmd, args, count);
	return (long)result;
}

static uint64_t s_map_addr(struct gnb_xen_side *s, unsigned i)
{
	return gnb_domain_slot(guest(s)->d, i);
}

static int s_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		   bool write)
{
	struct gnb_domain *d = guest(v->side)->d;
	const struct gnb_xen_tools *tools = v->side->tools;
	uint64_t ticks = 0;
	int rc;

	if (tools) {
		bool unchecked = (write && gnb_xen_tools_logging(tools)) ||
				 gnb_xen_tools_is_device(tools, addr >> GNB_PAGE_SHIFT);

		rc = gnb_domain_access(d, addr + off, buf, len, write,
				       unchecked ? GNB_DOMAIN_UNCHECKED : 0, &ticks);
		v->ticks += ticks;
		return rc;
	}
	return write ? gnb_domain_write(d, addr + off, buf, len, 0, NULL)
		     : gnb_domain_read(d, addr + off, buf, len, 0, NULL);
}

/*
 * Bits of its shared info page, whose first byte has the channel's port, too: the domain looks for what it is asked for
 * whatever that bit says.
 */
static uint64_t s_take_events(struct gnb_xen_side *s)
{
	struct guest *g = guest(s);
	uint64_t at = gnb_domain_control(g->d)->shared_address +
		      offsetof(struct shared_info, evtchn_pending);
	uint8_t byte = 0, mine;

	if (gnb_domain_read(g->d, at, &byte, 1, GNB_DOMAIN_UNCHECKED, NULL))
		return 0;
	mine = byte & 1u << GNB_EVENT_PORT;
	byte &= (uint8_t)~mine;
	if (mine && gnb_domain_write(g->d, at, &byte, 1, GNB_DOMAIN_UNCHECKED, NULL))
		return 0;
	return mine;
}

/* --- its end --- */

static int s_check(struct gnb_xen_side *s, char *why, size_t len)
{
	struct guest *g = guest(s);
	unsigned busy = 0, per = gnb_refs_per_frame(g->entries);

	if (*gnb_domain_why(g->d)) {
		snprintf(why, len, "%s", gnb_domain_why(g->d));
		return -EBUSY;
	}
	for (unsigned f = 0; f < g->nr_frames; f++)
		for (unsigned i = 0; i < per; i++) {
			unsigned ref = f * per + i;
			const uint16_t *word =
				gnb_is_v2(g->entries)
					? s_grant_frame(s, ref / GNB_STATUS_PER_FRAME, true)
					: s_grant_frame(s, f, false);

			if (!word) {
				snprintf(why, len, "frame %u of the grant table is not there", f);
				return -EBUSY;
			}
			busy += gnb_is_v2(g->entries)
					? gnb_xen_entry_mapped(NULL, word,
							       ref % GNB_STATUS_PER_FRAME)
					: gnb_xen_entry_mapped(word, NULL, i);
		}
	if (!busy && !g->mapped)
		return 0;
	snprintf(why, len, "%ld mappings and %u mapped entries were left", g->mapped, busy);
	return -EBUSY;
}

static int s_close(struct gnb_xen_side *s, char *why, size_t len)
{
	struct guest *g = guest(s);
	int rc = gnb_domain_destroy(g->d, why, len);

	free(g->side.vcpu);
	free(g);
	return rc;
}

static const struct gnb_xen_side_ops ops = {
	.hypercall = s_hypercall,
	.args_alloc = s_args_alloc,
	.args_address = s_args_address,
	.frame = s_frame,
	.ram = s_ram,
	.grant_frame = s_grant_frame,
	.grow = s_grow,
	.map_addr = s_map_addr,
	.touch = s_touch,
	.take_events = s_take_events,
	.frames = s_frames,
	.check = s_check,
	.close = s_close,
};

static int make(struct guest *g, const struct gnb_xen_want *w, char *why, size_t len)
{
	int rc = gnb_xen_side_vcpus(&g->side, 1);

	snprintf(why, len, "not enough memory for a machine");
	for (unsigned r = 0; !rc && r < GNB_XEN_REGIONS; r++) {
		rc = open_region(g, r, w->pages[r], w->unseen);
		snprintf(why, len, "domain %u: its memory cannot be mapped: %s", g->side.domid,
			 strerror(-rc));
	}
	if (rc)
		return rc;
	rc = open_table(g, w);
	snprintf(why, len, "domain %u: its grant table cannot be set up: %s", g->side.domid,
		 strerror(-rc));
	return rc;
}

int gnb_xen_side_guest(const struct gnb_xen_want *w, struct gnb_xen_side **s, const char **why)
{
	struct gnb_domain_options o = {
		.type = w->type,
		.max_grant_frames = w->max_frames,
		.max_maptrack_frames = w->max_maptrack,
		.headroom = w->version->revoking ? SINK_PAGES : 0,
	};
	unsigned pages = ARGS_PAGES + DOMAIN_PAGES;
	static char text[300];
	struct guest *g = calloc(1, sizeof(*g));
	char ignored[300];
	int rc;

	*why = "not enough memory for a machine";
	if (!g)
		return -ENOMEM;
	/* With room to begin at a multiple of 2 MiB. */
	for (unsigned r = 0; r < GNB_XEN_REGIONS; r++)
		pages += w->pages[r] + (w->pages[r] >= PAGES_2M ? PAGES_2M : 0);
	o.memory = (pages + PAGES_PER_MIB - 1) / PAGES_PER_MIB;
	if (o.memory < MIN_MIB)
		o.memory = MIN_MIB;
	*why = text;
	rc = gnb_domain_create(&o, &g->d, text, sizeof(text));
	if (rc) {
		free(g);
		return rc;
	}
	g->side.ops = &ops;
	g->side.domid = gnb_domain_id(g->d);
	g->side.translated = is_pvh(g);
	rc = make(g, w, text, sizeof(text));
	if (rc)
		s_close(&g->side, ignored, sizeof(ignored));
	else
		*s = &g->side;
	return rc;
}
