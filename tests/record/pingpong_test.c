// SPDX-License-Identifier: GPL-2.0-only
/* Latencies between cores by groups, and that launches of different groups are never pooled. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"
#include "load.h"
#include "pingpong.h"
#include "tap.h"

#define NO GNB_PINGPONG_UNKNOWN

static const struct {
	const char *name;
	double ns[6];
	size_t n;
	unsigned group[6], most;
} rows[] = {
	{ "one is a group", { 28 }, 1, { 0 }, 0 },
	{ "near ones are one group", { 28, 41, 30 }, 3, { 0, 0, 0 }, 0 },
	{ "what lies elsewhere is another", { 160, 28, 158, 161 }, 4, { 1, 0, 1, 1 }, 1 },
	{ "a group is as wide as its least says, however they follow one another",
	  { 28, 41, 43, 60, 64.6 },
	  5,
	  { 0, 0, 1, 1, 2 },
	  0 },
	{ "of two as large ones the nearer", { 160, 28, 160, 28 }, 4, { 1, 0, 1, 0 }, 0 },
	{ "one that is not known is of none", { 28, NAN, 160, 28 }, 4, { 0, NO, 1, 0 }, 0 },
	{ "nothing known", { NAN, NAN }, 2, { NO, NO }, NO },
	{ "nothing", { 0 }, 0, { 0 }, NO },
};

static void groups(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned group[6];
		bool same;

		gnb_pingpong_groups(rows[i].ns, rows[i].n, group);
		same = !memcmp(group, rows[i].group, rows[i].n * sizeof(*group));
		ok(same && gnb_pingpong_most(group, rows[i].n) == rows[i].most, "%s", rows[i].name);
	}
	ok(gnb_pingpong_same(28, 42) && !gnb_pingpong_same(28, 42.1) &&
		   !gnb_pingpong_same(160, 28) && !gnb_pingpong_same(28, NAN) &&
		   gnb_pingpong_same(NAN, NAN),
	   "two are of one group up to half more, and what is not known is like nothing else");
}

/* A run of one cell, whose launches have these latencies (text of JSON) and so many ns each. */
static void pooled(const char *name, const char *const before[], const char *const after[],
		   const double *ns, size_t n, size_t launches, double value)
{
	struct json_object *lines = json_object_new_array(),
			   *manifest = json_tokener_parse("{\"schema\":1}");
	struct gnb_rec_run run;
	struct gnb_rec_estimate e;
	bool good;

	for (size_t i = 0; i < n; i++) {
		char line[700];

		snprintf(
			line, sizeof(line),
			"{\"cell\":\"p2m_lock/threads:2\",\"bench\":\"p2m_lock\",\"def_version\":1,"
			"\"params\":{\"threads\":\"2\"},\"launch\":%zu,\"status\":\"ok\","
			"\"pingpong\":{\"cpus\":\"0,1\",\"before_ns\":[%s],\"after_ns\":[%s]},"
			"\"rows\":[{\"version\":\"v1\",\"metric\":\"op\",\"unit\":\"ns/op\","
			"\"better\":\"lower\",\"n\":9,\"value\":%g,\"lo\":1,\"hi\":999,\"class\":\"X\"}]}",
			i, before[i], after[i], ns[i]);
		json_object_array_add(lines, json_tokener_parse(line));
	}
	good = !gnb_rec_take(&run, "none", manifest, lines) && run.nr_cells == 1;
	if (good) {
		const struct gnb_rec_cell *c = run.cell[0];

		good = !gnb_rec_estimate(c, "v1", "op", &e) && c->nr_launches == launches &&
		       c->other_group == n - launches && fabs(e.value.value - value) < 1e-9;
		gnb_rec_free(&run);
	}
	ok(good, "%s", name);
	json_object_put(lines);
	json_object_put(manifest);
}

static void launches(void)
{
	static const char *const near[] = { "28", "30", "29", "28" },
				 *const mixed[] = { "160", "28", "158", "161" },
				 *const end[] = { "160", "30", "28", "161" },
				 *const gone[] = { "null", "28", "null", "29" };
	static const double ns[] = { 100, 10, 120, 110 };

	pooled("launches of one group are pooled", near, near, ns, 4, 4, 105);
	pooled("those of another are not: the median is that of the larger one", mixed, mixed, ns,
	       4, 3, 110);
	pooled("one whose cores moved while it ran is of none", mixed, end, ns, 4, 2, 105);
	pooled("a latency that is not known at one end is taken from the other", near, gone, ns, 4,
	       4, 105);
}

int main(void)
{
	groups();
	launches();
	return tap_done();
}
