/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 3 (proposed): the interface between guests and the hypervisor.
 *
 * An addition to versions 1 and 2, which stay as they are. A granter keeps a tree of nodes for each domain that it lends
 * memory to (its grantee, called the mapper when it maps). A node is a page of the granter's RAM. docs/grant-v3.md has
 * the whole: what is checked in which order, who pays, what is promised.
 *
 * All structures have the same layout for 32-bit and 64-bit callers: every field is naturally aligned and padding is
 * written out. Padding and unknown flags must be zero. Each operation takes a list of its structures and sets a status
 * in each (GNTST_*); the hypercall itself fails only if the list cannot be read or written.
 */
#ifndef XEN_PUBLIC_GRANT_V3_H
#define XEN_PUBLIC_GRANT_V3_H

#include <stdint.h>

/* ---- operations of HYPERVISOR_grant_table_op ---- */

#define GNTTABOP_v3_register	 16
#define GNTTABOP_v3_unregister	 17
#define GNTTABOP_v3_set_root	 18
#define GNTTABOP_v3_map		 19
#define GNTTABOP_v3_unmap	 20
#define GNTTABOP_v3_revoke	 21
#define GNTTABOP_v3_protect	 22
#define GNTTABOP_v3_copy	 23
#define GNTTABOP_v3_query	 24
#define GNTTABOP_v3_invalidate	 25
#define GNTTABOP_v3_notify_setup 26
#define GNTTABOP_v3_bind	 27
#define GNTTABOP_v3_ack		 28

/* ---- entries: what a granter writes into its nodes, and the hypervisor only reads ---- */

/*
 * 64 bits, written by one store of 64 bits, or as docs/grant-v3.md has it for 32-bit guests:
 *
 *    63      52 51                         12 11       7 6      3 2   1   0
 *   +----------+-----------------------------+----------+--------+---+-----+
 *   |  zero    |  frame number               | granter's|  zero  | R | type|
 *   +----------+-----------------------------+----------+--------+---+-----+
 *
 * The frame is a GFN, of a PV granter an MFN. An entry of type 0 grants nothing, and its other 62 bits are the
 * granter's own.
 */
#define GNTV3_NOTHING	 0ull
#define GNTV3_TABLE	 1ull /* the frame is a node of the level below */
#define GNTV3_LEAF	 2ull /* the frame is granted: 4K at level 0, 2M at level 1, 1G at level 2 */
#define GNTV3_TYPE	 3ull
#define GNTV3_READONLY	 4ull		       /* of a leaf: it can be mapped for reading only */
#define GNTV3_OWN	 0x0000000000000f80ull /* not looked at by the hypervisor */
#define GNTV3_FRAME	 0x000ffffffffff000ull
#define GNTV3_ZERO	 0xfff0000000000078ull
#define GNTV3_PAGE_SHIFT 12

/* A node has 512 entries, and a tree 1 to 4 levels of nodes. A reference is the number of a page in a tree. */
#define GNTV3_LEVEL_BITS 9
#define GNTV3_ENTRIES	 (1u << GNTV3_LEVEL_BITS)
#define GNTV3_MAX_LEVELS 4
#define GNTV3_MAX_REF	 (1ull << (GNTV3_LEVEL_BITS * GNTV3_MAX_LEVELS))

typedef uint64_t grant_v3_entry_t;

/* A tree as the hypervisor names it. Never 0; not given again while anybody may still mean the old one. */
typedef uint32_t grant_v3_tree_t;

/* A mapping as the hypervisor names it, within its tree. */
typedef uint32_t grant_v3_handle_t;
#define GNTV3_NO_HANDLE 0u

/* ---- granter: trees ---- */

#define GNTV3_REVOCABLE_ONLY 0x0001u /* nobody may map who accepts no outcome of a revocation */
#define GNTV3_TRANSLATED_ONLY                                                                      \
	0x0002u /* no PV domain may map: it can hide where it has a page from nobody but itself */
#define GNTV3_REBINDABLE 0x0004u /* the toolstack may give the tree to another grantee (v3_bind) */

/*
 * Register a tree for domain dom, which may be the caller itself. Nothing is pinned: nodes are looked at when a
 * reference is mapped.
 * GNTST_bad_domain; GNTST_general_error: flags, levels; GNTST_bad_page: root is no page of the caller's RAM;
 * GNTST_no_space: the caller has as many trees as it may, or memory is out.
 */
struct gnttab_v3_register {
	/* IN */
	uint16_t dom;
	uint16_t flags;
	uint8_t levels;	  /* 1..GNTV3_MAX_LEVELS */
	uint8_t max_maps; /* 1..127 mappings of one page that its grantee may always have; 0: 2 */
	uint16_t pad;
	uint64_t root; /* frame of the root node */
	/* OUT */
	grant_v3_tree_t tree;
	int16_t status;
	uint16_t pad_out;
};

/*
 * Revoke everything that is mapped by the tree, and forget it. What its grantee still has to unmap (mappings that it
 * did not allow to be revoked, and what came into the place of others) it can unmap by the old name.
 * GNTST_bad_gntref: no such tree of the caller.
 */
struct gnttab_v3_unregister {
	/* IN */
	grant_v3_tree_t tree;
	uint16_t pad;
	/* OUT */
	int16_t status;
};

/*
 * Another root, as when a tree grows at the top: the old root is then entry 0 of the new one, and every reference
 * stays what it was. Live mappings do not notice. GNTST_bad_gntref; GNTST_general_error: fewer levels than before, or
 * more than there can be; GNTST_bad_page.
 */
struct gnttab_v3_set_root {
	/* IN */
	uint64_t root;
	grant_v3_tree_t tree;
	uint8_t levels;
	uint8_t pad;
	/* OUT */
	int16_t status;
};

/* ---- mapper ---- */

#define GNTV3_MAP_READONLY 0x0001u
#define GNTV3_MAP_HOST                                                                             \
	0x0002u /* for the CPU, at addr; and for the IOMMU where the domain has one */
#define GNTV3_MAP_DEVICE                                                                           \
	0x0004u /* PV with an IOMMU: for a device, by machine address; alone: addr is 0 */
#define GNTV3_MAP_PTE                                                                              \
	0x0008u /* PV: addr is the machine address of a page-table entry; one page only */
/* What the mapper survives in the place of a page that is revoked. None: the mapping cannot be revoked. */
#define GNTV3_ACCEPT_HOLE     0x0010u /* nothing: an access faults */
#define GNTV3_ACCEPT_SINK     0x0020u /* a page of the mapper's own, one for each tree, zero at first */
#define GNTV3_ACCEPT_READONLY 0x0040u /* v3_protect may take the right to write away */
/* Larger entries than 4K where leaves, addresses and frames allow them: revoking a part may then take all of one. */
#define GNTV3_ACCEPT_2M 0x0080u
#define GNTV3_ACCEPT_1G 0x0100u
#define GNTV3_RESERVE                                                                              \
	0x0200u /* pay now for what a revocation of a part needs, so that only the part goes */
#define GNTV3_MAX_COUNT (1u << 18) /* pages of one request: 1 GiB */

/*
 * Map references ref to ref + count - 1 of a tree of domain dom at addr. It goes from the first to the last and stops
 * at the first that cannot be mapped: done says how many are, by handle, whatever the status. done must be 0 and
 * handle GNTV3_NO_HANDLE when the guest makes the call; the hypervisor keeps in them how far it came.
 * GNTST_general_error: flags, count; GNTST_bad_domain; GNTST_bad_gntref: no such tree for the caller, or the entry is
 * none that grants; GNTST_permission_denied: a read-only leaf to be written, or terms of the tree that the caller does
 * not accept; GNTST_bad_virt_addr: addr, or something is mapped there; GNTST_bad_page: the frame is no RAM of the
 * granter; GNTST_no_space: more mappings of a page than allowed, or memory; GNTST_no_device_space: the IOMMU;
 * GNTST_eagain: the granter has blocked the reference, or the tree waits for its v3_ack.
 */
struct gnttab_v3_map {
	/* IN */
	uint64_t ref;
	uint64_t addr;
	grant_v3_tree_t tree;
	uint32_t count;
	uint16_t dom;
	uint16_t flags;
	/* IN and OUT */
	uint32_t done;
	grant_v3_handle_t handle;
	/* OUT */
	uint16_t large; /* entries above 4K that were made */
	int16_t status;
	uint64_t dev_bus_addr; /* machine address of the first page */
};

/*
 * Take a mapping away, all of it. It is gone, and its TLBs are clean, when the call returns.
 * GNTST_bad_domain, GNTST_bad_gntref, GNTST_bad_handle. GNTST_general_error: the caller (PV) has put something else
 * into its place; nothing has changed then.
 */
struct gnttab_v3_unmap {
	/* IN */
	grant_v3_tree_t tree;
	grant_v3_handle_t handle;
	uint16_t dom;
	uint16_t pad;
	/* IN and OUT: the guest writes 0 */
	uint16_t revoked; /* 1: the granter had revoked all or a part of it */
	/* OUT */
	int16_t status;
};

/* ---- granter: taking back ---- */

#define GNTV3_REVOKE_CHECK   0x0001u /* refuse if an entry of the range still grants something */
#define GNTV3_REVOKE_BLOCK   0x0002u /* and nobody maps the range until it is unblocked */
#define GNTV3_REVOKE_UNBLOCK 0x0004u /* end a block of just this range; nothing is revoked */

/* How a mapping in the range fared, in outcomes. */
#define GNTV3_GOT_HOLE 0x0001u
#define GNTV3_GOT_SINK 0x0002u
#define GNTV3_GOT_MORE 0x0004u /* a large entry went as a whole: more than the range */
/* Its mapper did not accept any outcome, and it stays mapped; or (PV) has changed the entry, and may have it elsewhere. */
#define GNTV3_GOT_KEPT 0x0008u

/*
 * Take back references ref to ref + count - 1: when the status is GNTST_okay and GNTV3_GOT_KEPT is not among the
 * outcomes, nothing that was mapped by them can be read or written any more, by CPU or device; and if their entries
 * had been cleared before, nothing will be. A range is taken back in pieces, each at once: done says how far it came,
 * and must be 0 when the guest makes the call.
 * GNTST_bad_gntref: the tree, or the range; GNTST_general_error: flags; GNTST_eagain: with GNTV3_REVOKE_CHECK, the
 * entry of ref + done is not clear; GNTST_no_space: as many blocks as a tree can have.
 */
struct gnttab_v3_revoke {
	/* IN */
	uint64_t ref;
	uint64_t count;
	/* IN and OUT */
	uint64_t done;
	/* IN */
	grant_v3_tree_t tree;
	uint16_t flags;
	uint16_t pad;
	/* IN and OUT: the guest writes 0 */
	uint32_t pages; /* taken away, every mapping of a page counted */
	uint16_t outcomes;
	/* OUT */
	int16_t status;
};

/* Take the right to write away from what is mapped of the range, where its mapper accepts that; or give it back. */
#define GNTV3_PROTECT_WRITE 0x0001u /* give it back, as far as mapping and entry had it */

struct gnttab_v3_protect {
	/* IN */
	uint64_t ref;
	uint64_t count;
	/* IN and OUT */
	uint64_t done;
	/* IN */
	grant_v3_tree_t tree;
	uint16_t flags;
	uint16_t pad;
	/* IN and OUT: the guest writes 0 */
	uint32_t pages;
	uint16_t outcomes; /* GNTV3_GOT_KEPT, GNTV3_GOT_MORE */
	/* OUT */
	int16_t status;
};

/* ---- either ---- */

/*
 * What is known of a reference. The granter asks of its own tree (dom is DOMID_SELF): is anything mapped by it? The
 * mapper asks of what it has mapped: by which entries?
 * GNTST_bad_domain, GNTST_bad_gntref.
 */
struct gnttab_v3_query {
	/* IN */
	uint64_t ref;
	grant_v3_tree_t tree;
	uint16_t dom;
	/* OUT */
	uint16_t maps;	/* mappings of the page, those that are on their way out included */
	uint8_t order;	/* 0, 9 or 18: the largest entry by which it is mapped */
	uint8_t writes; /* 1: a mapping can write */
	int16_t status;
	uint32_t pad;
};

/* ---- copy ---- */

#define GNTV3_COPY_SOURCE 0x0001u /* the source is a reference */
#define GNTV3_COPY_DEST	  0x0002u /* the destination is a reference */

struct gnttab_v3_copy_end {
	uint64_t where; /* a reference, or a frame of the caller */
	grant_v3_tree_t tree;
	uint16_t dom;
	uint16_t offset;
};

/*
 * Copy len bytes within one page on either side, as GNTTABOP_copy does. A reference is one of a tree whose grantee is the
 * caller, of another domain or (DOMID_SELF) its own; a frame is of the caller's RAM: dom is DOMID_SELF, tree is 0. The
 * target of the bytes is written: its leaf must not be read-only.
 * GNTST_general_error: flags, or a frame that names a tree; GNTST_permission_denied: a frame of another domain's, or a
 * read-only leaf to be written; GNTST_bad_copy_arg: beyond the end of a page; GNTST_bad_domain; GNTST_bad_gntref: no
 * such tree for the caller, or the entry is none that grants; GNTST_eagain: the granter has blocked the reference;
 * GNTST_bad_page: the frame is no RAM of its domain, or cannot be written.
 */
struct gnttab_v3_copy {
	/* IN */
	struct gnttab_v3_copy_end source, dest;
	uint16_t len;
	uint16_t flags;
	/* OUT */
	int16_t status;
	uint16_t pad;
};

/* ---- what the granter is told, and what the toolstack does ---- */

/*
 * Forget what is kept of interior nodes of the range: to be called when a node was unlinked and before its page is
 * used for anything else, if nothing of its range is revoked. GNTST_bad_gntref.
 */
struct gnttab_v3_invalidate {
	/* IN */
	uint64_t ref;
	uint64_t count;
	grant_v3_tree_t tree;
	uint16_t pad;
	/* OUT */
	int16_t status;
};

/*
 * Pages in which the hypervisor says what goes on in the tree; 0: none. Both 0, with first and port: no more of it. A
 * group is 1 << order references, from first on: 4,096 of them if there is a status page, else 32,768. The status page
 * has a byte for each group: not 0 while anything of it is mapped or copied. The notice page has a bit for each, in words
 * of 64 bits, set when that is over; an event is sent by port when a word that was 0 gets a bit. Both pages are zeroed,
 * and held until this is changed or ended, or the tree ends. What is mapped already is in the status page when the call
 * returns.
 * To end a grant: clear the entry, full barrier, read the byte. 0: nothing is mapped, and nothing will be.
 * GNTST_bad_gntref: the tree, or first; GNTST_bad_page: no RAM of the caller's; GNTST_general_error: order, first, port;
 * GNTST_no_space: memory. What was set up before stands then.
 */
struct gnttab_v3_notify_setup {
	/* IN */
	uint64_t status_frame;
	uint64_t notice_frame;
	uint64_t first; /* reference of the first group, a multiple of 1 << order */
	grant_v3_tree_t tree;
	uint32_t port; /* an event channel of the caller's, with a notice page; else 0 */
	uint8_t order; /* 0..9 */
	uint8_t pad[5];
	/* OUT */
	int16_t status;
};

/*
 * Toolstack: the tree of granter dom goes to grantee `to`. Revokes what lives, and then waits for the granter's
 * v3_ack: until then nothing can be mapped. GNTST_permission_denied: the caller may not, or the tree is not
 * rebindable; GNTST_bad_domain, GNTST_bad_gntref; GNTST_eagain: a mapping could not be revoked.
 */
struct gnttab_v3_bind {
	/* IN */
	grant_v3_tree_t tree;
	uint16_t dom;
	uint16_t to;
	uint16_t pad;
	/* OUT */
	int16_t status;
};

struct gnttab_v3_ack {
	/* IN */
	grant_v3_tree_t tree;
	uint16_t dom; /* the grantee that the granter agrees to */
	/* OUT */
	int16_t status;
};

#endif
