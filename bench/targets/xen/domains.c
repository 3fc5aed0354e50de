/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains made and ended by the program grantbench-domain. */
#include "domains.h"

#include <errno.h>
#include <stdio.h>

#include "maker.h"

/* what: a command of the program that takes a domain. */
static int end(const char *what, uint16_t domid, char *why, size_t len)
{
	char id[8], line[GNB_DOMAIN_LINE];
	char *argv[] = { (char *)gnb_domain_maker(), (char *)what, id, NULL };
	int rc;

	snprintf(id, sizeof(id), "%u", domid);
	rc = gnb_domain_ask(argv, line);
	if (rc)
		snprintf(why, len, "%s", line);
	return rc ? -EBUSY : 0;
}

/* Exit codes of the program, see its --help. */
static int error_of(int code)
{
	switch (code) {
	case 2:
		return -EINVAL;
	case 6:
		return -EPERM;
	default:
		return code < 0 ? code : -EIO;
	}
}

int gnb_domain_create(const struct gnb_domain_options *o, struct gnb_domain **d, char *why,
		      size_t len)
{
	char memory[32], grant[40], maptrack[40], version[32], room[32], line[GNB_DOMAIN_LINE];
	char *argv[12] = { (char *)gnb_domain_maker(), "create" };
	unsigned domid, n = 2;
	unsigned long long control;
	int rc;

	*d = NULL;
	argv[n++] = o->type == GNB_DOMAIN_PV ? "--type=pv" : "--type=pvh";
	if (o->memory) {
		snprintf(memory, sizeof(memory), "--memory=%u", o->memory);
		argv[n++] = memory;
	}
	if (o->max_grant_frames) {
		snprintf(grant, sizeof(grant), "--max-grant-frames=%u", o->max_grant_frames);
		argv[n++] = grant;
	}
	if (o->max_maptrack_frames) {
		snprintf(maptrack, sizeof(maptrack), "--max-maptrack-frames=%u",
			 o->max_maptrack_frames);
		argv[n++] = maptrack;
	}
	if (o->version_limit) {
		snprintf(version, sizeof(version), "--version-limit=%u", o->version_limit);
		argv[n++] = version;
	}
	if (o->headroom) {
		snprintf(room, sizeof(room), "--headroom=%u", o->headroom);
		argv[n++] = room;
	}
	rc = gnb_domain_ask(argv, line);
	if (rc) {
		snprintf(why, len, "%s", line);
		return error_of(rc);
	}
	if (sscanf(line, "domid=%u type=%*s control=%llx", &domid, &control) != 2) {
		snprintf(why, len, "%s said '%.100s'", argv[0], line);
		return -EIO;
	}
	rc = gnb_domain_attach((uint16_t)domid, control, d, why, len);
	if (rc) {
		char ignored[GNB_DOMAIN_LINE];

		end("destroy", (uint16_t)domid, ignored, sizeof(ignored));
	}
	return rc;
}

int gnb_domain_destroy(struct gnb_domain *d, char *why, size_t len)
{
	uint16_t domid = gnb_domain_id(d);

	gnb_domain_detach(d);
	return end("destroy", domid, why, len);
}

int gnb_domain_kill(struct gnb_domain *d, char *why, size_t len)
{
	uint16_t domid = gnb_domain_id(d);

	gnb_domain_detach(d);
	return end("kill", domid, why, len);
}

int gnb_domain_wait_gone(uint16_t domid, char *why, size_t len)
{
	return end("gone", domid, why, len);
}
