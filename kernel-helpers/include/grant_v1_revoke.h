/* SPDX-License-Identifier: MIT */
/*
 * Grant tables version 1 with an operation that takes a page back: what version 1 could have had without version 3
 * (docs/grant-v3.md, "Rivals"). An interface of this project's reference hypervisor; it is not in Xen.
 */
#ifndef GRANT_V1_REVOKE_H
#define GRANT_V1_REVOKE_H

#ifndef __XEN__
#include <stdint.h>
#endif

#define GNTTABOP_v1_revoke 40

/*
 * Flags of GNTTABOP_map_grant_ref, of a mapper whose mappings can be taken away: what may stand in the place of one
 * after that. With both it is the sink, a page of the hypervisor's own for this mapper, which it can use as it could
 * the granter's; translated mappers only, others get GNTST_general_error. With neither the mapping is kept.
 *
 * A revoke finds neither ranges nor superpages (grant_rivals.h). So these are not for a domain that is revocable, as a
 * mapper or a granter: GNTST_general_error.
 */
#define GNTMAP_accept_hole (1u << 8)
#define GNTMAP_accept_sink (1u << 9)

/* flags: where an entry still grants something, stop there, with GNTST_eagain. */
#define GNTV1_REVOKE_CHECK 0x0001u

/* outcomes: what came of mappings. */
#define GNTV1_GOT_HOLE 0x0001u
#define GNTV1_GOT_SINK 0x0002u
#define GNTV1_GOT_KEPT 0x0004u /* of at least one reference a mapping is still there */

/*
 * The caller takes back what was mapped by references ref to ref + count - 1 of its table. It has cleared the entries
 * before, and ordered that by a full barrier. When the call returns, and for each reference when done covers it: no CPU
 * and no device reaches the page by a mapping of this reference that accepted an outcome, no copy by it goes on, and if
 * nothing was kept, the entry is not in use and may grant something else.
 *
 * A mapper unmaps what was revoked as it always does; that is okay, once, gives the handle back, and leaves a hole. By
 * unmap_and_replace it is GNTST_general_error.
 *
 * GNTST_general_error: flags, pad; GNTST_bad_gntref: no references, more than there are, done beyond them;
 * GNTST_eagain: an entry at ref + done still grants, and CHECK is set or the mapper never lets go of it for a moment.
 */
struct gnttab_v1_revoke {
	/* IN */
	uint32_t ref;
	uint32_t count;
	uint16_t flags;
	uint16_t pad;
	/* IN and OUT: the guest writes 0 */
	uint32_t done;	/* references */
	uint32_t pages; /* mappings taken away */
	uint16_t outcomes;
	/* OUT */
	int16_t status;
};

#endif
