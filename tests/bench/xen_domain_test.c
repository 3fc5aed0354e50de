// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains of our own where there is no Xen, or a grantbench-domain that is not what it should be:
 * each failure has its error and its one line. That they work where there is Xen is
 * tests/lab/domain.c's to show.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "domains.h"
#include "maker.h"
#include "privcmd.h"
#include "tap.h"

static char dir[] = "/tmp/gnb-domain-XXXXXX", program[64], calls[64], why[300];

/* A grantbench-domain that notes its arguments and then does what body says. */
static void fake(const char *body)
{
	FILE *f = fopen(program, "we");

	if (!f)
		exit(1);
	fprintf(f, "#!/bin/sh\necho \"$*\" >>%s\n%s\n", calls, body);
	fclose(f);
	chmod(program, 0700);
	unlink(calls);
}

static int create(void)
{
	struct gnb_domain_options o = { .type = GNB_DOMAIN_PV,
					.memory = 24,
					.max_grant_frames = 5,
					.max_maptrack_frames = 6,
					.version_limit = 1,
					.headroom = 8 };
	struct gnb_domain *d = (struct gnb_domain *)-1;
	int rc;

	why[0] = '\0';
	rc = gnb_domain_create(&o, &d, why, sizeof(why));
	/* None of these can succeed. */
	return d ? 1 : rc;
}

static bool called(const char *want)
{
	char have[300] = "";
	FILE *f = fopen(calls, "re");

	if (f) {
		have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
		fclose(f);
	}
	return !strcmp(have, want);
}

static bool one_line(const char *part)
{
	return strstr(why, part) && !strchr(why, '\n');
}

/* By its path, or by the name in PATH; a file that cannot be run is none. */
static void check_maker(void)
{
	char named[64], path[100];

	ok(!gnb_domain_maker_is_here(), "a path where there is none");
	fake("exit 0");
	ok(gnb_domain_maker_is_here(), "a path where it is");
	chmod(program, 0600);
	/* Root may do anything but run what nobody may. */
	ok(!gnb_domain_maker_is_here(), "a path where it cannot be run");
	chmod(program, 0700);
	snprintf(named, sizeof(named), "%s/grantbench-domain", dir);
	rename(program, named);
	unsetenv("GNB_DOMAIN_MAKER");
	snprintf(path, sizeof(path), "/nowhere::%s", dir);
	setenv("PATH", path, 1);
	ok(gnb_domain_maker_is_here(), "in the last folder of PATH");
	setenv("PATH", "/nowhere", 1);
	ok(!gnb_domain_maker_is_here(), "and in none of it");
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("GNB_DOMAIN_MAKER", program, 1);
	unlink(named);
}

int main(void)
{
	char word[100];
	struct gnb_domain *d;
	int rc;

	if (!mkdtemp(dir))
		return 1;
	snprintf(program, sizeof(program), "%s/maker", dir);
	snprintf(calls, sizeof(calls), "%s/calls", dir);
	setenv("GNB_DOMAIN_MAKER", program, 1);

	rc = create();
	ok(rc == -ENOENT && one_line("cannot be run"), "no program: %d, %s", rc, why);
	check_maker();
	fake("echo 'grantbench-domain: no such type' >&2; exit 2");
	rc = create();
	ok(rc == -EINVAL && one_line("no such type"), "refused options: %d, %s", rc, why);
	ok(called("create --type=pv --memory=24 --max-grant-frames=5 --max-maptrack-frames=6 "
		  "--version-limit=1 --headroom=8\n"),
	   "the options are passed on");
	fake("echo 'grantbench-domain: not dom0' >&2; exit 6");
	rc = create();
	ok(rc == -EPERM && one_line("not dom0"), "not dom0: %d, %s", rc, why);
	fake("echo 'grantbench-domain: no memory' >&2; exit 1");
	rc = create();
	ok(rc == -EIO && one_line("no memory"), "Xen refused: %d, %s", rc, why);
	fake("kill -9 $$");
	rc = create();
	ok(rc == -EIO && one_line("signal 9"), "killed: %d, %s", rc, why);
	fake("echo hello");
	rc = create();
	ok(rc == -EIO && one_line("hello"), "another answer: %d, %s", rc, why);
	/* More than the line has room for: the program must not hang on a full pipe. */
	fake("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done");
	rc = create();
	ok(rc == -EIO, "a long answer: %d", rc);
	if (access("/dev/xen/privcmd", F_OK)) {
		fake("[ $1 = destroy ] || echo 'domid=7 type=pv control=0x1234 pages=4096'");
		rc = create();
		ok(rc == -ENOENT && one_line("/dev/xen/privcmd"), "no Xen here: %d, %s", rc, why);
		ok(called("create --type=pv --memory=24 --max-grant-frames=5 "
			  "--max-maptrack-frames=6 --version-limit=1 --headroom=8\ndestroy 7\n"),
		   "a domain that cannot be attached to is destroyed");
		rc = gnb_domain_attach(7, 0x100, &d, why, sizeof(why));
		ok(rc == -ENOENT && !d && one_line("domain 7"), "attach: %d, %s", rc, why);
		ok(gnb_privcmd_open() == -ENOENT, "there is no privcmd");
	}
	fake("echo running");
	ok(!gnb_domain_state(7, word, sizeof(word)) && !strcmp(word, "running") &&
		   called("state 7\n"),
	   "the state of a domain: %s", word);
	fake("exit 1");
	ok(gnb_domain_state(7, word, sizeof(word)) == -EIO, "and none");
	fake("exit 0");
	ok(!gnb_domain_wait_gone(7, why, sizeof(why)) && called("gone 7\n"), "waiting for its end");
	fake("echo 'grantbench-domain: still mapped' >&2; exit 1");
	ok(gnb_domain_wait_gone(7, why, sizeof(why)) == -EBUSY && one_line("still mapped"),
	   "in vain: %s", why);
	/* From here on one process answers everything. */
	fake("[ $1 = serve ] || exit 9\nwhile read -r line; do\necho \"heard $line\"; echo more\n"
	     "case $line in gone*) echo exit 1;; end*) exit;; *) echo exit 0;; esac\ndone");
	ok(!gnb_domain_serve(why, sizeof(why)) && !gnb_domain_serve(why, sizeof(why)),
	   "one process for all");
	ok(!gnb_domain_state(7, word, sizeof(word)) && !strcmp(word, "heard state 7"),
	   "is asked in lines: %s", word);
	ok(gnb_domain_wait_gone(8, why, sizeof(why)) == -EBUSY && one_line("heard gone 8"),
	   "its exit codes are the program's: %s", why);
	ok(!gnb_domain_state(9, word, sizeof(word)) && !strcmp(word, "heard state 9") &&
		   called("serve\n"),
	   "and it goes on");
	unlink(program);
	unlink(calls);
	rmdir(dir);
	return tap_done();
}
