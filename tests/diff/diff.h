/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differential conformance: the same operations on two hypervisors, every visible result compared.
 *
 * An operation names things in the abstract (domain 0, page 3, slot 7, the handle that operation 12
 * returned), so that the same list means the same on any machine. A sub-stream is a list that
 * begins with fresh domains. The executor makes hypercalls of a list through a backend and writes
 * one line per operation: the operation, " -> ", what came back with machine-dependent numbers
 * renamed. Lines of two backends are equal or there is a difference. The part before " -> " can be
 * read back: a trace is also a list to replay.
 */
#ifndef DIFF_H
#define DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DIFF_DOMS  2
#define DIFF_PAGES 16 /* RAM pages of a domain that operations name */
#define DIFF_SLOTS                                                                                 \
	320 /* places of a domain to map at; more than a page of maptrack has handles              \
	     */
#define DIFF_ROOM                                                                                  \
	2048 /* of which version 3 uses more, and of a domain without it there are no more to use */
#define DIFF_BLOCK 512 /* version 3: pages side by side, to be granted by one leaf */
#define DIFF_DATA  8   /* version 3: of the named pages those that are no nodes */
#define DIFF_WINDOW                                                                                \
	24 /* translated: GFNs for grant frames (0..) and status frames (DIFF_WIN_STATUS..) */
#define DIFF_WIN_STATUS 16
#define DIFF_GRANT_FRAMES                                                                          \
	10		    /* max_grant_frames of the domains: two status frames with version 2   \
			     */
#define DIFF_MAPTRACK 1	    /* max_maptrack_frames: 256 handles, so that they run out */
#define DIFF_ITEMS    96    /* structures in one hypercall */
#define DIFF_LIST     4096u /* where lists begin in a domain's argument memory */
#define DIFF_ARGS     8192u /* bytes of argument memory */
#define DIFF_HOLE     0xffff00u /* a frame number that is no RAM on either side */
#define DIFF_NO_DOMID 0x7fe0u
#define DIFF_LINE     16384u

/* ---- what is run ---- */

struct diff_config {
	bool translated[DIFF_DOMS];
	unsigned
		version; /* of both tables at the start; either may change it. 3: trees, and tables of version 1 */
	bool cache;    /* version 3: walks remember nodes */
	bool tools;    /* dom0 logs and moves the domains' pages: both are translated */
	unsigned doms; /* 1: every grant is to oneself */
};

/* How values are written: see diff_value_print(). */
enum diff_vtype {
	DIFF_V_NUM,    /* 17, 0x11 */
	DIFF_V_DOM,    /* d0, d1, self, io, xen, cow, invalid, idle, none, dom0 */
	DIFF_V_PAGE,   /* p0.3: the frame that domain 0 calls its page 3 */
	DIFF_V_GFRAME, /* g0.1: grant frame 1 of domain 0 */
	DIFF_V_SFRAME, /* s0.0: status frame */
	DIFF_V_SLOT,   /* m0.7: the GFN of its slot 7 */
	DIFF_V_WINDOW, /* w0.2: the GFN of its window for grant frames */
	DIFF_V_ADDR,   /* a7: address of the caller's slot 7 */
	DIFF_V_PTE,    /* t7: machine address of its page-table entry */
	DIFF_V_RAM,    /* r3: address of the caller's page 3 (translated) */
	DIFF_V_HANDLE, /* h12.3: what structure 3 of operation 12 returned */
	DIFF_V_BUS,    /* b12.3: the bus address it returned */
	DIFF_V_BLOCK,  /* k0.7: page 7 of domain 0's pages side by side */
	DIFF_V_TREE,   /* y12.3: the tree that structure 3 of operation 12 registered */
	DIFF_V_MAPPED, /* v12.3: the handle of version 3 that it returned */
	DIFF_V_PORT,   /* e0: an event channel of the caller's */
	DIFF_VTYPES
};

enum diff_domname {
	DIFF_D0,
	DIFF_D1,
	DIFF_SELF,
	DIFF_IO,
	DIFF_XEN,
	DIFF_COW,
	DIFF_INVALID,
	DIFF_IDLE,
	DIFF_NONE,
	DIFF_DOM0,
	DIFF_DOMNAMES
};

/* All but numbers may be written with an offset: a7+0x8. */
struct diff_value {
	uint8_t type, dom;
	uint32_t a, b;
	uint64_t n; /* a number, or the offset */
};

#define DIFF_FIELDS 10

/* X(name, fields in order: those of the hypercall's structure, or of what the guest does itself) */
#define DIFF_OPS(X)                                                                                \
	X(map, "addr flags ref dom")                                                               \
	X(unmap, "addr dev handle")                                                                \
	X(replace, "addr new handle")                                                              \
	X(copy, "src sdom soff dst ddom doff len flags")                                           \
	X(transfer, "frame dom ref")                                                               \
	X(swap, "a b")                                                                             \
	X(setup, "dom nr list") /* list 0: valid, 1: null */                                       \
	X(query, "dom")                                                                            \
	X(setver, "version")                                                                       \
	X(getver, "dom")                                                                           \
	X(getstatus, "dom nr list")                                                                \
	X(raw, "cmd count ptr")	      /* zeroed structures; ptr 0: valid, 1: null */               \
	X(physmap, "space idx frame") /* XENMEM_add_to_physmap */                                  \
	X(decrease, "frame")	      /* XENMEM_decrease_reservation */                            \
	X(populate, "page")	      /* XENMEM_populate_physmap, then the page is filled */       \
	/* The granter writes an entry: frame, domain, then flags. */                              \
	X(entry, "ref flags dom frame off len")                                                    \
	X(trans, "ref flags dom tdom tref") /* the same, a transitive one (version 2) */           \
	X(flags, "ref flags")		    /* only the flags */                                   \
	X(status, "ref status")		    /* version 2: the granter writes the status word */    \
	X(look, "ref")			    /* the entry as the granter sees it */                 \
	X(peek, "addr off")		    /* read through a mapping */                           \
	X(poke, "addr off value")	    /* write through it */                                 \
	X(fill, "page value")		    /* write a whole page of one's own */                  \
	X(kill, "")			    /* the toolstack ends the domain */                    \
	/* Version 3. */                                                                           \
	X(reg, "dom flags levels maps root")                                                       \
	X(unreg, "tree")                                                                           \
	X(root, "root tree levels")                                                                \
	X(v3map, "ref addr tree count dom flags done handle")                                      \
	X(v3unmap, "tree handle dom")                                                              \
	X(revoke, "ref count done tree flags")                                                     \
	X(protect, "ref count done tree flags")                                                    \
	X(v3copy, "src stree sdom soff dst dtree ddom doff len flags")                             \
	X(v3query, "ref tree dom")                                                                 \
	X(inval, "ref count tree")                                                                 \
	X(notify, "status notice first tree port order")                                           \
	X(bind, "tree dom to by") /* by 1: dom0 does it */                                         \
	X(ack, "tree dom")                                                                         \
	X(raw3, "cmd count ptr") /* ones for structures */                                         \
	/* The granter writes entries into a page: page number, first, how many, frame, step. */   \
	X(node, "page from count frame step bits")                                                 \
	X(own, "page off")    /* it reads a word of a page of its own */                           \
	X(scan, "addr count") /* the first words of what is mapped */                              \
	X(events, "")	      /* is the port pending? And then it is not */                        \
	/* With a toolstack: dom0 does it to the domain. */                                        \
	X(log, "op mode pages list") /* XEN_DOMCTL_shadow_op; list 1: no bitmap */                 \
	X(shift, "from to")	     /* pages moved, each with its status */                       \
	X(slide, "from to count")    /* the same of neighbours */                                  \
	X(give, "frame order")	     /* given up */                                                \
	X(have, "frame order")	     /* had again, and written to */

#define X(name, fields) DIFF_OP_##name,
enum diff_kind { DIFF_OPS(X) DIFF_KINDS };
#undef X

struct diff_out {
	int status;	 /* of the structure; DIFF_UNSET: not written */
	uint32_t handle; /* or the tree */
	uint32_t done;	 /* version 3 */
	uint64_t bus;
};
#define DIFF_UNSET 99

struct diff_op {
	enum diff_kind kind;
	unsigned id;  /* its number in the sub-stream it was made for; stays when others are dropped
		       */
	unsigned dom; /* who does it */
	unsigned n;   /* structures */
	struct diff_value *v; /* n times the kind's fields */
	/* what came back */
	long rc;
	bool crashed; /* the domain was crashed by it, or before */
	struct diff_out *out;
};

struct diff_list {
	struct diff_config cfg;
	uint64_t seed;
	unsigned number; /* of the sub-stream */
	struct diff_op *op;
	unsigned n, room;
};

/* ---- op.c ---- */

unsigned diff_fields(enum diff_kind kind);
const char *diff_kind_name(enum diff_kind kind);

static inline struct diff_value *diff_field(const struct diff_op *op, unsigned item, unsigned field)
{
	return &op->v[item * diff_fields(op->kind) + field];
}

/* Room for one more operation of n structures, zeroed, with the next id. Never fails: exits without
 * memory. */
struct diff_op *diff_list_add(struct diff_list *l, enum diff_kind kind, unsigned dom, unsigned n);
void diff_list_free(struct diff_list *l);
/* A copy of l with those operations for which keep[i] is set. */
void diff_list_filter(struct diff_list *to, const struct diff_list *l, const bool *keep);

/* ---- text.c ---- */

size_t diff_value_print(char *s, size_t len, struct diff_value v);
/* "12 d0 map a7 0x2 17 d1; a8 0x2 18 d1", without a newline. */
size_t diff_op_print(char *s, size_t len, const struct diff_op *op);
/* Add the operation that a line begins with. 0, or -EINVAL. */
int diff_op_parse(struct diff_list *l, const char *line);
/* "# substream 3 seed 1 version 2 guests pv,pv domains 2": printed and read back. */
size_t diff_head_print(char *s, size_t len, const struct diff_list *l);
int diff_head_parse(struct diff_list *l, const char *line);

/* ---- backends ---- */

/* A domain as the backend made it. */
struct diff_dom {
	uint16_t id;
	uint8_t *args;		   /* DIFF_ARGS bytes of its memory, writable by us between calls */
	uint64_t args_addr;	   /* the same for the domain: what goes into guest handles */
	uint64_t page[DIFF_PAGES]; /* frame numbers (MFN, or GFN if translated) */
	uint64_t slot_addr[DIFF_ROOM];
	uint64_t slot_pte[DIFF_ROOM]; /* PV; otherwise ~0 */
	uint64_t window;	      /* translated: first of DIFF_WINDOW unused GFNs */
	/* Version 3: */
	uint64_t
		block; /* first of DIFF_BLOCK frames side by side, in the machine too, and aligned */
	uint64_t *words; /* what is in them, as long as the domain lives */
	uint32_t port;	 /* by which the domain can be told something; nothing else uses it */
};

enum diff_call { DIFF_GNTTAB, DIFF_MEMORY, DIFF_DOMCTL };

/* A toolstack's memory for arguments: the operation, then lists, then a bitmap. */
#define DIFF_TOOLS_LIST	 4096u
#define DIFF_TOOLS_BITS	 8192u
#define DIFF_TOOLS_PAGES 8u
#define DIFF_NULL	 SIZE_MAX /* as an offset: a null pointer */

/*
 * A hypervisor. All functions but open() concern the domains of the last open(). The domains have
 * one vCPU, the configuration of struct diff_config, DIFF_GRANT_FRAMES and DIFF_MAPTRACK as limits,
 * versions 1 and 2 allowed, at least 8 pages of headroom, no privileges, version 1 and no entry in
 * use. Between operations a domain has no references of its own to its pages: a PV guest unmaps
 * what it has looked at. Translated: RAM that nobody uses at GFNs below 64, since a small number of
 * another kind may be taken for a frame.
 */
struct diff_backend {
	const char *name;
	/* Fresh domains. 0 or -errno; ids need not be the same each time. */
	int (*open)(struct diff_backend *b, const struct diff_config *cfg, struct diff_dom *dom);
	/* End all domains. 0, or -EUCLEAN with why: something was left. */
	int (*close)(struct diff_backend *b, char *why, size_t len);
	/*
	 * A hypercall by domain dom: HYPERVISOR_grant_table_op(cmd, args + off, count) or
	 * HYPERVISOR_memory_op(cmd, args + off). What it returns; -EIO if the domain is crashed or
	 * was by it.
	 */
	long (*call)(struct diff_backend *b, unsigned dom, enum diff_call call, unsigned cmd,
		     size_t off, unsigned count);
	/*
	 * The domain's own access to a frame that it owns or shares: RAM, grant and status frames.
	 * PV: -EFAULT if it is neither. Translated: what is not there reads as ones and takes
	 * writes. -EIO if the domain is crashed: another may have done that to it.
	 */
	int (*frame)(struct diff_backend *b, unsigned dom, uint64_t frame, unsigned off, void *buf,
		     unsigned len, bool write);
	/* The same by address through a mapping; PV: -EFAULT if it faults. */
	int (*touch)(struct diff_backend *b, unsigned dom, uint64_t addr, unsigned off, void *buf,
		     unsigned len, bool write);
	/*
	 * A mapping was overwritten: the domain forgets translations, as a guest does that changes
	 * its page tables. NULL: nothing to forget.
	 */
	void (*flush)(struct diff_backend *b, unsigned dom);
	/* The toolstack ends the domain; its mappings go, what others map of it stays until they
	 * let go. */
	void (*kill)(struct diff_backend *b, unsigned dom);
	/* Version 3: the first words of n pages, at most DIFF_BLOCK, from addr on; ones where nothing is. 0 or -EIO. */
	int (*scan)(struct diff_backend *b, unsigned dom, uint64_t addr, unsigned n,
		    uint64_t *word);
	/* One structure of GNTTABOP cmd by dom0. What it returns. */
	long (*toolstack)(struct diff_backend *b, unsigned cmd, void *arg, size_t len);
	/*
	 * With a toolstack: dom0's memory for arguments, DIFF_TOOLS_PAGES, writable by us, at which it names it itself,
	 * too; and a hypercall of dom0's on the operation at its begin, of HYPERVISOR_memory_op or HYPERVISOR_domctl.
	 */
	uint8_t *(*tools_args)(struct diff_backend *b);
	long (*tools)(struct diff_backend *b, enum diff_call call, unsigned cmd);
	/* Was the port pending? It is not any more. -ENOSYS: a PV domain's is not looked at. */
	int (*event)(struct diff_backend *b, unsigned dom);
	/* Invariants. 0, or -EUCLEAN with why. */
	int (*check)(struct diff_backend *b, char *why, size_t len); /* NULL: cannot say */
	void (*free)(struct diff_backend *b);
	void *priv;
};

/* hv, or with one of its deliberate defects in a build that has them (SAN=hvmutants). NULL without
 * memory. */
struct diff_backend *diff_backend_hv(int mutant);

/* A real Xen, from its dom0. NULL without memory. diff_xen_why(): what last went wrong, or "". */
struct diff_backend *diff_backend_xen(void);
const char *diff_xen_why(void);
/* What version 3 is limited to on either: few, so that it runs out. */
#define DIFF_V3_TREES 6
#define DIFF_V3_PAGES 48

#endif
