// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: accesses that fail, domains that die, and what is left of them. */
#include "domain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>

#define CYCLES 20
#define MANY   8

static char why[300];

void check_access(struct gnb_domain *d)
{
	static const uint64_t bad[] = { 0x7f0000000000, 0xffff900000000000, 0x8000000000000000 };
	const char *t = type_name(d);
	uint64_t fault = 1;
	char c = 0;
	int rc;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rc = gnb_domain_read(d, bad[i], &c, 1, 0, &fault);
		/* One that is no address at all gives no address. */
		check(rc == -EFAULT && fault == (i == 2 ? 0 : bad[i]),
		      "%s: a read at %#llx fails (%d, %#llx)", t, (unsigned long long)bad[i], rc,
		      (unsigned long long)fault);
		rc = gnb_domain_write(d, bad[i], &c, 1, 0, &fault);
		check(rc == -EFAULT, "%s: and a write (%d)", t, rc);
	}
	rc = gnb_domain_read(d, gnb_domain_slot(d, 0), &c, 1, 0, &fault);
	check(rc == -EFAULT && fault == gnb_domain_slot(d, 0),
	      "%s: an empty slot cannot be read (%d)", t, rc);
	rc = gnb_domain_read(d, gnb_domain_slot(d, 0), &c, 1, GNB_DOMAIN_UNCHECKED, &fault);
	if (gnb_domain_control(d)->type == GNB_DOMAIN_PVH)
		check(!rc && c == (char)0xff, "%s: unchecked, it reads as ones", t);
	else
		check(rc == -EFAULT, "%s: nor unchecked", t);
}

static void check_crash(enum gnb_domain_type type)
{
	struct gnb_domain *d = make(type);
	char word[100];
	int rc;

	gnb_domain_requests(d)[0] = (struct gnb_domain_request){ .action = GNB_DOMAIN_DIE };
	rc = gnb_domain_run(d, 1);
	check(rc == -EPIPE && strstr(gnb_domain_why(d), "exception 6"),
	      "%s: a domain that crashes: %s", type_name(d), gnb_domain_why(d));
	check(!gnb_domain_state(gnb_domain_id(d), word, sizeof(word)) && !strcmp(word, "crashed"),
	      "%s: Xen says %s", type_name(d), word);
	end(d);
}

/* Asleep in a hypercall that nothing ends. */
static void check_hang(enum gnb_domain_type type)
{
	struct gnb_domain *d = make(type);
	const uint64_t block[5] = { SCHEDOP_block };
	int64_t result;
	int rc;

	gnb_domain_set_timeout(d, 1500);
	rc = gnb_domain_hypercall(d, __HYPERVISOR_sched_op, block, &result, NULL);
	check(rc == -ETIMEDOUT && gnb_domain_run(d, 1) == -EPIPE, "%s: a domain that hangs: %s",
	      type_name(d), gnb_domain_why(d));
	end(d);
}

/* The domain's own end, the toolstack's, and calls on a channel that is broken. */
void check_death(enum gnb_domain_type type)
{
	struct gnb_domain *d = make(type);
	const uint64_t shutdown[5] = { SCHEDOP_shutdown, gnb_domain_args_address(d) };
	char word[100], command[80];
	int64_t result;
	int rc;

	*(unsigned *)gnb_domain_args(d) = SHUTDOWN_poweroff;
	rc = gnb_domain_hypercall(d, __HYPERVISOR_sched_op, shutdown, &result, NULL);
	check(rc == -EPIPE && strstr(gnb_domain_why(d), "shutdown"),
	      "%s: a domain that shuts down: %s", type_name(d), gnb_domain_why(d));
	check(gnb_domain_run(d, 1) == -EPIPE, "%s: and stays so", type_name(d));
	end(d);
	check_crash(type);
	check_hang(type);

	d = make(type);
	snprintf(command, sizeof(command), "grantbench-domain destroy %u >/dev/null 2>&1 &",
		 gnb_domain_id(d));
	/* It cannot go while it is mapped here. */
	rc = system(command);
	do
		gnb_domain_state(gnb_domain_id(d), word, sizeof(word));
	while (!strcmp(word, "running"));
	rc = gnb_domain_run(d, 1);
	check(rc == -EPIPE, "%s: a domain that is killed (%s): %s", type_name(d), word,
	      gnb_domain_why(d));
	gnb_domain_detach(d);
}

static unsigned long long free_pages(void)
{
	unsigned long long n = 0;
	FILE *f = popen("grantbench-domain memory", "r");

	if (f && fscanf(f, "free=%llu", &n) != 1)
		n = 0;
	if (f)
		pclose(f);
	return n;
}

static int domains_left(void)
{
	FILE *f = popen("grantbench-domain list", "r");
	int lines = 0, c;

	while (f && (c = fgetc(f)) != EOF)
		lines += c == '\n';
	return f && !pclose(f) ? lines : -1;
}

void check_cycles(enum gnb_domain_type type)
{
	unsigned long long before, after;
	int left;

	/* The first of its kind may leave something that the next one uses. */
	end(make(type));
	before = free_pages();
	for (unsigned i = 0; i < CYCLES; i++) {
		struct gnb_domain *d = make(type);
		uint32_t handle;

		must(d, gnb_domain_map_table(d, 2, false), "map the table");
		grant(d, 8, 1, gnb_domain_id(d), GTF_permit_access);
		if (map_one(d, 0, gnb_domain_id(d), 8, 0, &handle) != OK)
			check(0, "%s: a grant in round %u", type_name(d), i);
		end(d);
	}
	after = free_pages();
	left = domains_left();
	check(before && before == after,
	      "%s: %u domains, each with a mapping left, give back all memory: %llu pages, then "
	      "%llu",
	      type == GNB_DOMAIN_PV ? "PV" : "PVH", CYCLES, before, after);
	check(!left, "no domain is left: %d", left);
}

static void check_size(enum gnb_domain_type type, unsigned memory)
{
	struct gnb_domain_options o = { .type = type, .memory = memory };
	struct gnb_domain *d;
	char *page, buf[8] = "";
	unsigned last;

	must(NULL, gnb_domain_create(&o, &d, why, sizeof(why)), "create");
	last = gnb_domain_pages(d) - 1;
	page = gnb_domain_map(d, last, 1);
	if (page)
		strcpy(page, "the end");
	must(d, gnb_domain_read(d, gnb_domain_address(d, last), buf, sizeof(buf), 0, NULL), "read");
	check(last > (memory - 3) * 256 && !strcmp(buf, "the end"),
	      "%s of %u MiB: %u pages, to the last", type_name(d), memory, last + 1);
	check(!gnb_domain_map(d, last, 2) && errno == EINVAL, "%s: and no further", type_name(d));
	end(d);
}

/* As many of the largest as there is memory for: the next one is refused with its reason. */
static void check_shortage(enum gnb_domain_type type)
{
	struct gnb_domain_options o = { .type = type, .memory = 256 };
	struct gnb_domain *d[MANY];
	unsigned n = 0;
	int rc;

	while (n < MANY && !(rc = gnb_domain_create(&o, &d[n], why, sizeof(why))))
		n++;
	if (n == MANY)
		printf("# %u domains of 256 MiB are not enough to use up the memory of this "
		       "machine\n",
		       n);
	else
		check(rc == -EIO && strstr(why, "not free"), "%u of 256 MiB, and no more: %s", n,
		      why);
	while (n)
		end(d[--n]);
	check(!domains_left(), "none is left");
}

/* What the maker lets one choose. */
void check_options(enum gnb_domain_type type)
{
	struct gnb_domain_options o = { .type = type, .max_grant_frames = 3, .version_limit = 1 };
	struct gnttab_set_version v = { .version = 2 };
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnb_domain *d;
	int64_t rc;

	check_size(type, 8);
	check_size(type, 100);
	must(NULL, gnb_domain_create(&o, &d, why, sizeof(why)), "create");
	rc = grant_op(d, GNTTABOP_set_version, &v, sizeof(v), 1, NULL);
	check(rc == -ENOSYS, "%s: a limit to version 1 (%d)", type_name(d), (int)rc);
	rc = grant_op(d, GNTTABOP_query_size, &q, sizeof(q), 1, NULL);
	check(!rc && q.max_nr_frames == 3, "%s: at most %u frames", type_name(d), q.max_nr_frames);
	rc = gnb_domain_map_table(d, 4, false);
	check(rc == -EINVAL && !gnb_domain_map_table(d, 3, false),
	      "%s: of a fourth there is nothing to map (%d)", type_name(d), (int)rc);
	end(d);
	check_shortage(type);
}
