// SPDX-License-Identifier: GPL-2.0-only
/* grantbench-dashboard: a history as static pages. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard.h"
#include "folder.h"
#include "standard.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING = 4, EXIT_ABSENT = 6, EXIT_BUSY = 8 };

/* What says that a folder is ours to replace. */
#define MARK ".grantbench-dashboard"

static const char usage[] =
	"Usage: grantbench-dashboard [OPTION]...\n"
	"Write static pages of a history (grantbench history): what moved, a page for each series, and the\n"
	"newest run's ratios. They need no network, and a browser is all that reads them.\n"
	"\n"
	"  -d, --db=FILE        the database (default: results/history.db), or a connection string of\n"
	"                       PostgreSQL: postgresql://HOST/DATABASE, 'host=HOST dbname=DATABASE'\n"
	"  -o, --out=DIR        the folder of the pages, which is replaced in whole (default:\n"
	"                       results/dashboard)\n"
	"  -h, --help           this text\n"
	"  -V, --version        the version\n"
	"\n"
	"Exit codes: 0 done; 1 failed; 2 usage, or DIR is something else; 4 the history is empty; 6 there is\n"
	"no history yet, or libpq5 is missing; 8 another process has been writing for too long.\n";

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	fputs("grantbench-dashboard: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static int put(struct gnb_dashboard *d, const char *name, const char *text)
{
	char path[5000];
	FILE *f;
	int err = 0;

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0)
		err = errno;
	if (f && fclose(f))
		err = errno;
	if (!err)
		return 0;
	say("cannot write %s: %s", path, strerror(err));
	d->failed = true;
	return -err;
}

int gnb_dashboard_write(struct gnb_dashboard *d, const char *name, struct gnb_buf *page)
{
	char *text = gnb_buf_take(page);
	int rc = text ? put(d, name, text) : -ENOMEM;

	free(text);
	return rc;
}

/* May the folder be replaced? Only one of ours, and an empty one. */
static bool ours(const char *dir)
{
	char path[5000];

	snprintf(path, sizeof(path), "%s/" MARK, dir);
	return access(dir, F_OK) || !access(path, F_OK) || !rmdir(dir);
}

/* A folder beside it, for pages that are not whole yet. */
static int begin(const char *out, char *temp, size_t len)
{
	char path[5000];
	size_t n = strlen(out);

	while (n > 1 && out[n - 1] == '/')
		n--;
	if (n + 20 > len) {
		say("--out: the name is too long");
		return -ENAMETOOLONG;
	}
	snprintf(temp, len, "%.*s.XXXXXX", (int)n, out);
	if (!mkdtemp(temp) || chmod(temp, 0755)) {
		say("cannot make a folder beside %s: %s", out, strerror(errno));
		return -EIO;
	}
	snprintf(path, sizeof(path), "%s/series", temp);
	return mkdir(path, 0755) ? -errno : 0;
}

/* The new pages take the place of the old ones at once. */
static int replace(const char *temp, const char *out)
{
	int fd = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	/* They are on the disk before they have the name. */
	if (fd >= 0) {
		syncfs(fd);
		close(fd);
	}
	rc = access(out, F_OK) ? rename(temp, out)
			       : renameat2(AT_FDCWD, temp, AT_FDCWD, out, RENAME_EXCHANGE);
	if (rc) {
		say("cannot put the pages into %s: %s", out, strerror(errno));
		return -EIO;
	}
	return 0;
}

static int failed(const struct gnb_dashboard *d, int rc)
{
	const char *why = rc == -ENOMEM ? "out of memory" : gnb_db_error(d->store->db);

	if (!d->failed)
		say("%s", why);
	if (d->failed)
		return EXIT_FAILED;
	return rc == -EBUSY    ? EXIT_BUSY
	       : rc == -ENOENT ? EXIT_ABSENT
	       : rc == -EINVAL ? EXIT_USAGE
			       : EXIT_FAILED;
}

static int dashboard(const char *db, const char *out)
{
	struct gnb_store s;
	struct gnb_dashboard d = { .store = &s };
	int rc = gnb_store_open(&s, db, false), code = EXIT_OK;
	char temp[4200] = "";

	if (rc) {
		code = failed(&d, rc);
		goto out;
	}
	if (!ours(out)) {
		say("%s: is there, and is no dashboard; name another folder with --out", out);
		code = EXIT_USAGE;
		goto out;
	}
	if (begin(out, temp, sizeof(temp))) {
		code = EXIT_FAILED;
		goto out;
	}
	d.dir = temp;
	rc = gnb_store_tracks(&s, NULL, gnb_dashboard_series, &d);
	if (!rc && d.nr)
		rc = gnb_dashboard_finish(&d);
	if (!rc && d.nr)
		rc = put(&d, MARK, "");
	if (rc) {
		code = failed(&d, rc);
	} else if (!d.nr) {
		say("%s: the history is empty", gnb_db_name(s.db));
		code = EXIT_NOTHING;
	} else if (replace(temp, out)) {
		code = EXIT_FAILED;
	} else {
		printf("%s/index.html\n", out);
	}
	/* What is left there: the pages of before, or half of new ones. */
	gnb_remove_tree(temp);
out:
	for (size_t i = 0; i < d.nr; i++)
		free(d.row[i].html);
	for (size_t i = 0; i < d.nr_ab; i++)
		free(d.ab[i].name);
	free(d.row);
	free(d.ab);
	gnb_store_close(&s);
	return code;
}

static int grantbench_dashboard(int argc, char **argv)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' },
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *db = "results/history.db", *out = "results/dashboard";
	int opt;

	while ((opt = getopt_long(argc, argv, "d:o:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			db = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		case 'V':
			puts("grantbench-dashboard " GNB_SUITE_VERSION);
			return EXIT_OK;
		default:
			fputs("Try grantbench-dashboard --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc || !*out) {
		say("%s; see --help", *out ? "it takes no argument" : "--out: name a folder");
		return EXIT_USAGE;
	}
	return dashboard(db, out);
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	return gnb_standard_close("grantbench-dashboard", grantbench_dashboard(argc, argv));
}
