/* SPDX-License-Identifier: GPL-2.0-only */
/* grantbench doctor: what this machine lacks, why it matters, and the apt line where one helps. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/membarrier.h>

#include <gnb/bench.h>

#include "command.h"
#include "gbench.h"
#include "options.h"
#include "perf.h"
#include "topo.h"

static unsigned missing;

/* One line: found or not, what for, and how to get it. */
static void line(bool ok, bool required, const char *what, const char *detail, const char *mend)
{
	printf("%-8s %-22s %s\n", ok ? "ok" : required ? "MISSING" : "without", what, detail);
	if (!ok && mend)
		printf("%-8s %-22s -> %s\n", "", "", mend);
	missing += !ok && required;
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t n = strcspn(p, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, p, program);
		if (!access(file, X_OK))
			return true;
		p += n + (p[n] == ':');
	}
	return false;
}

static void program(const char *name, const char *what, const char *package)
{
	char mend[128];

	snprintf(mend, sizeof(mend), "apt-get install %s", package);
	line(in_path(name), false, name, what, mend);
}

static void check_memfd(void)
{
	char why[160] = "guest memory";
	int fd = memfd_create("grantbench", MFD_CLOEXEC);
	int bad = fd < 0 || ftruncate(fd, 4096) ? errno : 0;

	if (bad)
		snprintf(why, sizeof(why), "guest memory: memfd_create: %s", strerror(bad));
	if (fd >= 0)
		close(fd);
	line(!bad, true, "memfd", why,
	     "a kernel with CONFIG_MEMFD_CREATE, and a sandbox that allows the call");
}

static void check_huge(void)
{
	char buf[256] = "", why[200];
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	bool ok = f && fgets(buf, sizeof(buf), f) && !strstr(buf, "[never]");

	if (f)
		fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	snprintf(why, sizeof(why), "transparent huge pages steady the figures of large guests (%s)",
		 *buf ? buf : "not in this kernel");
	line(ok, false, "huge pages", why,
	     "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

static void check_membarrier(void)
{
	long q = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	bool ok = q >= 0 && (q & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	char why[160] = "flush=membarrier: real inter-processor interrupts";

	if (!ok)
		snprintf(why, sizeof(why), "flush=membarrier cells are skipped: membarrier: %s",
			 q < 0 ? strerror(errno) : "no private expedited command");
	line(ok, false, "membarrier", why,
	     "a kernel with CONFIG_MEMBARRIER, and a sandbox that allows the call");
}

static void check_perf(void)
{
	pid_t self = getpid();
	struct gnb_perf p;

	if (gnb_perf_open(&p, &self, 1, false))
		return;
	line(p.available, false, "perf counters",
	     p.available ? "instructions, cycles, misses per operation" : p.reason,
	     "a machine or virtual machine with a PMU; kernel.perf_event_paranoid at most 2; "
	     "counts and times do without");
	gnb_perf_close(&p);
}

static int doctor(const struct gnb_options *o)
{
	char err[256] = "", text[300];
	int rc = gnb_topo_init("core", "any", err, sizeof(err));

	(void)o;
	snprintf(text, sizeof(text), "pinning and topology.xml (API %#x)%s%s", gnb_topo_api(),
		 rc ? ": " : "", err);
	line(!rc, true, "hwloc", text, "apt-get install libhwloc-dev");
	line(true, true, "Google Benchmark", gnb_gbench_version(), NULL);
	snprintf(text, sizeof(text), "%u allowed here%s", gnb_cores(),
		 gnb_cores() < 2 ? ": cells with two threads or flush=membarrier are skipped" : "");
	line(gnb_cores() >= 2, false, "two cores", text,
	     "give this process a second core (taskset, cgroup, virtual machine)");
	line(strcmp(gnb_topo_list(), "none") != 0, false, "pinning", "threads stay on their cores",
	     "allow sched_setaffinity in this sandbox; figures spread more without");
	check_memfd();
	check_huge();
	check_membarrier();
	check_perf();
	program("gnuplot", "plots of the report", "gnuplot-nox");
	program("valgrind", "instruction counts of scripts/claims", "valgrind");
	program("xmllint", "a check of the report in make check", "libxml2-utils");
	gnb_for_each_target (t) {
		struct gnb_machine_config cfg = { 0 };
		const char *why = NULL;
		bool ok = !(*t)->supported(&cfg, &why);

		snprintf(text, sizeof(text), "%s%s%s", (*t)->summary, ok ? "" : ": ",
			 ok || !why ? "" : why);
		line(ok, *t == gnb_target_default(), (*t)->name, text, NULL);
	}
	gnb_topo_exit();
	if (missing)
		printf("\n%u missing: nothing can be measured before that is mended\n", missing);
	else
		printf("\nnothing that is required is missing\n");
	return missing ? GNB_EXIT_MISSING : GNB_EXIT_OK;
}

static const struct gnb_command command = {
	.name = "doctor",
	.help = "what this machine lacks, and how to get it",
	.run = doctor,
};
GNB_COMMAND(command);
