/* SPDX-License-Identifier: GPL-2.0-only */
/* What a benchmark asks of its side: values of parameters, vCPUs, a place for its reasons. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/bench.h>

#include "values.h"

bool gnb_is_number(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return n > 0 && n < 10;
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

static int index_of(const struct gnb_side *s, const char *param)
{
	int i = gnb_param_index(s->cell->bench, param);

	if (i < 0) {
		fprintf(stderr, "grantbench: benchmark %s asks for a parameter it has not: %s\n",
			s->cell->bench->name, param);
		abort();
	}
	return i;
}

const char *gnb_s(const struct gnb_side *s, const char *param)
{
	return s->cell->value[index_of(s, param)];
}

const char *gnb_path(const struct gnb_side *s, const char *param)
{
	const struct gnb_file *f = s->cell->file[index_of(s, param)];

	if (!f || f->why) {
		fprintf(stderr, "grantbench: benchmark %s takes parameter %s for a file: %s\n",
			s->cell->bench->name, param, gnb_s(s, param));
		abort();
	}
	return f->path;
}

unsigned long gnb_u(const struct gnb_side *s, const char *param)
{
	const char *v = gnb_s(s, param);

	if (!gnb_is_number(v, strlen(v))) {
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
