/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters as text, and the machine's fields that some of them name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "param.h"
#include "values.h"

static const char *const mappers[] = { "pv", "translated", NULL };
static const char *const iommus[] = { "none", "shared", "strict", "batched", NULL };
static const char *const flushes[] = { "count", "membarrier", NULL };
static const char *const entries[] = { "none", "syscall", NULL };

const char *gnb_mapper_name(enum gnb_mapper v)
{
	return mappers[v];
}

const char *gnb_iommu_name(enum gnb_iommu v)
{
	return iommus[v];
}

const char *gnb_flush_name(enum gnb_flush v)
{
	return flushes[v];
}

const char *gnb_entry_name(enum gnb_entry v)
{
	return entries[v];
}

static int lookup(const char *const *names, const char *value)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], value))
			return i;
	return -EINVAL;
}

bool gnb_param_is_number(const struct gnb_param *p)
{
	if (!gnb_is_number(p->centre, strlen(p->centre)))
		return false;
	for (const char *s = p->sweep; s && *s;) {
		size_t n = strcspn(s, ",");

		if (!gnb_is_number(s, n))
			return false;
		s += n + (s[n] == ',');
	}
	return true;
}

int gnb_machine_set(struct gnb_machine_config *m, const char *name, const char *value)
{
	int i = 0;

	if (!strcmp(name, "mapper"))
		m->mapper = (enum gnb_mapper)(i = lookup(mappers, value));
	else if (!strcmp(name, "iommu"))
		m->iommu = (enum gnb_iommu)(i = lookup(iommus, value));
	else if (!strcmp(name, "flush"))
		m->flush = (enum gnb_flush)(i = lookup(flushes, value));
	else if (!strcmp(name, "entry"))
		m->entry = (enum gnb_entry)(i = lookup(entries, value));
	else if (!strcmp(name, "cpus")) {
		if (!gnb_is_number(value, strlen(value)) || !strtoul(value, NULL, 10))
			return -EINVAL;
		m->host_cpus = (unsigned)strtoul(value, NULL, 10);
	}
	return i < 0 ? i : 0;
}
