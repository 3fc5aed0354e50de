/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters as text, and the machine's fields that some of them name. */
#ifndef GNB_PARAM_H
#define GNB_PARAM_H

#include <gnb/bench.h>

/* Xen 4.17 sizes its tables by the host's CPUs; this is what a config of 0 stands for. */
#define GNB_HOST_CPUS_DEFAULT 8

/* All values of a parameter are whole numbers. */
bool gnb_param_is_number(const struct gnb_param *p);

/* Set the machine's field that belongs to a parameter. 0, or -EINVAL if the value does not exist; a
 * parameter that is the benchmark's own changes nothing. */
int gnb_machine_set(struct gnb_machine_config *m, const char *name, const char *value);

/* Names of a machine's fields, as in parameters and results. */
const char *gnb_mapper_name(enum gnb_mapper v);
const char *gnb_iommu_name(enum gnb_iommu v);
const char *gnb_flush_name(enum gnb_flush v);
const char *gnb_entry_name(enum gnb_entry v);

#endif
