/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The granter's side of a tree of version 3 (docs/grant-v3.md): nodes in its own memory, the tree's registration, and
 * what it may ask of the hypervisor. gnb/grant.h is what benchmarks use; this stands behind it.
 *
 * Locking: one writer per reference; the hypercalls by the granter's first vCPU, by one thread at a time.
 */
#ifndef GNB_GRANT_TREE_H
#define GNB_GRANT_TREE_H

#include <errno.h>

#include <gnb/target.h>
#include <grant_v3.h>

#define GNB_TREE_LEVELS 2 /* of a tree, where nothing else is asked for: it holds 2^18 references */

struct gnb_tree {
	const struct gnb_target *t;
	struct gnb_vcpu *v;
	grant_v3_tree_t id;
	unsigned levels, max_maps, terms;
	uint64_t refs;		 /* that its nodes have room for */
	grant_v3_entry_t **leaf; /* nodes of level 0, one for each 512 references */
	grant_v3_entry_t **upper[GNTV3_MAX_LEVELS]; /* those of the levels above; [0] is not used */
	uint64_t *frame[GNTV3_MAX_LEVELS];	    /* of each node */
	const uint8_t
		*status; /* a byte for each group of 1 << order references; NULL: not set up */
	unsigned order;
	uint64_t *notice; /* a bit for each group, set when it is let go of; NULL: not set up */
	struct gnttab_v3_register *reg;
	struct gnttab_v3_query *query;
	struct gnttab_v3_revoke *revoke;
};

/*
 * The full barrier that docs/grant-v3.md wants of a granter: a locked instruction, as Linux' virt_mb() is, which is what a
 * kernel has between itself and a hypervisor. (Version 2's is another, gnb/grant.h: that of the code that there is.)
 */
static inline void gnb_full_barrier(void)
{
	__asm__ volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc");
}

/* Pages that the nodes of a tree for so many references take. levels: at least; a tree has as many as it needs. */
unsigned gnb_tree_nodes(uint64_t refs, unsigned levels);

/* Of these, those of level first and above. */
unsigned gnb_tree_nodes_from(uint64_t refs, unsigned first, unsigned levels);

/*
 * Make and register a tree for the mapper of the machine, with nodes for refs references, of the machine's node pages
 * from the first-th on; max_maps: mappings of a page that its mapper may always have, 0 for what is usual; terms: flags of
 * its registration. 0 or -errno. gnb_tree_fini() gives back what is the harness's; the tree ends with the machine.
 */
int gnb_tree_init(struct gnb_tree *tr, const struct gnb_target *t, struct gnb_machine *m,
		  unsigned first, uint64_t refs, unsigned levels, unsigned max_maps,
		  unsigned terms);
void gnb_tree_fini(struct gnb_tree *tr);

/* The two halves of it: memory for so many references, and no node yet; a root is there, of as many levels as it says. */
int gnb_tree_begin(struct gnb_tree *tr, const struct gnb_target *t, struct gnb_machine *m,
		   uint64_t refs);
int gnb_tree_register(struct gnb_tree *tr, struct gnb_machine *m, uint64_t root);

/* Have the hypervisor say in a page, the node page i, which references are mapped: in groups as small as it has room for. */
int gnb_tree_watch(struct gnb_tree *tr, struct gnb_machine *m, unsigned i);

/*
 * The same, and in the node page after it which groups are let go of, told by an event at the granter's GNB_EVENT_PORT
 * when a word of it gets its first bit; and take what such a word says: a bit for each of its 64 groups.
 */
int gnb_tree_notify(struct gnb_tree *tr, struct gnb_machine *m, unsigned i);

static inline uint64_t gnb_tree_take_notices(const struct gnb_tree *tr, uint64_t word)
{
	return __atomic_exchange_n(tr->notice + word, 0, __ATOMIC_SEQ_CST);
}

/* The entry of a reference below refs. */
static inline grant_v3_entry_t *gnb_tree_entry(const struct gnb_tree *tr, uint64_t ref)
{
	return tr->leaf[ref / GNTV3_ENTRIES] + ref % GNTV3_ENTRIES;
}

/* The entry of such a level for a reference; 1 << 9 * level references lie under it. */
static inline grant_v3_entry_t *gnb_tree_slot(const struct gnb_tree *tr, uint64_t ref,
					      unsigned level)
{
	uint64_t slot = ref >> GNTV3_LEVEL_BITS * level;
	grant_v3_entry_t *const *node = level ? tr->upper[level] : tr->leaf;

	return node[slot / GNTV3_ENTRIES] + slot % GNTV3_ENTRIES;
}

/*
 * In the place of the leaf of that level over a reference: a node of leaves that grant the same, and again down to
 * level 0; and back. The second asks the hypervisor to forget the nodes, and grants nothing yet. 0 or -errno.
 */
void gnb_tree_split(const struct gnb_tree *tr, uint64_t ref, unsigned level);
int gnb_tree_unlink(const struct gnb_tree *tr, uint64_t ref, unsigned level);

/* How many mappings a reference has, by a hypercall. -errno. */
int gnb_tree_maps(const struct gnb_tree *tr, uint64_t ref);

/*
 * Room for n requests of one hypercall to take back; and that hypercall for n references, one request for neighbours:
 * 0; -EBUSY: a mapper had not agreed, and keeps one; -errno.
 */
int gnb_tree_revokes(struct gnb_tree *tr, struct gnb_machine *m, unsigned n);
int gnb_tree_revoke_list(const struct gnb_tree *tr, const uint32_t *ref, unsigned n);

/* Take back count references from ref on. 0; -EBUSY: a mapper had not agreed, and keeps one; -errno. */
int gnb_tree_revoke(const struct gnb_tree *tr, uint64_t ref, uint64_t count);

#endif
