/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small host: what the core wants of it for PV mappers. The address space of a PV domain is its page tables; the
 * entry for page number n has the machine address TABLES + n * 8.
 */
#include "small.h"

#define TABLES 0x100000000ull

static struct small_entry *entry(struct small_cpu *cur, struct small_dom *d, uint64_t at)
{
	if (!(cur->held & 16))
		small_violation(cur->s, "an entry is looked at whose page is not locked");
	return &d->p2m[(at - TABLES) / 8];
}

int gv3_pv_lock(gv3_cpu *cur, gv3_dom *mapper, uint64_t addr, bool linear, uint64_t *at)
{
	uint64_t n = linear ? addr >> GNTV3_PAGE_SHIFT : (addr - TABLES) / 8;

	small_step(cur, "pv_lock");
	if (linear && mapper != cur->d)
		small_violation(cur->s, "a linear address of a domain that does not run");
	if ((!linear && addr < TABLES) || n < SMALL_RAM || n >= SMALL_GFNS)
		return -EINVAL;
	while (mapper->table_held) {
		if (!cur->s->wait) {
			small_violation(cur->s, "a page table is locked twice");
			return -EINVAL;
		}
		cur->s->wait(cur->s, cur);
	}
	mapper->table_held = true;
	cur->held |= 16;
	*at = TABLES + n * 8;
	return 0;
}

void gv3_pv_unlock(gv3_cpu *cur, gv3_dom *mapper, uint64_t at)
{
	(void)at;
	mapper->table_held = false;
	cur->held &= ~16u;
	small_step(cur, "pv_unlock");
}

int gv3_pv_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t at, uint64_t mfn, bool write)
{
	struct small_entry *e = entry(cur, mapper, at);

	small_step(cur, "pv_map");
	if (e->present || small_fails(cur))
		return -EEXIST;
	*e = (struct small_entry){ .present = true, .write = write, .mfn = mfn };
	return 0;
}

bool gv3_pv_is(gv3_cpu *cur, gv3_dom *mapper, uint64_t at, uint64_t mfn, bool write)
{
	const struct small_entry *e = entry(cur, mapper, at);

	return e->present && e->mfn == mfn && e->write == write;
}

int gv3_pv_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t at, uint64_t mfn, bool write)
{
	small_step(cur, "pv_clear");
	if (!gv3_pv_is(cur, mapper, at, mfn, write))
		return -EILSEQ;
	entry(cur, mapper, at)->present = false;
	return 0;
}

int gv3_pv_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t at, uint64_t mfn, bool was, uint64_t to,
		 bool write)
{
	small_step(cur, "pv_point");
	if (!gv3_pv_is(cur, mapper, at, mfn, was))
		return -EILSEQ;
	*entry(cur, mapper, at) =
		(struct small_entry){ .present = true, .write = write, .mfn = to };
	return 0;
}

int gv3_pv_sink(gv3_cpu *cur, gv3_dom *mapper, uint64_t *mfn)
{
	struct small *s = cur->s;
	uint64_t i = SMALL_DOMS * SMALL_RAM;

	small_step(cur, "pv_sink");
	if (s->no_alloc)
		small_violation(s, "memory is allocated where none may be");
	while (i < SMALL_FRAMES && s->frame[i].refs)
		i++;
	if (i == SMALL_FRAMES || small_fails(cur) ||
	    (mapper->limit && mapper->bytes + 4096 > mapper->limit))
		return -ENOMEM;
	mapper->bytes += 4096;
	memset(s->word[i], 0, sizeof(s->word[i]));
	s->frame[i].owner = mapper->id;
	s->frame[i].refs = 1;
	s->frame[i].sink = true;
	*mfn = i;
	return 0;
}

void gv3_pv_sink_free(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn)
{
	small_step(cur, "pv_sink_free");
	mapper->bytes -= 4096;
	small_frame(cur->s, mfn)->sink = false;
	small_drop(cur->s, mfn);
	if (!small_frame(cur->s, mfn)->refs)
		small_freed(cur->s, mfn);
}

int gv3_run_more(gv3_cpu *cur, gv3_dom *owner, uint64_t mfn, bool write)
{
	small_step(cur, "run_more");
	if (!small_take(cur->s, owner, mfn))
		return -EINVAL;
	small_frame(cur->s, mfn)->writers += write;
	return 0;
}

int gv3_dev_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn, bool write)
{
	small_step(cur, "dev_map");
	if (cur->held & 16)
		small_violation(cur->s, "a device's tables are changed with a page table locked");
	if (!mapper->dev[mfn][0] && !mapper->dev[mfn][1] && small_fails(cur))
		return -ENOSPC;
	mapper->dev[mfn][write]++;
	return 0;
}

void gv3_dev_unmap(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn, bool write)
{
	small_step(cur, "dev_unmap");
	if (cur->held & 16)
		small_violation(cur->s, "a device's tables are changed with a page table locked");
	if (!mapper->dev[mfn][write]--)
		small_violation(cur->s, "a device loses what it had not");
}
