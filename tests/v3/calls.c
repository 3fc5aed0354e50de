/* SPDX-License-Identifier: GPL-2.0-only */
/* The small host: every function that the core wants of it. */
#include "small.h"
#include <stdlib.h>

/* ---- domains, and the call ---- */

gv3_dom *gv3_dom_self(gv3_cpu *cur)
{
	return cur->d;
}

gv3_dom *gv3_dom_find(gv3_cpu *cur, uint16_t id)
{
	small_step(cur, "dom_find");
	return id < SMALL_DOMS && cur->s->dom[id].there ? &cur->s->dom[id] : NULL;
}

uint16_t gv3_dom_id(const gv3_dom *d)
{
	return d->id;
}

unsigned gv3_dom_flags(const gv3_dom *d)
{
	return (d->pv ? 0 : GV3_TRANSLATED) | (d->pv && d->iommu ? GV3_IOMMU : 0) |
	       (d->s->walk_cache ? GV3_WALK_CACHE : 0) | (d->dying ? GV3_DYING : 0);
}

struct gv3_state *gv3_dom_state(gv3_dom *d)
{
	return d->v3;
}

void small_unlocked(struct small_cpu *cur, const char *what)
{
	if (cur->held)
		small_violation(cur->s, what);
}

int gv3_args_read(gv3_cpu *cur, void *to, gv3_guest from, unsigned long off, unsigned bytes)
{
	small_step(cur, "args_read");
	small_unlocked(cur, "arguments are read with a lock held");
	if (small_fails(cur))
		return -EFAULT;
	memcpy(to, from + off, bytes);
	return 0;
}

int gv3_args_write(gv3_cpu *cur, gv3_guest to, unsigned long off, const void *from, unsigned bytes)
{
	small_step(cur, "args_write");
	small_unlocked(cur, "arguments are written with a lock held");
	if (small_fails(cur))
		return -EFAULT;
	memcpy(to + off, from, bytes);
	cur->s->written = bytes;
	return 0;
}

bool gv3_preempt(gv3_cpu *cur)
{
	struct small *s = cur->s;

	return s->preempt_every && !(++s->checks % s->preempt_every);
}

int gv3_allowed(gv3_cpu *cur, unsigned op, gv3_dom *granter, gv3_dom *mapper)
{
	(void)granter;
	(void)mapper;
	return op == GNTTABOP_v3_bind && cur->d->id != SMALL_TOOLSTACK ? -EPERM : 0;
}

void *gv3_buffer(gv3_cpu *cur)
{
	return cur->buffer;
}

/* ---- memory ---- */

static void *get(struct small_cpu *cur, struct small_dom *payer, long bytes)
{
	small_step(cur, "alloc");
	if (cur->s->no_alloc)
		small_violation(cur->s, "memory is allocated where none may be");
	if (cur->held & (8 | 16))
		small_violation(cur->s, "memory is allocated with an address space locked");
	if (small_fails(cur) || (payer->limit && payer->bytes + bytes > payer->limit))
		return NULL;
	payer->bytes += bytes;
	return calloc(1, (size_t)bytes);
}

static void put(struct small_cpu *cur, struct small_dom *payer, void *p, long bytes)
{
	small_step(cur, "free");
	payer->bytes -= bytes;
	memset(p, 0xc2, (size_t)bytes);
	free(p);
}

void *gv3_page_alloc(gv3_cpu *cur, gv3_dom *payer)
{
	return get(cur, payer, 4096);
}

void gv3_page_free(gv3_cpu *cur, gv3_dom *payer, void *p)
{
	put(cur, payer, p, 4096);
}

/* Until then it stands: the end of all calls is the end of the host. */
void gv3_page_retire(gv3_cpu *cur, gv3_dom *payer, void *p)
{
	struct small *s = cur->s;

	small_step(cur, "retire");
	payer->bytes -= 4096;
	if (s->nr_retired == SMALL_RETIRED)
		abort();
	s->retired[s->nr_retired++] = p;
}

void gv3_page_repay(gv3_cpu *cur, gv3_dom *from, gv3_dom *to, void *p)
{
	(void)p;
	small_step(cur, "repay");
	from->bytes -= 4096;
	to->bytes += 4096;
}

/* Pages of the hypervisor have numbers beyond the domains' frames. */
uint64_t gv3_page_mfn(gv3_cpu *cur, const void *p)
{
	(void)cur;
	return (uintptr_t)p >> 12;
}

void *gv3_mem_alloc(gv3_cpu *cur, gv3_dom *payer, unsigned bytes)
{
	return get(cur, payer, bytes);
}

void gv3_mem_free(gv3_cpu *cur, gv3_dom *payer, void *p, unsigned bytes)
{
	put(cur, payer, p, bytes);
}

/* ---- the granter's memory ---- */

const volatile uint64_t *gv3_node(gv3_cpu *cur, gv3_dom *granter, uint64_t gfn, gv3_node_t *n)
{
	small_step(cur, "node");
	if (cur->held & 8)
		small_violation(cur->s, "a node is looked at with an address space locked");
	if (!small_is_ram(granter, gfn, &n->mfn) || n->mfn >= SMALL_FRAMES ||
	    !small_take(cur->s, granter, n->mfn))
		return NULL;
	return cur->s->word[n->mfn];
}

void gv3_node_done(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
	(void)granter;
	small_step(cur, "node_done");
	small_drop(cur->s, n->mfn);
}

void gv3_node_rest(gv3_cpu *cur, gv3_node_t *n)
{
	(void)n;
	small_step(cur, "node_rest");
}

const volatile uint64_t *gv3_node_again(gv3_cpu *cur, gv3_node_t *n)
{
	small_step(cur, "node_again");
	return cur->s->word[n->mfn];
}

void gv3_node_drop(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
	(void)granter;
	small_step(cur, "node_drop");
	small_drop(cur->s, n->mfn);
}

uint64_t gv3_entry_read(gv3_cpu *cur, const volatile uint64_t *p)
{
	small_step(cur, "entry_read");
	return *p;
}

int gv3_run_get(gv3_cpu *cur, gv3_dom *granter, uint64_t gfn, unsigned order, bool write,
		uint64_t *mfn)
{
	uint64_t i, next;

	small_step(cur, "run_get");
	if (cur->held & 8)
		small_violation(cur->s, "the granter's p2m is read with an address space locked");
	if (small_fails(cur))
		return -EINVAL;
	for (i = 0; i < 1u << order; i++) {
		if (!small_is_ram(granter, gfn + i, i ? &next : mfn) || (i && next != *mfn + i) ||
		    *mfn & ((1u << order) - 1) || !small_take(cur->s, granter, *mfn + i))
			break;
	}
	if (i == 1u << order) {
		while (write && i--)
			small_frame(cur->s, *mfn + i)->writers++;
		return 0;
	}
	while (i--)
		small_drop(cur->s, *mfn + i);
	return -EINVAL;
}

static void put_one(struct small *s, uint64_t mfn)
{
	unsigned i, g;

	small_drop(s, mfn);
	if (small_frame(s, mfn)->refs)
		return;
	/* It is another's from here on: nobody may reach it, not by an old translation either. */
	for (i = 0; i < SMALL_DOMS; i++)
		for (g = 0; g < SMALL_GFNS; g++)
			if ((s->dom[i].p2m[g].present && s->dom[i].p2m[g].mfn == mfn) ||
			    (s->dom[i].tlb[g].present && s->dom[i].tlb[g].mfn == mfn))
				small_violation(s, "a frame is freed that somebody can reach");
}

void gv3_run_put(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order, bool write,
		 bool dirty)
{
	unsigned i;

	(void)granter;
	(void)dirty;
	small_step(cur, "run_put");
	for (i = 0; i < 1u << order; i++) {
		if (write)
			small_no_writer(cur->s, mfn + i);
		put_one(cur->s, mfn + i);
	}
}

void gv3_run_readonly(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order)
{
	unsigned i;

	(void)granter;
	small_step(cur, "run_readonly");
	for (i = 0; i < 1u << order; i++)
		small_no_writer(cur->s, mfn + i);
}

/* ---- the mapper's address space ---- */

void gv3_as_lock(gv3_cpu *cur, gv3_dom *mapper)
{
	small_step(cur, "as_lock");
	if (mapper->pv)
		return;
	while (mapper->space_held) {
		if (!cur->s->wait) {
			small_violation(cur->s, "an address space is locked twice");
			return;
		}
		cur->s->wait(cur->s, cur);
	}
	small_drain(cur);
	mapper->space_held = true;
	cur->held |= 8;
}

void gv3_as_unlock(gv3_cpu *cur, gv3_dom *mapper)
{
	if (!mapper->pv) {
		mapper->space_held = false;
		cur->held &= ~8u;
	}
	small_step(cur, "as_unlock");
}

void gv3_as_flush(gv3_cpu *cur, gv3_dom *mapper)
{
	small_step(cur, "as_flush");
	if (cur->held & (8 | 16))
		small_violation(cur->s, "a flush with an address space locked");
	memset(mapper->tlb, 0, sizeof(mapper->tlb));
	mapper->tlb_used = false;
	memset(mapper->iotlb, 0, sizeof(mapper->iotlb));
	cur->s->flushes++;
}

static struct small_entry *entry(struct small_cpu *cur, struct small_dom *d, uint64_t gfn)
{
	if (!(cur->held & 8))
		small_violation(cur->s, "an address space is changed that is not locked");
	return gfn < SMALL_GFNS ? &d->p2m[gfn] : NULL;
}

int gv3_as_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order,
	       bool write)
{
	struct small_entry *e = entry(cur, mapper, gfn | ((1u << order) - 1));
	unsigned i;

	small_step(cur, "as_map");
	if (order > 9 || gfn & ((1u << order) - 1) || !e || small_fails(cur))
		return -ENOMEM;
	e = &mapper->p2m[gfn];
	for (i = 0; i < 1u << order; i++)
		if (e[i].present)
			return -EEXIST;
	for (i = 0; i < 1u << order; i++)
		e[i] = (struct small_entry){ true, write, order, mfn + i };
	return 0;
}

/*
 * The entry that maps mfn at gfn, or NULL: by this order, or 4K of 2M, which is split then by what was reserved for
 * it.
 */
static struct small_entry *mapped(struct small_cpu *cur, struct small_dom *d, uint64_t gfn,
				  uint64_t mfn, unsigned order)
{
	struct small_entry *e = entry(cur, d, gfn);
	unsigned i;

	if (order % 9 || order > 9 || gfn & ((1u << order) - 1) || !e || !e->present ||
	    e->mfn != mfn || (order && !e->large))
		return NULL;
	if (e->large && !order) {
		if (!d->reserve) {
			small_violation(cur->s, "a large entry is split, and nothing is reserved");
			return NULL;
		}
		d->reserve--;
		d->bytes -= 4096;
		for (i = 0; i < 512; i++)
			d->p2m[(gfn & ~511ull) + i].large = false;
	}
	return e;
}

int gv3_as_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order)
{
	struct small_entry *e;
	unsigned i;

	small_step(cur, "as_clear");
	e = mapped(cur, mapper, gfn, mfn, order);
	if (!e)
		return -EILSEQ;
	for (i = 0; i < 1u << order; i++)
		e[i].present = false;
	return 0;
}

int gv3_as_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order,
		 uint64_t to, bool write)
{
	struct small_entry *e;
	unsigned i;

	small_step(cur, "as_point");
	e = mapped(cur, mapper, gfn, mfn, order);
	if (!e)
		return -EILSEQ;
	for (i = 0; i < 1u << order; i++)
		e[i] = (struct small_entry){ true, write, order, to + i };
	return 0;
}

/* ---- locks and the rest ---- */

void gv3_lock_init(gv3_lock_t *l)
{
	l->held = false;
}

void gv3_lock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
	small_step(cur, "lock");
	if (cur->held >> level)
		small_violation(cur->s, "locks are taken against their order");
	while (l->held) {
		if (!cur->s->wait) {
			small_violation(cur->s, "a lock is taken twice");
			return;
		}
		cur->s->wait(cur->s, cur);
	}
	small_drain(cur);
	l->held = true;
	cur->held |= 1u << level;
}

void gv3_unlock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
	small_drain(cur);
	l->held = false;
	cur->held &= ~(1u << level);
	small_step(cur, "unlock");
}

void gv3_publish(void **at, void *p)
{
	*at = p;
}

void *gv3_look(void *const *at)
{
	return *at;
}

unsigned long gv3_nospec(unsigned long i, unsigned long n)
{
	return i < n ? i : 0;
}

void gv3_fence(void)
{
}

void gv3_broken(gv3_cpu *cur, gv3_dom *d, const char *what)
{
	(void)d;
	small_violation(cur->s, what);
}

int gv3_as_reserve(gv3_cpu *cur, gv3_dom *mapper, int n)
{
	long bytes = 4096l * n;

	small_step(cur, "as_reserve");
	if (n > 0 && cur->s->no_alloc)
		small_violation(cur->s, "a table is reserved where no memory may be taken");
	if (n > 0 && (small_fails(cur) || (mapper->limit && mapper->bytes + bytes > mapper->limit)))
		return -ENOMEM;
	mapper->reserve += n;
	mapper->bytes += bytes;
	if (mapper->reserve < 0)
		small_violation(cur->s, "what is given back was not reserved");
	return 0;
}
