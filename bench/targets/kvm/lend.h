/* SPDX-License-Identifier: GPL-2.0-only */
/* Lending. */
#ifndef GNB_KVM_LEND_H
#define GNB_KVM_LEND_H

#include "machine.h"

/* An operation of GNB_OP_LENDING. */
long gnb_kvm_lending(struct gnb_machine *m, unsigned nr, struct gnb_lend *x);

/* The loan that has a page, or NULL. */
struct gnb_kvm_loan *gnb_kvm_loan_of(struct gnb_machine *m, uint64_t gfn);

/* All loans are over. */
void gnb_kvm_loans_end(struct gnb_machine *m);

#endif
