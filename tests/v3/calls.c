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
	       (d->dying ? GV3_DYING : 0);
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
	return 0;
}

bool gv3_preempt(gv3_cpu *cur)
{
	struct small *s = cur->s;

	return s->preempt_every && !(++s->checks % s->preempt_every);
}

int gv3_allowed(gv3_cpu *cur, unsigned op, gv3_dom *granter, gv3_dom *mapper)
{
	(void)cur;
	(void)op;
	(void)granter;
	(void)mapper;
	return 0;
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
	if (!small_is_ram(granter, gfn, &n->mfn) || !small_take(cur->s, granter, n->mfn))
		return NULL;
	return cur->s->frame[n->mfn].word;
}

void gv3_node_done(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
	(void)granter;
	small_step(cur, "node_done");
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
	(void)write;
	small_step(cur, "run_get");
	if (cur->held & 8)
		small_violation(cur->s, "the granter's p2m is read with an address space locked");
	if (order || small_fails(cur) || !small_is_ram(granter, gfn, mfn) ||
	    !small_take(cur->s, granter, *mfn))
		return -EINVAL;
	return 0;
}

void gv3_run_put(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order, bool write,
		 bool dirty)
{
	(void)granter;
	(void)order;
	(void)write;
	(void)dirty;
	small_step(cur, "run_put");
	small_drop(cur->s, mfn);
	if (!small_frame(cur->s, mfn)->refs)
		small_freed(cur->s, mfn);
}

void *gv3_frame(gv3_cpu *cur, uint64_t mfn)
{
	small_step(cur, "frame");
	if (!small_frame(cur->s, mfn)->refs)
		small_violation(cur->s, "a frame is looked at that nobody holds");
	return small_frame(cur->s, mfn)->word;
}

void gv3_frame_done(gv3_cpu *cur, void *p)
{
	(void)p;
	small_step(cur, "frame_done");
}

void gv3_move(gv3_cpu *cur, void *to, const void *from, unsigned bytes)
{
	small_step(cur, "move");
	memmove(to, from, bytes);
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
	struct small_entry *e = entry(cur, mapper, gfn);

	small_step(cur, "as_map");
	if (order || !e || small_fails(cur))
		return -ENOMEM;
	if (e->present)
		return -EEXIST;
	*e = (struct small_entry){ true, write, mfn };
	return 0;
}

/* The entry that maps mfn by 4K at gfn, or NULL. */
static struct small_entry *mapped(struct small_cpu *cur, struct small_dom *d, uint64_t gfn,
				  uint64_t mfn, unsigned order)
{
	struct small_entry *e = entry(cur, d, gfn);

	return !order && e && e->present && e->mfn == mfn ? e : NULL;
}

int gv3_as_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order)
{
	struct small_entry *e;

	small_step(cur, "as_clear");
	e = mapped(cur, mapper, gfn, mfn, order);
	if (!e)
		return -EILSEQ;
	e->present = false;
	return 0;
}

int gv3_as_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order,
		 uint64_t to, bool write)
{
	struct small_entry *e;

	small_step(cur, "as_point");
	e = mapped(cur, mapper, gfn, mfn, order);
	if (!e)
		return -EILSEQ;
	*e = (struct small_entry){ true, write, to };
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
	l->held = true;
	cur->held |= 1u << level;
}

void gv3_unlock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
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

/* All entries are small here. */
int gv3_as_reserve(gv3_cpu *cur, gv3_dom *mapper, int n)
{
	(void)mapper;
	small_step(cur, "as_reserve");
	return n > 0 ? -ENOMEM : 0;
}
