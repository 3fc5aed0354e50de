/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters as text, and the machine's fields that some of them name. */
#ifndef GNB_PARAM_H
#define GNB_PARAM_H

#include <gnb/bench.h>

/* Xen 4.17 sizes its tables by the host's CPUs; this is what a config of 0 stands for. */
#define GNB_HOST_CPUS_DEFAULT 8

#define GNB_VALUE_MAX 4095 /* bytes of a parameter's value: what a path may have */

/* May a parameter have the value in the first n characters of v? */
bool gnb_param_takes(const struct gnb_param *p, const char *v, size_t n);

/* What it may have, in words: "1 to 2048", "one of rw,ro". */
void gnb_param_words(const struct gnb_param *p, char *out, size_t len);

/* Set the machine's field that belongs to a parameter. 0, or -EINVAL if the value does not exist; a
 * parameter that is the benchmark's own changes nothing. */
int gnb_machine_set(struct gnb_machine_config *m, const char *name, const char *value);

/* Names of a machine's fields, as in parameters and results. */
const char *gnb_mapper_name(enum gnb_mapper v);
const char *gnb_iommu_name(enum gnb_iommu v);
const char *gnb_flush_name(enum gnb_flush v);
const char *gnb_entry_name(enum gnb_entry v);
const char *gnb_args_name(enum gnb_args v);

#endif
