/* SPDX-License-Identifier: GPL-2.0-only */
/* What the xen target can say of this domain and its hypervisor without a machine. Main thread
 * only. */
#ifndef GNB_XEN_HERE_H
#define GNB_XEN_HERE_H

#include <sched.h>

#include <gnb/target.h>

#include "../../kernel-helpers/guest/gnb_guest.h"

/* Note what the module says, and how many ticks of the counter an instruction takes; 0: they are
 * time. info lives on. */
void gnb_xen_here(const struct gnb_guest_info *info, unsigned long ticks_per_instruction);

/* Ticks of the time-stamp counter in the clock's unit. */
uint64_t gnb_xen_spent(uint64_t ticks);

/* Hooks of struct gnb_target. */
const struct gnb_fixed *gnb_xen_fixed(void);
int gnb_xen_option(const char *key, const char *value, const char **why);
void gnb_xen_facts(void (*add)(void *arg, const char *key, const char *value), void *arg);
void gnb_xen_cell(const char *cell, enum gnb_version version);
extern const struct gnb_target_option gnb_xen_options[];

/* Is this a domain of Xen? */
bool gnb_xen_is_here(void);

/* vCPUs of this domain that are online. */
unsigned gnb_xen_cpus(void);

/* Take the calling thread to a CPU. *home is for sched_setaffinity(), to go back. False: it cannot.
 */
bool gnb_xen_go(int cpu, cpu_set_t *home);

#endif
