// SPDX-License-Identifier: GPL-2.0-only
/* Part of grantbench-domain: what it says: its help, and what Xen tells of domains and of the machine. */
#include "maker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void usage(void)
{
	puts("Usage: grantbench-domain create --type=TYPE [OPTION]...\n"
	     "       grantbench-domain destroy|kill|gone|state DOMID\n"
	     "       grantbench-domain list|memory|rivals|serve\n"
	     "Make and end domains of our own in dom0 of a Xen machine; only what it made it ends.\n"
	     "\n"
	     "  create    make a domain, wait until it is ready, print one line: domid=, type=,\n"
	     "            control= (frame), pages=\n"
	     "  destroy   end a domain that this program made\n"
	     "  kill      the same without waiting until it is gone\n"
	     "  gone      wait until it is\n"
	     "  state     one word: running, crashed, shutdown, dying or gone\n"
	     "  list      the domains that this program made\n"
	     "  memory    free memory of the machine, in pages\n"
	     "  rivals    the rivals of version 3 that Xen says it was booted with\n"
	     "  serve     do these commands from standard input, a line each; after each answer,\n"
	     "            'exit CODE'\n"
	     "\n"
	     "  --type=TYPE               pvh or pv\n"
	     "  --kernel=FILE             what it boots (the image beside this program,\n"
	     "                            grantbench-domain-pvh or -pv)\n"
	     "  --memory=MIB              its memory (16)\n"
	     "  --max-grant-frames=N      the limit of its grant table (Xen's own)\n"
	     "  --max-maptrack-frames=N   and of its handles (Xen's own)\n"
	     "  --version-limit=N         the highest version of grant tables, 1 or 2 (2)\n"
	     "  --headroom=PAGES          of memory that it may still get\n"
	     "  --peer=DOMID              the domain that it grants to\n"
	     "  -h, --help                this text\n"
	     "\n"
	     "Exit codes: 0 done; 1 Xen refused, or the domain did not start; 2 usage; 6 this is not\n"
	     "dom0 of a Xen machine.");
}

/* 0 and *info, or -ESRCH. */
int look_up(uint32_t domid, xc_domaininfo_t *info)
{
	int n = xc_domain_getinfolist(xch, domid, 1, info);

	if (n < 0)
		die(EXIT_XEN, "Xen does not tell its domains: %s", strerror(errno));
	return n == 1 && info->domain == domid ? 0 : -ESRCH;
}

bool is_ours(const xc_domaininfo_t *info)
{
	return !memcmp(info->handle, our_name, sizeof(our_name));
}

const char *state_of(const xc_domaininfo_t *info)
{
	unsigned reason = info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	if (info->flags & XEN_DOMINF_dying)
		return "dying";
	if (info->flags & XEN_DOMINF_shutdown)
		return reason == SHUTDOWN_crash ? "crashed" : "shutdown";
	return "running";
}

void state(const char *arg)
{
	uint32_t domid = number("DOMID", arg, 0, DOMID_FIRST_RESERVED - 1);
	xc_domaininfo_t info;

	open_xen();
	puts(look_up(domid, &info) ? "gone" : state_of(&info));
}

void list(void)
{
	xc_domaininfo_t info[64];
	uint32_t first = 0;
	int n;

	open_xen();
	while ((n = xc_domain_getinfolist(xch, first, 64, info)) > 0) {
		for (int i = 0; i < n; i++)
			if (is_ours(&info[i]))
				printf("domid=%u type=%s state=%s pages=%llu\n", info[i].domain,
				       info[i].flags & XEN_DOMINF_hvm_guest ? "pvh" : "pv",
				       state_of(&info[i]), (unsigned long long)info[i].tot_pages);
		first = info[n - 1].domain + 1u;
	}
	if (n < 0)
		die(EXIT_XEN, "Xen does not tell its domains: %s", strerror(errno));
}

void memory(void)
{
	xc_physinfo_t info;

	open_xen();
	if (xc_physinfo(xch, &info))
		die(EXIT_HERE, "Xen does not answer: this has to be root in dom0 (%s)",
		    strerror(errno));
	/* What waits to be scrubbed is counted as free already. */
	printf("free=%llu total=%llu\n", (unsigned long long)info.free_pages,
	       (unsigned long long)info.total_pages);
}

/* As its boot messages have them: what only a command line asks for, a Xen without them does not say. */
void rivals(void)
{
	static const char line[] = "Grant tables: version 1 with";
	static char log[1 << 20];
	unsigned len = sizeof(log) - 1, index = 0;
	const char *at;

	open_xen();
	if (xc_readconsolering(xch, log, &len, 0, 0, &index))
		die(EXIT_HERE, "Xen does not show its messages: %s", strerror(errno));
	log[len] = '\0';
	at = strstr(log, line);
	printf("rivals%.*s\n", at ? (int)strcspn(at + sizeof(line) - 1, "\r\n") : 0,
	       at ? at + sizeof(line) - 1 : "");
}
