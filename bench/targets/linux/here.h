/* SPDX-License-Identifier: GPL-2.0-only */
/* What the linux target can say of this machine without opening anything of a device. Main thread only. */
#ifndef GNB_LINUX_HERE_H
#define GNB_LINUX_HERE_H

#include <stdbool.h>
#include <stdint.h>

#include <gnb/target.h>

#include "gnb_iommu.h"

/*
 * Find out what is here, once. 0, or -EOPNOTSUPP or -EPERM with *why: neither the module with a device of its own nor a
 * device for VFIO, or not root. Before that, and if it fails, what follows knows nothing.
 */
int gnb_linux_look(const char **why);

/* What the module said; abi 0: it is not here. */
const struct gnb_iommu_info *gnb_linux_info(void);

/* PCI address of the device that is VFIO's, and its group; NULL: there is none, and why. */
const char *gnb_linux_vfio(unsigned *group, const char **why);

/* Why there are none of the module's rows, or NULL. */
const char *gnb_linux_no_module(void);

/* Ticks of the time-stamp counter that an instruction takes, by GNB_TICKS_PER_INSTRUCTION; 0: they are time. */
unsigned long gnb_linux_ticks_per_instruction(void);

/* Ticks in the clock's unit. */
uint64_t gnb_linux_spent(uint64_t ticks);

/* Hooks of struct gnb_target. */
void gnb_linux_facts(void (*add)(void *arg, const char *key, const char *value), void *arg);

#endif
