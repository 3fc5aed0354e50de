// SPDX-License-Identifier: GPL-2.0-only
/*
 * dom0 as a toolstack where there is no Xen: what is missing is said in one line. And what needs none: which numbers of a
 * domain are a device's memory, against a plain list; and the memory of a device, by files such as the kernel's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pci.h"
#include "spans.h"
#include "tap.h"
#include "tools.h"

#define NUMBERS 96
#define STEPS	20000

static char dir[] = "/tmp/gnb-device-XXXXXX";

static uint32_t rnd(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33) % n;
}

static void check_spans(void)
{
	struct gnb_xen_spans s = { .n = 0 };
	bool in[NUMBERS + 8] = { false };
	unsigned wrong = 0, most = 0;
	uint64_t state = 7;

	for (unsigned i = 0; i < STEPS; i++) {
		unsigned first = rnd(&state, NUMBERS), n = 1 + rnd(&state, 8);
		bool add = rnd(&state, 2);

		if (add)
			gnb_xen_spans_add(&s, first, n);
		else
			gnb_xen_spans_cut(&s, first, n);
		for (unsigned k = first; k < first + n; k++)
			in[k] = add;
		for (unsigned k = 0; k < NUMBERS + 8; k++)
			wrong += gnb_xen_spans_have(&s, k) != in[k];
		most = s.n > most ? s.n : most;
	}
	ok(!wrong && most > 8, "spans are a set, whatever is added and cut (%u of them)", most);
	/* Neighbours are one: pages that were mapped in turn do not fill it. */
	s.n = 0;
	for (unsigned i = 0; i < 10 * GNB_XEN_SPANS; i++)
		gnb_xen_spans_add(&s, i, 1);
	ok(s.n == 1 && gnb_xen_spans_room(&s), "neighbours are one span");
	for (unsigned i = 0; i < 2 * GNB_XEN_SPANS; i++)
		gnb_xen_spans_add(&s, 10000 + 2 * i, 1);
	ok(!gnb_xen_spans_room(&s) && s.n == GNB_XEN_SPANS, "and it says when it is full");
}

/* A file of the device 0000:00:03.0. */
static void file(const char *name, const char *text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/0000:00:03.0", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/0000:00:03.0/%s", dir, name);
	f = fopen(path, "we");
	if (!f)
		exit(1);
	fputs(text, f);
	fclose(f);
}

static void check_device(void)
{
	/* As of ivshmem-plain in the lab: registers, then 4 MiB. */
	static const char lab[] = "0x00000000febf1000 0x00000000febf10ff 0x0000000000040200\n"
				  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
				  "0x00000000fe400000 0x00000000fe7fffff 0x000000000014220c\n";
	const char *why = NULL;
	uint64_t first, pages;
	int rc;

	rc = gnb_xen_device_memory(dir, "0000:00:04.0", &first, &pages, &why);
	ok(rc == -ENOENT && strstr(why, "0000:00:04.0") && !pages, "a device that is not there: %s",
	   why);
	file("resource", lab);
	rc = gnb_xen_device_memory(dir, "0000:00:03.0", &first, &pages, &why);
	ok(!rc && first == 0xfe400 && pages == 1024, "its memory, and not its registers: %#lx, %lu",
	   (unsigned long)first, (unsigned long)pages);
	file("resource", "0x00000000febf1000 0x00000000febfffff 0x0000000000040200\n"
			 "0x000000000000c000 0x000000000000c0ff 0x0000000000040101\n");
	rc = gnb_xen_device_memory(dir, "0000:00:03.0", &first, &pages, &why);
	ok(rc == -EOPNOTSUPP && strstr(why, "read ahead") && !pages, "one of registers: %s", why);
	rc = gnb_xen_device_enable(dir, "0000:00:03.0", &why);
	ok(rc == -ENOENT && why, "one that cannot be enabled: %s", why);
	file("enable", "0\n");
	rc = gnb_xen_device_enable(dir, "0000:00:03.0", &why);
	ok(!rc, "one that can");
}

/* Wherever one of the devices is missing. */
static void check_missing(void)
{
	struct gnb_xen_tools *t = NULL;
	const char *why = NULL;
	unsigned version = 7;
	int rc;

	if (!access("/dev/xen/privcmd", F_OK))
		return;
	rc = gnb_xen_tools_open(1, &t, &why);
	ok(rc == -ENOENT && !t && strstr(why, "privcmd") && !strchr(why, '\n'),
	   "no toolstack without Xen: %s", why);
	rc = gnb_xen_domctl_version(&version);
	ok(rc == -ENOENT && !version, "and no version of an interface");
}

int main(void)
{
	char path[100];

	if (!mkdtemp(dir))
		return 1;
	check_spans();
	check_device();
	check_missing();
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/0000:00:03.0/%s", dir, i ? "enable" : "resource");
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/0000:00:03.0", dir);
	rmdir(path);
	rmdir(dir);
	return tap_done();
}
