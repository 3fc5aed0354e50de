/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations beside grants (gnb/operations.h) as families make them: one in a span, and what a vCPU or the granter's device
 * finds where it was done.
 */
#ifndef GNB_CALLS_H
#define GNB_CALLS_H

#include <gnb/bench.h>

/* Tables of a device, as a parameter `tables` has them: none, separate, shared, or bits, which are separate ones. */
#define GNB_PARAM_TABLES(help_) GNB_CHOICE("tables", "none", "none,separate,shared", help_)
enum gnb_iommu gnb_tables_of(const struct gnb_side *s);

/*
 * An operation by the mapper's first vCPU, the granter's toolstack. In a span of this metric it is ops operations; 0 if it
 * returns want, else -errno, with what it returned in s->why.
 */
long gnb_operation(struct gnb_side *s, enum gnb_op_kind kind, unsigned nr, void *args);
int gnb_operation_timed(struct gnb_side *s, unsigned metric, uint64_t ops, enum gnb_op_kind kind,
			unsigned nr, void *args, long want);

/* The vCPU writes or reads a page's first word: 0 if that comes to rc and, read with success, to that word. */
int gnb_word_write(struct gnb_side *s, struct gnb_vcpu *v, uint64_t gfn, uint64_t word);
int gnb_word_read(struct gnb_side *s, struct gnb_vcpu *v, uint64_t gfn, int rc, uint64_t word);

/* Does the granter's device reach the page? 0 if it is as it should be, or there is no device. It writes its second word. */
int gnb_device_reaches(struct gnb_side *s, uint64_t dfn, bool reaches);

/*
 * What another vCPU of the granter does meanwhile: a grant copy from one page of its domain's to another, both of which are
 * looked up in its p2m. Its arguments, or NULL; and one, 0 or -errno.
 */
void *gnb_own_copy_init(struct gnb_side *s);
int gnb_own_copy(struct gnb_side *s, struct gnb_vcpu *v, void *args);

#endif
