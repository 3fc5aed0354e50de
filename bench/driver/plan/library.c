// SPDX-License-Identifier: GPL-2.0-only
/* Google Benchmark's options on our command line: every one that 1.7.1 has. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "library.h"

#define PREFIX "--benchmark_"

static const struct {
	const char *name, *instead;
} refused[] = {
	{ "min_time", "write --min-time=SECONDS" },
	{ "min_warmup_time", "every round warms up by itself" },
	{ "repetitions", "write --repetitions=N for more rounds, --launches=N for more processes" },
	{ "enable_random_interleaving", "versions always run interleaved" },
	{ "report_aggregates_only", "summary.json in the run's folder has nothing else" },
	{ "display_aggregates_only", "the summary shows nothing else" },
	{ "format", "write --format=console,json" },
	{ "out", "write --out=DIR; benchmark.json in that folder has this shape" },
	{ "out_format", "write --out=DIR; benchmark.json and summary.csv are both made in it" },
	{ "color", "the summary has no colours" },
	{ "counters_tabular", "the summary is a table" },
	{ "perf_counters", "what the processor's counters say is in cells.jsonl" },
	{ "context", "write --meta=KEY=VALUE" },
	{ "time_unit", "times are in ns" },
};

/* As the library reads a flag without a value, or with one. */
static bool truthy(const char *value)
{
	static const char *const no[] = { "=0", "=f", "=n", "=false", "=no", "=off" };

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (!strcasecmp(value, no[i]))
			return false;
	return true;
}

int gnb_library_option(const char *arg, const char **filter, bool *list, char *err, size_t len)
{
	const char *name = arg + strlen(PREFIX);
	size_t n = strcspn(name, "=");
	const char *value = name + n;

	if (n == 6 && !strncmp(name, "filter", n)) {
		if (!*value) {
			snprintf(err, len, "%s: needs a value; write %s=REGEX", arg, arg);
			return -EINVAL;
		}
		/* The library's words for all there is. */
		*filter = value[1] && strcmp(value, "=all") ? value + 1 : NULL;
		return 0;
	}
	if (n == 10 && !strncmp(name, "list_tests", n)) {
		*list = truthy(value);
		return 0;
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strlen(refused[i].name) == n && !strncmp(refused[i].name, name, n)) {
			snprintf(err, len, "%.*s has no effect here: %s", (int)(value - arg), arg,
				 refused[i].instead);
			return -EINVAL;
		}
	snprintf(err, len,
		 "unknown option %.*s; of Google Benchmark's there are --benchmark_filter=REGEX "
		 "and --benchmark_list_tests",
		 (int)(value - arg), arg);
	return -EINVAL;
}
