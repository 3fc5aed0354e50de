// SPDX-License-Identifier: GPL-2.0-only
/* What commands that come to a verdict have in common: where it is told, and the exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "options.h"
#include "rec.h"
#include "tell.h"
#include "verdict.h"

static int complain(const struct gnb_comparison *c, const char *text)
{
	fprintf(stderr, "%s: %s\n", gnb_tell_command(c), text);
	return GNB_EXIT_FAIL;
}

bool gnb_verdict_percent(const char *s, double *v)
{
	char text[64], *end;

	snprintf(text, sizeof(text), "%s", s);
	end = strchr(text, '%');
	if (end && !end[1])
		*end = '\0';
	if (!gnb_rec_number(text, v) || *v < 0 || *v > 1000)
		return false;
	*v /= 100;
	return true;
}

bool gnb_verdict_names(const char *list, const char *const *names, size_t n, unsigned *to)
{
	*to = 0;
	for (const char *p = list;;) {
		size_t k = strcspn(p, ","), i;

		for (i = 0; i < n && (strlen(names[i]) != k || strncmp(names[i], p, k)); i++)
			;
		if (i == n)
			return false;
		*to |= 1u << i;
		if (!p[k])
			return true;
		p += k + 1;
	}
}

bool gnb_verdict_fail_on(const char *list, unsigned *to)
{
	*to = 0;
	return !strcmp(list, "none") || gnb_verdict_names(list, gnb_cmp_names, GNB_CMP_SAME, to);
}

static bool is_format(const char *s)
{
	return !strcmp(s, "console") || !strcmp(s, "markdown") || !strcmp(s, "junit") ||
	       !strcmp(s, "json");
}

const char *gnb_verdict_option(struct gnb_verdict_where *w, int option, const char *v)
{
	if (option == 'j')
		w->json = v;
	else if (option == 'm')
		w->markdown = v;
	else if (option == 'u')
		w->junit = v;
	else if (option == 'l')
		w->all = true;
	else
		w->format = v;
	return option != 'F' || is_format(v) ? NULL
					     : "write --format=console, markdown, junit or json";
}

static char *text_of(const struct gnb_comparison *c, const char *format, bool all, int code)
{
	struct gnb_buf b = { 0 };
	struct json_object *doc;

	if (!strcmp(format, "console")) {
		gnb_tell_console(c, all, &b);
	} else if (!strcmp(format, "markdown")) {
		gnb_tell_markdown(c, &b);
	} else if (!strcmp(format, "junit")) {
		gnb_tell_junit(c, &b);
	} else {
		doc = gnb_tell_json(c, code);
		if (!doc)
			return NULL;
		gnb_buf_fmt(&b, "%s\n",
			    json_object_to_json_string_ext(
				    doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(doc);
	}
	return gnb_buf_take(&b);
}

/* Into a file, whole or not at all. An exit code. */
static int write_file(const struct gnb_comparison *c, const char *path, const char *format,
		      int code)
{
	char *text = text_of(c, format, true, code), *dir = strdup(path), *slash, err[600];
	int rc = -ENOMEM;

	if (text && dir) {
		slash = strrchr(dir, '/');
		if (slash)
			*slash = '\0';
		rc = gnb_file_write(!slash	   ? "."
				    : slash == dir ? "/"
						   : dir,
				    slash ? slash + 1 : dir, text);
	}
	free(text);
	free(dir);
	if (!rc)
		return GNB_EXIT_OK;
	snprintf(err, sizeof(err), "cannot write %.400s: %s", path, strerror(-rc));
	return complain(c, err);
}

int gnb_verdict_tell(const struct gnb_verdict_where *w, const struct gnb_comparison *c)
{
	int code = c->refused	  ? GNB_EXIT_REFUSED
		   : c->failing	  ? GNB_EXIT_REGRESSION
		   : c->untrusted ? GNB_EXIT_UNTRUSTED
				  : GNB_EXIT_OK;
	char *text = text_of(c, w->format, w->all, code);

	if (!text)
		return complain(c, "out of memory");
	fputs(text, stdout);
	free(text);
	if (w->json && write_file(c, w->json, "json", code))
		return GNB_EXIT_FAIL;
	if (w->markdown && write_file(c, w->markdown, "markdown", code))
		return GNB_EXIT_FAIL;
	if (w->junit && write_file(c, w->junit, "junit", code))
		return GNB_EXIT_FAIL;
	return code;
}
