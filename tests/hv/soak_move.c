// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two PV domains of two vCPUs give each other pages, map them, and move mappings, all at once,
 * while a third domain that accepts pages is made and killed. A page carries its number: who gets
 * it finds it there.
 */
#include "fixture.h"
#include "soak.h"

#include <pthread.h>
#include <sched.h>

#define POOL	16
#define ACCEPTS 4 /* entries of each vCPU that take a page */
#define SHARED	40
#define ROUNDS	4000
#define TAG(f)	(0x9a6e000000000000ull | (f))

struct side {
	struct hv_domain *d;
	grant_entry_v1_t *table;
};

struct mover {
	struct side *me, *other;
	struct hv_vcpu *v;
	unsigned n;
	uint8_t *args;
	uint64_t rand, frame[POOL];
	unsigned got, gave, refused, replaced;
	int bad;
};

static struct side side[2];
static int third; /* its number, -1: there is none now */
static bool over;

static unsigned draw(struct mover *m, unsigned n)
{
	m->rand ^= m->rand << 13;
	m->rand ^= m->rand >> 7;
	m->rand ^= m->rand << 17;
	return (unsigned)(m->rand >> 16) % n;
}

static void tag(struct hv_domain *d, uint64_t frame)
{
	uint64_t *p = hv_guest_frame_ptr(d, frame);

	if (p)
		set(p, TAG(frame));
}

/* What arrived in the own entries goes into the pool, and the entries are opened again. */
static void collect(struct mover *m)
{
	for (unsigned i = 0; i < ACCEPTS; i++) {
		grant_entry_v1_t *e = &m->me->table[8 + m->n * ACCEPTS + i];
		uint16_t flags = get(&e->flags);
		unsigned k = 0;
		uint64_t *p;

		if (flags & GTF_transfer_completed) {
			p = hv_guest_frame_ptr(m->me->d, e->frame);
			m->bad += !p || get(p) != TAG(e->frame);
			m->got++;
			while (k < POOL && m->frame[k] != HV_INVALID)
				k++;
			if (k < POOL)
				m->frame[k] = e->frame;
		} else if (flags) {
			continue;
		}
		set(&e->flags, (uint16_t)0);
		set(&e->domid, hv_domain_id(m->other->d));
		set(&e->flags, (uint16_t)GTF_accept_transfer);
	}
}

static void refill(struct mover *m, unsigned k)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t *list = (uint64_t *)(m->args + 1024);

	*list = 0;
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	memcpy(m->args, &r, sizeof(r));
	if (hv_memory_op(m->v, XENMEM_populate_physmap, m->args) != 1)
		return;
	m->frame[k] = *list;
	tag(m->me->d, *list);
}

static void give(struct mover *m)
{
	struct gnttab_transfer *op = (struct gnttab_transfer *)m->args;
	unsigned k = draw(m, POOL);
	int to = hv_domain_id(m->other->d), other = get(&third);

	if (m->frame[k] == HV_INVALID) {
		refill(m, k);
		return;
	}
	if (other >= 0 && !draw(m, 8))
		to = other;
	*op = (struct gnttab_transfer){ .mfn = m->frame[k],
					.domid = (domid_t)to,
					.ref = 8 + draw(m, 2 * ACCEPTS) };
	hv_grant_table_op(m->v, GNTTABOP_transfer, op, 1);
	/* Somebody may have it mapped. */
	if (op->status == GNTST_bad_page) {
		m->refused++;
		return;
	}
	m->gave += op->status == GNTST_okay;
	m->frame[k] = HV_INVALID;
}

static int map(struct mover *m, unsigned ref, unsigned slot, uint32_t *h)
{
	struct gnttab_map_grant_ref *op = (struct gnttab_map_grant_ref *)m->args;

	*op = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(m->me->d, slot),
					     .flags = GNTMAP_host_map,
					     .dom = hv_domain_id(m->other->d),
					     .ref = ref };
	hv_grant_table_op(m->v, GNTTABOP_map_grant_ref, op, 1);
	*h = op->handle;
	return op->status;
}

static void unmap(struct mover *m, unsigned slot, uint32_t h)
{
	struct gnttab_unmap_grant_ref *op = (struct gnttab_unmap_grant_ref *)m->args;

	*op = (struct gnttab_unmap_grant_ref){ .host_addr = hv_guest_map_addr(m->me->d, slot),
					       .handle = h };
	hv_grant_table_op(m->v, GNTTABOP_unmap_grant_ref, op, 1);
	m->bad += op->status != GNTST_okay;
}

/* Two of the other's pages, one taking the place of the other. */
static void map_and_move(struct mover *m)
{
	struct gnttab_unmap_and_replace *op = (struct gnttab_unmap_and_replace *)m->args;
	unsigned slot = 2 * m->n, ref = SHARED + 2 * m->n;
	uint32_t h[2];
	uint64_t v;
	int first = map(m, ref, slot, &h[0]), second = map(m, ref + 1, slot + 1, &h[1]);

	if (!first && !second) {
		*op = (struct gnttab_unmap_and_replace){
			.host_addr = hv_guest_map_addr(m->me->d, slot),
			.new_addr = hv_guest_map_addr(m->me->d, slot + 1),
			.handle = h[0]
		};
		hv_grant_table_op(m->v, GNTTABOP_unmap_and_replace, op, 1);
		m->bad += op->status != GNTST_okay;
		m->bad += hv_guest_access(m->v, hv_guest_map_addr(m->me->d, slot), 0, &v, 8,
					  false) != 0;
		m->bad += !hv_guest_access(m->v, hv_guest_map_addr(m->me->d, slot + 1), 0, &v, 8,
					   false);
		m->replaced++;
		unmap(m, slot, h[1]);
		return;
	}
	if (!first)
		unmap(m, slot, h[0]);
	if (!second)
		unmap(m, slot + 1, h[1]);
}

/* Own pages for the other's mappings. */
static void share(struct mover *m)
{
	grant_entry_v1_t *e = &m->me->table[SHARED + 2 * m->n + draw(m, 2)];
	uint16_t flags = get(&e->flags);
	uint64_t frame = m->frame[draw(m, POOL)];

	if ((flags & (GTF_reading | GTF_writing)) || frame == HV_INVALID ||
	    !__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return;
	set(&e->domid, hv_domain_id(m->other->d));
	set(&e->frame, (uint32_t)frame);
	set(&e->flags, (uint16_t)GTF_permit_access);
}

static void *work(void *arg)
{
	struct mover *m = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		collect(m);
		give(m);
		share(m);
		map_and_move(m);
	}
	return NULL;
}

static bool make(struct hv_host *host, struct side *s, unsigned vcpus)
{
	struct hv_domain_config c = {
		.guest = HV_GUEST_PV, .pages = 64, .vcpus = vcpus, .map_slots = 64
	};
	struct gnttab_setup_table t = { .dom = DOMID_SELF, .nr_frames = 1 };
	uint8_t *args;
	uint64_t f;
	size_t bytes;

	if (hv_domain_create(host, &c, &s->d))
		return false;
	args = hv_guest_args(s->d, &bytes);
	set_xen_guest_handle(t.frame_list, (xen_pfn_t *)(args + 1024));
	memcpy(args, &t, sizeof(t));
	hv_grant_table_op(hv_domain_vcpu(s->d, 0), GNTTABOP_setup_table, args, 1);
	memcpy(&f, args + 1024, 8);
	s->table = hv_guest_frame_ptr(s->d, f);
	return s->table != NULL;
}

/* A domain that takes pages and dies with them. */
static void *mortal(void *arg)
{
	while (!get(&over)) {
		struct side s;

		if (!make(arg, &s, 1))
			continue;
		for (unsigned i = 0; i < 2 * ACCEPTS; i++)
			s.table[8 + i] = (grant_entry_v1_t){ GTF_accept_transfer,
							     hv_domain_id(side[i & 1].d), 0 };
		set(&third, (int)hv_domain_id(s.d));
		for (unsigned i = 0; i < 20; i++)
			sched_yield();
		set(&third, -1);
		hv_domain_kill(s.d);
	}
	return NULL;
}

static void start(struct mover *m, unsigned i, pthread_t *t)
{
	size_t bytes;

	*m = (struct mover){
		.me = &side[i / 2], .other = &side[!(i / 2)], .n = i % 2, .rand = i + 77
	};
	m->v = hv_domain_vcpu(m->me->d, m->n);
	m->args = (uint8_t *)hv_guest_args(m->me->d, &bytes) + 4096 * (1 + m->n);
	for (unsigned k = 0; k < POOL; k++) {
		m->frame[k] = hv_guest_frame(m->me->d, m->n * POOL + k);
		tag(m->me->d, m->frame[k]);
	}
	pthread_create(t, NULL, work, m);
}

const char *hv_moves(void)
{
	static char why[200];
	struct hv_host_config c = {
		.nr_cpus = 12, .heap_pages = 1024, .ram_pages = 4096, .poison = true
	};
	unsigned got = 0, gave = 0, refused = 0, replaced = 0;
	struct mover m[4];
	struct hv_host *host;
	pthread_t t[4], killer;
	int odd = 0;

	over = false;
	third = -1;
	if (hv_host_create(&c, &host) || !make(host, &side[0], 2) || !make(host, &side[1], 2))
		return "no domains";
	for (unsigned i = 0; i < 4; i++)
		start(&m[i], i, &t[i]);
	pthread_create(&killer, NULL, mortal, host);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		odd += m[i].bad;
		got += m[i].got;
		gave += m[i].gave;
		refused += m[i].refused;
		replaced += m[i].replaced;
	}
	set(&over, true);
	pthread_join(killer, NULL);
	printf("# %u pages given, %u seen to arrive, %u in use stayed, %u mappings moved\n", gave,
	       got, refused, replaced);
	if (odd)
		snprintf(why, sizeof(why), "%d times not", odd);
	else if (!gave || !got || !refused || !replaced)
		snprintf(why, sizeof(why), "too little was done");
	else
		hv_check(host, false, why, sizeof(why));
	hv_host_destroy(host);
	return why[0] ? why : NULL;
}
