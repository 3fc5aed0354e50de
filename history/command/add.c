// SPDX-License-Identifier: GPL-2.0-only
/* add and prune: runs come in, and go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "load.h"

/* What a run is called: the end of its path, whatever link led there. */
static char *name_of(const char *dir)
{
	char *real = realpath(dir, NULL), *slash = real ? strrchr(real, '/') : NULL, *name;

	name = strdup(slash && slash[1] ? slash + 1 : dir);
	free(real);
	return name;
}

/* Runs on their way in. A database that fails one fails those that are left as well: it is told once. */
struct adding {
	struct gnb_store store;
	bool over;
};

static int add_run(struct adding *a, const struct gnb_rec_run *r, const char *dir, const char *name)
{
	static const char *const said[] = {
		[GNB_ADDED] = "added",
		[GNB_GREW] = "has grown, replaced",
		[GNB_THERE] = "was there",
	};
	enum gnb_added what = GNB_THERE;
	size_t len, points = 0;
	char *path, *text;
	int rc;

	if (asprintf(&path, "%s/cells.jsonl", dir) < 0)
		return gnb_history_failed(&a->store, -ENOMEM);
	text = gnb_file_read(path, &len);
	if (!text) {
		gnb_history_say("cannot read %s: %s", path, strerror(errno));
		free(path);
		return EXIT_FAILED;
	}
	rc = gnb_store_add(&a->store, r, name, text, len, &what, &points);
	free(text);
	free(path);
	a->over = rc && rc != -EILSEQ;
	if (rc)
		return gnb_history_failed(&a->store, rc);
	if (what == GNB_THERE)
		printf("%s: %s\n", dir, said[what]);
	else
		printf("%s: %s, %zu figures\n", dir, said[what], points);
	/* Whoever reads the line may count on it. */
	fflush(stdout);
	return EXIT_OK;
}

static int add_folder(struct adding *a, const char *dir, const char *name)
{
	struct gnb_rec_run run;
	const char *status;
	char err[8500];
	int rc = gnb_rec_load(&run, dir, err, sizeof(err));

	if (rc) {
		gnb_history_say("%s", err);
		return rc == -EIO || rc == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
	}
	status = gnb_json_get_string(run.manifest, "status", "");
	if (!strcmp(status, "running")) {
		gnb_history_say(
			"%s: the run goes on or was killed; finish it with grantbench --resume=%s",
			dir, dir);
		rc = EXIT_USAGE;
	} else if (run.no_cells) {
		gnb_history_say("%s: the run has no cells", dir);
		rc = EXIT_USAGE;
	} else {
		rc = add_run(a, &run, dir, name);
	}
	gnb_rec_free(&run);
	return rc;
}

/* A run, and the same cells in instructions where they were counted. */
static int add_both(struct adding *a, const char *dir)
{
	char *name = name_of(dir), *more = NULL, *more_name = NULL, *manifest = NULL;
	int rc = EXIT_FAILED;

	if (name && asprintf(&more, "%s/instructions", dir) >= 0 &&
	    asprintf(&manifest, "%s/manifest.json", more) >= 0 &&
	    asprintf(&more_name, "%s/instructions", name) >= 0) {
		rc = add_folder(a, dir, name);
		if (!rc && !access(manifest, F_OK))
			rc = add_folder(a, more, more_name);
	}
	free(name);
	free(more);
	free(more_name);
	free(manifest);
	return rc;
}

int gnb_history_add(const struct gnb_history_options *o)
{
	struct adding a = { .over = false };
	int rc = gnb_store_open(&a.store, o->db, true), code = EXIT_OK;

	/* Nothing is written into a file that is damaged somewhere else. */
	if (!rc)
		rc = gnb_db_check(a.store.db);
	if (rc)
		code = gnb_history_failed(&a.store, rc);
	for (int i = 0; !rc && !a.over && i < o->nr_folders; i++) {
		int one = add_both(&a, o->folder[i]);

		/* One that cannot be added keeps no other out. */
		code = code ? code : one;
	}
	gnb_store_close(&a.store);
	return code;
}

int gnb_history_prune(const struct gnb_history_options *o)
{
	struct gnb_store s;
	int64_t gone = 0;
	int rc = gnb_store_open(&s, o->db, false), code = EXIT_OK;

	if (!rc)
		rc = gnb_db_check(s.db);
	if (!rc)
		rc = gnb_store_prune(&s, o->keep, o->before, &gone);
	if (rc)
		code = gnb_history_failed(&s, rc);
	else
		printf("%lld runs forgotten\n", (long long)gone);
	gnb_store_close(&s);
	return code;
}
