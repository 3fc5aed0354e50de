/* SPDX-License-Identifier: GPL-2.0-only */
/* What each benchmark measures, in words. */
#ifndef GNB_DESCRIBE_H
#define GNB_DESCRIBE_H

#include <stddef.h>

/* What is known of a benchmark by its name. Never NULL; unknown names get a general text. */
struct gnb_about {
	const char *name, *measures, *not_shown;
};
const struct gnb_about *gnb_about(const char *name);

/* The i-th benchmark that has a text, or NULL. */
const char *gnb_about_name(size_t i);

#endif
