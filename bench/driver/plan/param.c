/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters: their values in a cell, and the machine's fields that some of them name. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

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

static bool is_number(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return n > 0 && n < 10;
}

bool gnb_param_is_number(const struct gnb_param *p)
{
	if (!is_number(p->centre, strlen(p->centre)))
		return false;
	for (const char *s = p->sweep; s && *s;) {
		size_t n = strcspn(s, ",");

		if (!is_number(s, n))
			return false;
		s += n + (s[n] == ',');
	}
	return true;
}

int gnb_param_index(const struct gnb_bench *b, const char *name)
{
	for (int i = 0; b->params && b->params[i].name; i++)
		if (!strcmp(b->params[i].name, name))
			return i;
	return -1;
}

bool gnb_param_means(const struct gnb_target *t, const char *name)
{
	const struct gnb_fixed *f = gnb_target_fixed(t, name);

	return !f || f->value;
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
		if (!is_number(value, strlen(value)) || !strtoul(value, NULL, 10))
			return -EINVAL;
		m->host_cpus = (unsigned)strtoul(value, NULL, 10);
	}
	return i < 0 ? i : 0;
}

const char *gnb_s(const struct gnb_side *s, const char *param)
{
	int i = gnb_param_index(s->cell->bench, param);

	if (i < 0) {
		fprintf(stderr, "grantbench: benchmark %s asks for a parameter it has not: %s\n",
			s->cell->bench->name, param);
		abort();
	}
	return s->cell->value[i];
}

unsigned long gnb_u(const struct gnb_side *s, const char *param)
{
	const char *v = gnb_s(s, param);

	if (!is_number(v, strlen(v))) {
		fprintf(stderr, "grantbench: benchmark %s takes parameter %s for a number: %s\n",
			s->cell->bench->name, param, v);
		abort();
	}
	return strtoul(v, NULL, 10);
}

unsigned gnb_flush_vcpus(const struct gnb_side *s)
{
	return gnb_param_means(s->t, "flush") ? 2 : 1;
}

int gnb_fail(struct gnb_side *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return err;
}
