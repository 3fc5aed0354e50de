/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc tells of neighbours, before a run and after it. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "json.h"
#include "noise.h"

static double seconds(const struct rusage *r)
{
	return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
	       (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1e6;
}

void gnb_noise_read(struct gnb_noise *n)
{
	FILE *f = fopen("/proc/stat", "re");
	unsigned long long v[8];
	struct rusage self, dead;
	char line[512], *p;

	*n = (struct gnb_noise){ -1, -1, -1, -1, -1, -1 };
	if (f) {
		if (fgets(line, sizeof(line), f) &&
		    sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2],
			   &v[3], &v[4], &v[5], &v[6], &v[7]) == 8) {
			n->steal_ticks = (double)v[7];
			n->busy_ticks = (double)(v[0] + v[1] + v[2] + v[5] + v[6]);
			n->all_ticks = n->busy_ticks + (double)(v[3] + v[4] + v[7]);
		}
		fclose(f);
	}
	f = fopen("/proc/pressure/cpu", "re");
	if (f) {
		if (fgets(line, sizeof(line), f) && (p = strstr(line, "total=")))
			sscanf(p, "total=%lf", &n->psi_us);
		fclose(f);
	}
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &dead);
	n->own_ticks = (seconds(&self) + seconds(&dead)) * (double)sysconf(_SC_CLK_TCK);
	n->involuntary = (double)(self.ru_nivcsw + dead.ru_nivcsw);
}

static struct json_object *difference(double a, double b)
{
	return a < 0 || b < 0 ? NULL : gnb_json_number(b - a);
}

struct json_object *gnb_noise_between(const struct gnb_noise *a, const struct gnb_noise *b)
{
	struct json_object *o = json_object_new_object();
	double all = b->all_ticks - a->all_ticks, share;

	json_object_object_add(o, "steal_ticks", difference(a->steal_ticks, b->steal_ticks));
	json_object_object_add(o, "psi_cpu_some_us", difference(a->psi_us, b->psi_us));
	json_object_object_add(o, "involuntary_switches",
			       difference(a->involuntary, b->involuntary));
	share = all > 0 ? (b->busy_ticks - a->busy_ticks - (b->own_ticks - a->own_ticks)) / all : 0;
	/* Ticks are coarse: a hair below zero is zero. */
	json_object_object_add(o, "foreign_cpu_share",
			       all > 0 ? gnb_json_number(share < 0 ? 0 : share) : NULL);
	return o;
}
