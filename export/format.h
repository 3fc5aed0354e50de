/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formats: what another program reads of a run. Each is a file of export/ with a const descriptor, registered by
 * GNB_FORMAT() and found by wildcard.
 */
#ifndef GNB_FORMAT_H
#define GNB_FORMAT_H

#include <regex.h>

#include "series.h"

/* One run on its way out. */
struct gnb_out {
	const struct gnb_rec_run *run;
	const char *classes; /* letters: only figures of these */
	regex_t *filter;     /* only series whose whole name matches; NULL: all */
	struct gnb_buf text;
	size_t written, left_out; /* figures */
	bool failed;		  /* memory ran out */
};

struct gnb_format {
	const char *name;
	const char *help;    /* one line for --help */
	const char *classes; /* what it writes if nothing is asked for */
	/* Put the run into x->text. What goes wrong is remembered in x. */
	void (*write)(struct gnb_out *x);
};

#define GNB_FORMAT(desc)                                                                           \
	static const struct gnb_format *const gnb_format_ptr_##desc                                \
		__attribute__((used, section("gnb_formats"))) = &desc

extern const struct gnb_format *const __start_gnb_formats[];
extern const struct gnb_format *const __stop_gnb_formats[];
#define gnb_for_each_format(f)                                                                     \
	for (const struct gnb_format *const *f = __start_gnb_formats; f < __stop_gnb_formats; f++)

/*
 * The series that are asked for, counted as written. Counts that nothing ever does, and those that differ from run to
 * run, are none.
 */
void gnb_out_each(struct gnb_out *x, void (*do_one)(struct gnb_out *x, const struct gnb_series *s));

/* A number as JSON has it, which is what all formats take. It has to be finite. */
void gnb_out_number(struct gnb_buf *b, double v);

/* A series' whole name, to free(). "" without memory, which is remembered. */
char *gnb_out_name(struct gnb_out *x, const struct gnb_series *s);

/* A document of JSON as text; it is freed. */
void gnb_out_json(struct gnb_out *x, struct json_object *doc);

#endif
