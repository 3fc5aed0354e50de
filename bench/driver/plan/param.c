/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters as text, and the machine's fields that some of them name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "param.h"
#include "values.h"

static const char *const mappers[] = { "pv", "translated", NULL };
static const char *const iommus[] = { "none", "shared", "strict", "batched", NULL };
static const char *const flushes[] = { "count", "membarrier", NULL };
static const char *const entries[] = { "none", "syscall", NULL };
static const char *const args[] = { "walked", "direct", NULL };
static const char *const locks[] = { "percpu", "plain", NULL };

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

const char *gnb_args_name(enum gnb_args v)
{
	return args[v];
}

static int lookup(const char *const *names, const char *value)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], value))
			return i;
	return -EINVAL;
}

/* Any number has one spelling, so that a cell has one name. */
static bool in_range(const struct gnb_param *p, const char *v, size_t n)
{
	unsigned long x;

	if (!gnb_is_number(v, n) || (*v == '0' && n > 1))
		return false;
	x = strtoul(v, NULL, 10);
	return x >= p->least && x <= p->most;
}

bool gnb_param_takes(const struct gnb_param *p, const char *v, size_t n)
{
	if (!n || n > GNB_VALUE_MAX)
		return false;
	if (p->most)
		return in_range(p, v, n);
	if (!p->sweep)
		return true;
	for (const char *s = p->sweep; *s;) {
		size_t k = strcspn(s, ",");

		if (k == n && !strncmp(s, v, n))
			return true;
		s += k + (s[k] == ',');
	}
	return false;
}

void gnb_param_words(const struct gnb_param *p, char *out, size_t len)
{
	if (p->most)
		snprintf(out, len, "%lu to %lu", p->least, p->most);
	else if (p->sweep)
		snprintf(out, len, "one of %s", p->sweep);
	else
		snprintf(out, len, "a file, its path of 1 to %d bytes", GNB_VALUE_MAX);
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
	else if (!strcmp(name, "args"))
		m->args = (enum gnb_args)(i = lookup(args, value));
	else if (!strcmp(name, "lock"))
		m->plain_lock = (i = lookup(locks, value)) == 1;
	else if (!strcmp(name, "cpus")) {
		if (!gnb_is_number(value, strlen(value)) || !strtoul(value, NULL, 10))
			return -EINVAL;
		m->host_cpus = (unsigned)strtoul(value, NULL, 10);
	}
	return i < 0 ? i : 0;
}
