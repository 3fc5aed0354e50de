/* SPDX-License-Identifier: GPL-2.0-only */
/* What the xen target can say of this domain and its hypervisor without a machine. Main thread
 * only. */
#ifndef GNB_XEN_HERE_H
#define GNB_XEN_HERE_H

#include <sched.h>

#include <gnb/target.h>

#include "choice.h"

/*
 * Find out what is here, once. 0, or -EOPNOTSUPP or -EPERM with *why: no domain of Xen, no module,
 * not root. Before that, and if it fails, what follows knows nothing.
 */
int gnb_xen_look(const char **why);

/* What the module said, and what there is to make domains with. All zero before gnb_xen_look(). */
const struct gnb_guest_info *gnb_xen_info(void);
const struct gnb_xen_means *gnb_xen_means(void);

/* Open the module's device. A descriptor, or -EOPNOTSUPP or -EPERM with *why. */
int gnb_xen_device(const char **why);

/* Ticks of the time-stamp counter that an instruction takes, by GNB_TICKS_PER_INSTRUCTION; 0:
 * they are time. */
unsigned long gnb_xen_ticks_per_instruction(void);

/* Ticks of the time-stamp counter in the clock's unit. */
uint64_t gnb_xen_spent(uint64_t ticks);

/* Hooks of struct gnb_target. */
const struct gnb_fixed *gnb_xen_fixed(void);
void gnb_xen_facts(void (*add)(void *arg, const char *key, const char *value), void *arg);
void gnb_xen_cell(const char *cell, const struct gnb_version *version);

/* The name that the hook cell gave what is opened next; empty: none. */
const struct gnb_guest_mark *gnb_xen_mark(void);

/* Is this a domain of Xen? */
bool gnb_xen_is_here(void);

/* vCPUs of this domain that are online. */
unsigned gnb_xen_cpus(void);

/* Take the calling thread to a CPU. *home is for sched_setaffinity(), to go back. False: it cannot.
 */
bool gnb_xen_go(int cpu, cpu_set_t *home);

#endif
