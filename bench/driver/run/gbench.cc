// SPDX-License-Identifier: GPL-2.0-only
/* The shim over Google Benchmark: its types stay in here. */
#include <benchmark/benchmark.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sstream>

#include "gbench.h"

namespace
{

// Nothing of the library's own console goes out: the table and the files are the suite's.
class counting_reporter : public benchmark::BenchmarkReporter
{
      public:
	unsigned runs = 0, errors = 0;

	bool ReportContext(const Context &) override
	{
		return true;
	}
	void ReportRuns(const std::vector<Run> &reports) override
	{
		for (const Run &r : reports)
			if (r.run_type == Run::RT_Iteration)
				runs++;
	}
};

unsigned failed;

void call(benchmark::State &state, gnb_gbench_fn fn, void *arg)
{
	gnb_gbench_result r;

	for (auto _ : state) {
		std::memset(&r, 0, sizeof(r));
		fn(arg, &r);
		// NaN would make the library's JSON invalid.
		state.SetIterationTime(std::isfinite(r.seconds) && r.seconds > 0 ? r.seconds : 0);
	}
	for (unsigned i = 0; i < r.counters; i++)
		if (std::isfinite(r.counter[i].value))
			state.counters[r.counter[i].name] = benchmark::Counter(r.counter[i].value);
	if (r.error[0]) {
		failed++;
		state.SkipWithError(r.error);
	}
}

} // namespace

extern "C" int gnb_gbench_init(char *err, size_t len)
{
	// The library has read BENCHMARK_* before main(): a filter there would leave cells out of our plan, a bad
	// file would end the process.
	static char name[] = "grantbench";
	static char neutral[][48] = {
		"--benchmark_filter=",
		"--benchmark_list_tests=false",
		"--benchmark_repetitions=1",
		"--benchmark_enable_random_interleaving=false",
		"--benchmark_min_warmup_time=0",
		"--benchmark_report_aggregates_only=false",
		"--benchmark_display_aggregates_only=false",
		"--benchmark_format=console",
		"--benchmark_out=",
		"--benchmark_out_format=json",
		"--benchmark_perf_counters=",
		"--benchmark_time_unit=ns",
	};
	static char *argv[sizeof(neutral) / sizeof(neutral[0]) + 2] = { name };
	int argc = 1;

	for (char *arg : neutral)
		argv[argc++] = arg;
	try {
		benchmark::Initialize(&argc, argv);
	} catch (...) {
		std::snprintf(err, len, "Google Benchmark refused its options");
		return -EINVAL;
	}
	if (argc > 1) {
		std::snprintf(err, len, "%s does not have the option %s: 1.7.1 does",
			      gnb_gbench_version(), argv[1]);
		return -EINVAL;
	}
	return 0;
}

extern "C" int gnb_gbench_register(const char *name, gnb_gbench_fn fn, void *arg)
{
	try {
		benchmark::RegisterBenchmark(name,
					     [fn, arg](benchmark::State &s) { call(s, fn, arg); })
			->Iterations(1)
			->UseManualTime()
			->Unit(benchmark::kNanosecond);
	} catch (...) {
		return -ENOMEM;
	}
	return 0;
}

extern "C" int gnb_gbench_run(unsigned *matched, unsigned *errors)
{
	try {
		counting_reporter reporter;

		failed = 0;
		benchmark::RunSpecifiedBenchmarks(&reporter);
		*matched = reporter.runs;
		*errors = failed;
	} catch (...) {
		return -EIO;
	}
	return 0;
}

extern "C" const char *gnb_gbench_build(void)
{
	// Only its own report says so.
	try {
		std::ostringstream text;
		benchmark::JSONReporter reporter;

		reporter.SetOutputStream(&text);
		reporter.SetErrorStream(&text);
		reporter.ReportContext(benchmark::BenchmarkReporter::Context());
		if (text.str().find("\"library_build_type\": \"release\"") != std::string::npos)
			return "release";
		if (text.str().find("\"library_build_type\": \"debug\"") != std::string::npos)
			return "debug";
	} catch (...) {
	}
	return "unknown";
}

extern "C" const char *gnb_gbench_version(void)
{
	static char name[128];
	Dl_info info;
	char *path;

	if (name[0])
		return name;
	std::snprintf(name, sizeof(name), "libbenchmark");
	if (!dladdr(reinterpret_cast<void *>(&benchmark::Shutdown), &info) || !info.dli_fname)
		return name;
	path = realpath(info.dli_fname, nullptr);
	if (path) {
		const char *base = std::strrchr(path, '/');

		std::snprintf(name, sizeof(name), "%s", base ? base + 1 : path);
		std::free(path);
	}
	return name;
}
