// SPDX-License-Identifier: GPL-2.0-only
/* A table of all rows for spreadsheets and scripts: what summary.csv in the run's folder is. */
#include "export.h"
#include "format.h"

static void csv(struct gnb_out *x)
{
	gnb_export_csv(x->run, &x->text);
	for (const char *s = x->text.s; s && *s; s++)
		x->written += *s == '\n';
	/* The header is no figure. */
	x->written -= x->written > 0;
}

static const struct gnb_format format = {
	.name = "csv",
	.help = "a table of all rows, RFC 4180",
	.classes = NULL,
	.write = csv,
};
GNB_FORMAT(format);
