/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A side: one domain of a machine of the xen target, with what the suite does in it. There are two
 * kinds: this Linux domain, by the module gnb_guest (side_here.c), and a domain of our own, by
 * the channel (side_guest.c). A machine has one side for both roles, or one for each.
 *
 * Errors are -errno. vCPUs of a side may be used by different threads at once, one thread per vCPU
 * at a time; everything else is for one thread at a time.
 */
#ifndef GNB_XEN_SIDE_H
#define GNB_XEN_SIDE_H

#include <gnb/target.h>

#include "gnb_domain.h"

/* Kinds of a side's RAM: what it grants, what it copies to as a mapper, and the nodes of its trees. */
enum gnb_xen_region { GNB_XEN_RAM, GNB_XEN_OWN, GNB_XEN_NODES, GNB_XEN_REGIONS };

struct gnb_xen_side_ops;
struct gnb_xen_tools;

struct gnb_vcpu {
	struct gnb_xen_side *side;
	int cpu; /* of this Linux, where the side is that: ran on last, or -1 */
	uint64_t
		ticks; /* of the time-stamp counter, in hypercalls; with a toolstack, in accesses, too */
	uint64_t calls; /* hypercalls */
} __attribute__((aligned(128)));

struct gnb_xen_side {
	const struct gnb_xen_side_ops *ops;
	uint16_t domid;
	bool translated; /* leaves its domain by an instruction that the emulated processor does not decode for Xen */
	unsigned vcpus;
	struct gnb_vcpu *vcpu;
	const struct gnb_xen_tools
		*tools; /* of a domain whose pages it logs and moves; NULL: none */
};

/* What a side is to have. */
struct gnb_xen_want {
	const struct gnb_version *version; /* of its table; of no meaning without frames */
	enum gnb_domain_type type;	   /* of a domain of our own */
	unsigned pages[GNB_XEN_REGIONS];   /* RAM */
	unsigned frames;		   /* of its grant table, at first; 0: it grants nothing */
	bool cold;			   /* it grants, and its table has none at first */
	unsigned max_frames;		   /* 0: Xen's default; a domain of our own only */
	unsigned max_maptrack;		   /* frames of handles; the same */
	unsigned slots;			   /* to map grants at */
	bool unseen; /* its RAM is not mapped here: it may be moved, and given up */
};

/* As the hooks of struct gnb_target of the same names, for one domain. */
struct gnb_xen_side_ops {
	/* Adds what passed right around the hypercall to v->ticks. */
	long (*hypercall)(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count);
	void *(*args_alloc)(struct gnb_xen_side *s, size_t bytes);
	uint64_t (*args_address)(struct gnb_xen_side *s, const void *p);
	uint64_t (*frame)(struct gnb_xen_side *s, enum gnb_xen_region r, unsigned i);
	void *(*ram)(struct gnb_xen_side *s, enum gnb_xen_region r, unsigned i);
	void *(*grant_frame)(struct gnb_xen_side *s, unsigned i, bool status);
	int (*grow)(struct gnb_xen_side *s, unsigned nr);
	uint64_t (*map_addr)(struct gnb_xen_side *s, unsigned i);
	int (*touch)(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		     bool write);
	/* NULL: its events are not ours to take. */
	uint64_t (*take_events)(struct gnb_xen_side *s);
	/* Frames that the table has now, shared and status ones. */
	unsigned (*frames)(struct gnb_xen_side *s);
	/* Is something mapped, or an entry in use? 0, or -EBUSY with the first leak in why[len]. */
	int (*check)(struct gnb_xen_side *s, char *why, size_t len);
	/* End it. 0, or -EBUSY with the reason in why[len]: something of it stays. It is gone for
	 * the caller in both cases. */
	int (*close)(struct gnb_xen_side *s, char *why, size_t len);
};

/* vCPUs of a side; for those who make one. -ENOMEM. Undo with free(s->vcpu). */
int gnb_xen_side_vcpus(struct gnb_xen_side *s, unsigned n);

/* Is the entry of a reference mapped by somebody? table and status as the domain's frames. */
bool gnb_xen_entry_mapped(const void *table, const void *status, unsigned ref);

#endif
