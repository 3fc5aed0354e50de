// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stale drawings: a figure that a report no longer has would be taken for one of its figures. Which files are a report's
 * own, the report itself says, and the head of its data files.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "program.h"
#include "stale.h"

static const char mark[] = "<figure id=\"fig-";

/* The name of the figure that text begins with, or NULL. A new string. */
static char *name_of(const char *text)
{
	const char *end = strchr(text, '"');

	/* What gnb_slug() makes has no slash, so it cannot lead elsewhere. */
	return end && end > text && end - text < 200 && !memchr(text, '/', (size_t)(end - text))
		       ? gnb_strf("%.*s", (int)(end - text), text)
		       : NULL;
}

/* Its data file is a report's. */
static bool is_ours(const char *dat)
{
	static const char head[] = "# grantbench plot data";
	size_t len;
	char *text = gnb_file_read(dat, &len);
	bool ours = text && !strncmp(text, head, sizeof(head) - 1);

	free(text);
	return ours;
}

/* Has the page this figure, and its drawing? */
static bool shows(const char *page, const char *name, bool *drawing)
{
	char *id = gnb_strf("%s%s\"", mark, name);
	const char *at = strstr(page, id), *svg = at ? strstr(at, "<svg") : NULL,
		   *end = at ? strstr(at, "</figure>") : NULL;

	*drawing = svg && end && svg < end;
	free(id);
	return at;
}

void gnb_remove_stale(const char *dir, const char *before, const char *page)
{
	for (const char *p = before ? strstr(before, mark) : NULL; p; p = strstr(p, mark)) {
		char *name, *dat, *svg;
		bool drawing;

		p += sizeof(mark) - 1;
		name = name_of(p);
		if (!name)
			continue;
		dat = gnb_strf("%s/%s.dat", dir, name);
		svg = gnb_strf("%s/%s.svg", dir, name);
		if (is_ours(dat)) {
			bool here = shows(page, name, &drawing);

			if (!drawing)
				unlink(svg);
			if (!here)
				unlink(dat);
		}
		free(name);
		free(dat);
		free(svg);
	}
}
