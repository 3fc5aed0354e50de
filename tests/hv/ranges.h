/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of v1-range begin and end with: one machine at a time, and what is marked in its granter's entries. */
#ifndef HV_TEST_RANGES_H
#define HV_TEST_RANGES_H

#include "rivals.h"

static struct rv t;

static bool start(const char *name, struct fx_opts o)
{
	if (!ok(!rv_open(&t, o), "%s: set up", name))
		return false;
	rv_write_pages(&t);
	return true;
}

static void end(const char *name)
{
	ok(!fx_check(&t.f, true), "%s: invariants", name);
	fx_close(&t.f);
}

static uint16_t marks(unsigned ref)
{
	return *fx_use_word(&t.f, ref) & (GTF_reading | GTF_writing);
}

static unsigned marked(unsigned ref, unsigned n, uint16_t want)
{
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++)
		good += marks(ref + i) == want;
	return good;
}

#endif
