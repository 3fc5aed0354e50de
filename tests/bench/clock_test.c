/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver on a target with a clock of its own: a made-up one, whose hypercalls cost a known
 * number of instructions, and now and then more.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <gnb/bench.h>

#include "env.h"
#include "metric.h"
#include "param.h"
#include "plan.h"
#include "row.h"
#include "runner.h"
#include "values.h"
#include "target_arg.h"
#include "fake.h"
#include "tap.h"

static struct gnb_options opts;

static struct gnb_plan plan_of(const char *filter, const char *set)
{
	char *argv[] = { (char *)"x", (char *)set };
	struct gnb_plan p;
	char err[512] = "";

	gnb_options_free(&opts);
	if (set)
		gnb_options_parse(&opts, 2, argv, err, sizeof(err));
	opts.filter = filter;
	if (gnb_plan_make(&p, &opts, &fake, err, sizeof(err)))
		printf("# %s\n", err);
	return p;
}

static struct json_object *field(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static double number(struct json_object *o, const char *key)
{
	return gnb_json_get_number(o, key, NAN);
}

static bool text_is(struct json_object *o, const char *key, const char *want)
{
	return !strcmp(gnb_json_get_string(o, key, "(none)"), want);
}

/* Measure the centre and give back its line. */
static struct json_object *measured(void)
{
	struct gnb_plan p = plan_of("^fake_calls/batch:4/", NULL);
	struct gnb_run_limits lim = { .seconds = 0.2, .timeout = 20 };
	struct json_object *line = NULL;
	struct gnb_outcome o;

	gnb_run_cell(&p.cells[0], 0, &lim, &o);
	gnb_record_make(&o, NULL, &line);
	/* A line owns its strings, but the cell's name is compared below. */
	gnb_outcome_free(&o);
	gnb_plan_free(&p);
	return line;
}

static struct json_object *row_of(struct json_object *line, const char *version, const char *metric)
{
	struct json_object *rows = field(line, "rows");

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *r = json_object_array_get_idx(rows, i);

		if (text_is(r, "version", version) && text_is(r, "metric", metric))
			return r;
	}
	return NULL;
}

static void units(void)
{
	static const struct {
		const char *unit, *instructions;
		enum gnb_better better, then;
	} known[] = {
		{ "ns/page", "instructions/page", GNB_LOWER, GNB_LOWER },
		{ "us/range", "instructions/range", GNB_LOWER, GNB_LOWER },
		{ "ns", "instructions", GNB_LOWER, GNB_LOWER },
		{ "MB/s", "instructions/KiB", GNB_HIGHER, GNB_LOWER },
		{ "kops/s", "instructions/op", GNB_HIGHER, GNB_LOWER },
		{ "requests/s", "instructions/requests", GNB_HIGHER, GNB_LOWER },
	};
	const struct gnb_clock *time = gnb_target_clock(gnb_target_default()), *insn = f_clock();
	struct gnb_metric m = { .name = "m", .unit = "bytes/GiB", .exact = true };
	char unit[GNB_UNIT_LEN];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct gnb_metric k = { .name = "m",
					.unit = known[i].unit,
					.better = known[i].better };

		gnb_metric_unit(&k, insn, unit, sizeof(unit));
		ok(!strcmp(unit, known[i].instructions) &&
			   gnb_metric_better(&k, insn) == known[i].then,
		   "%s under an instruction clock: %s", known[i].unit, unit);
		gnb_metric_unit(&k, time, unit, sizeof(unit));
		ok(!strcmp(unit, known[i].unit) && gnb_metric_better(&k, time) == known[i].better,
		   "%s under a clock stays", known[i].unit);
	}
	gnb_metric_unit(&m, insn, unit, sizeof(unit));
	ok(!strcmp(unit, "bytes/GiB"), "an exact metric keeps its unit");
	m = (struct gnb_metric){ .name = "m", .unit = "us/op" };
	ok(gnb_metric_value(&m, time, 5000, 5) == 1 && gnb_metric_value(&m, insn, 5000, 5) == 1000,
	   "instructions are not divided as if they were nanoseconds");
	m.unit = "MB/s";
	ok(gnb_metric_value(&m, time, 1000, 1000) == 1000 &&
		   gnb_metric_value(&m, insn, 1000, 2048) == 500,
	   "a rate becomes a cost per KiB");
	ok(isnan(gnb_metric_value(&m, insn, 1000, 0)), "no operations, no figure");
}

static void instruction_rows(void)
{
	struct json_object *line = measured(), *r = row_of(line, "v1", "call"),
			   *v2 = row_of(line, "v2", "call"), *again;

	ok(text_is(line, "status", "ok") && text_is(line, "clock", "instructions"),
	   "a cell under an instruction clock says so");
	ok(r && text_is(r, "unit", "instructions/page") && text_is(r, "class", "C"),
	   "its rows are instructions, of class C");
	ok(r && number(r, "value") == COST && number(r, "lo") == COST && number(r, "hi") == COST,
	   "the figure is the work itself, exactly");
	ok(r && number(r, "min") == COST && number(r, "max") == COST,
	   "what disturbs one run of three is in no round");
	every = 1;
	again = measured();
	ok(number(row_of(again, "v1", "call"), "value") * 4 == 4 * COST + DISTURBED,
	   "what is in every run stays");
	json_object_put(again);
	every = 7;
	again = row_of(line, "v1", "varies");
	ok(again && number(again, "min") == COST && number(again, "max") == 2 * COST &&
		   number(again, "value") == 1.5 * COST &&
		   number(again, "lo") == number(again, "value"),
	   "work that differs from round to round: the median, without an interval");
	ok(r && !field(r, "self"), "no baseline against itself");
	ok(r && number(field(r, "counts"), "instructions") == COST && number(r, "counted") == 8,
	   "counts are of the least of 8 runs");
	every = 2;
	again = measured();
	ok(number(row_of(again, "v1", "call"), "counts_spread") * 4 >= DISTURBED &&
		   number(field(row_of(again, "v1", "call"), "counts"), "instructions") == COST,
	   "disturbed counting runs are not kept, and their spread is told");
	json_object_put(again);
	every = 7;
	ok(v2 && text_is(field(v2, "ratio"), "class", "C") &&
		   number(field(v2, "ratio"), "value") == 1 &&
		   number(field(v2, "ratio"), "lo") == number(field(v2, "ratio"), "hi"),
	   "ratios are exact too");
	ok(r && number(field(r, "latency"), "min") == 4 * COST, "histograms are in instructions");
	ok(!row_of(line, "v1", "touch") &&
		   strstr(gnb_json_get_string(line, "reason", ""), "touch: left out"),
	   "a span that the clock does not see is left out with a reason, not 0");
	ok(row_of(line, "v1", "varies") &&
		   !strstr(gnb_json_get_string(line, "reason", ""), "varies"),
	   "but one whose hypercalls are a figure has that");
	r = row_of(line, "v1", "rate");
	ok(r && text_is(r, "unit", "instructions/KiB") && text_is(r, "better", "lower") &&
		   number(r, "value") == COST / 4,
	   "a rate is a cost");
	ok(number(field(line, "rounds"), "done") == 8 &&
		   number(field(line, "rounds"), "dropped") == 0,
	   "8 rounds, however long they take");
	ok(!field(line, "flush") && !field(line, "host_cpus") && text_is(line, "mapper", "pv"),
	   "what means nothing here is null");
	ok(!strcmp(json_object_to_json_string(field(line, "params")),
		   "{ \"batch\": \"4\", \"mapper\": \"pv\" }"),
	   "and no parameter");
	json_object_put(line);
}

/* Nothing is scaled by time: however slow or fast the host is, the number of hypercalls is the
 * same. */
static void deterministic(void)
{
	unsigned a, b, start = calls_ever, made = machines, a_made;

	json_object_put(measured());
	a = calls_ever - start;
	a_made = machines - made;
	start = calls_ever;
	made = machines;
	json_object_put(measured());
	b = calls_ever - start;
	ok(a == b && a > 0, "a cell is the same work every time: %u and %u hypercalls", a, b);
	ok(a_made == machines - made && a_made > 2, "and the same machines: %u", a_made);
}

static void time_rows(void)
{
	struct json_object *line, *r;

	exact = false;
	line = measured();
	r = row_of(line, "v1", "call");
	ok(text_is(line, "clock", "hypercalls") && r && text_is(r, "unit", "ns/page") &&
		   text_is(r, "class", "X"),
	   "a target's clock may tell time");
	ok(r && number(r, "value") > COST * 0.99 && number(r, "value") < COST * 1.5,
	   "which is that of the hypercalls alone");
	ok(r && field(r, "self") && number(field(line, "rounds"), "done") > 8,
	   "then rounds are timed, and the baseline is compared with itself");
	json_object_put(line);
	exact = true;
}

static void plans(void)
{
	struct gnb_plan p = plan_of("fake_calls", NULL);
	char err[512] = "", *bad[] = { (char *)"x", (char *)"--set=flush=membarrier" };

	ok(p.n == 2 && !strcmp(p.cells[0].cell.name, "fake_calls/batch:4/mapper:pv") &&
		   !strcmp(p.cells[1].cell.name, "fake_calls/batch:8/mapper:pv"),
	   "parameters that are no choice have no sweep: %zu cells", p.n);
	ok(p.cells[1].cell.machine.mapper == GNB_MAPPER_PV &&
		   p.cells[1].cell.machine.iommu == GNB_IOMMU_STRICT,
	   "what is fixed is so for machines, with such a parameter or without");
	ok(!p.cells[0].axis && p.cells[0].headline, "the centre stays the centre, and headline");
	ok(p.nleft_out == 2 && !strcmp(p.left_out[0].what, "mapper") && !p.left_out[0].bench &&
		   !strcmp(p.left_out[1].why, "it flushes as it does"),
	   "what is left out is told with the reason");
	gnb_plan_free(&p);
	p = plan_of("fake_guest", NULL);
	ok(p.n == 1 && p.nleft_out == 3 && p.left_out[2].bench &&
		   strstr(p.left_out[2].why, "hypercalls only"),
	   "of a benchmark that cannot run one cell stays");
	gnb_plan_free(&p);
	p = plan_of("fake_calls", "--set=fake_calls.mapper=translated");
	ok(p.n == 1 && strstr(p.cells[0].cell.name, "mapper:translated"),
	   "a value that is asked for is tried");
	gnb_plan_free(&p);
	gnb_options_free(&opts);
	gnb_options_parse(&opts, 2, bad, err, sizeof(err));
	ok(gnb_plan_make(&p, &opts, &fake, err, sizeof(err)) == -EINVAL &&
		   strstr(err, "means nothing on target fake: it flushes"),
	   "--set of what means nothing is refused: %s", err);
	gnb_plan_free(&p);
	no_machine = true;
	p = plan_of("fake_calls", NULL);
	ok(p.n == 1 && p.nleft_out == 3 && !strcmp(p.left_out[2].why, "no machine today"),
	   "with the target's reason, if it is that");
	gnb_plan_free(&p);
	no_machine = false;
}

static void environment(void)
{
	static const struct {
		const char *hypervisor, *model;
		bool trusted;
	} known[] = {
		{ "none", "Some CPU", true },
		{ "kvm", "QEMU Virtual CPU", true },
		{ "xen", "Some CPU", true },
		{ "qemu-tcg", "Some CPU", false },
		{ "xen", "QEMU TCG CPU version 2.5+", false },
	};
	struct json_object *env = gnb_env_read(&fake), *hv = gnb_env_read(gnb_target_default());
	char with[65], without[65];

	ok(text_is(field(env, "target_facts"), "build_id", "abc") &&
		   !field(field(env, "target_facts"), "unknown"),
	   "the target's facts are in the environment");
	ok(!field(hv, "target_facts"), "a target without facts has none");
	gnb_env_fingerprint(env, "x", with, NULL);
	gnb_env_fingerprint(hv, "x", without, NULL);
	ok(strcmp(with, without) != 0, "facts are in the fingerprint");
	json_object_put(hv);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		json_object_object_add(env, "hypervisor", gnb_json_string(known[i].hypervisor));
		json_object_object_add(env, "cpu_model", gnb_json_string(known[i].model));
		ok(!gnb_env_untrusted(env, gnb_target_clock(gnb_target_default())) ==
			   known[i].trusted,
		   "times on %s, %s are %s", known[i].hypervisor, known[i].model,
		   known[i].trusted ? "looked at" : "not to be trusted");
		ok(!gnb_env_untrusted(env, f_clock()), "instructions do not mind");
	}
	json_object_put(env);
}

/* The options of a real target; what goes wrong on the command line is in cli_test.sh. */
static void target_options(void)
{
	const struct gnb_target *t = NULL;
	struct json_object *given;
	char err[300];

	ok(!gnb_target_arg("xen:granter=self", &t, err, sizeof(err)) && !strcmp(t->name, "xen"),
	   "a target with an option");
	given = gnb_target_given();
	ok(json_object_object_length(given) == 1 && text_is(given, "granter", "self"),
	   "which is what results record");
	json_object_put(given);
	ok(!gnb_target_arg(NULL, &t, err, sizeof(err)) && t == gnb_target_default(),
	   "none is the first target");
	given = gnb_target_given();
	ok(!json_object_object_length(given), "and has no options");
	json_object_put(given);
	ok(gnb_target_arg("xe", &t, err, sizeof(err)) == -ENOENT, "half a name is no target");
}

int main(void)
{
	target_options();
	units();
	plans();
	instruction_rows();
	deterministic();
	time_rows();
	environment();
	return tap_done();
}
