/* SPDX-License-Identifier: GPL-2.0-only */
/* Drawings that gnuplot made, put into a page that holds several of them. */
#ifndef GNB_SVG_H
#define GNB_SVG_H

#include "text.h"

/* Is this a whole drawing? gnuplot can end well on a full disk and leave half of one. */
bool gnb_svg_whole(const char *svg);

/*
 * Append the <svg> element: without prolog and name-space addresses, which HTML does not need, and
 * with every id made unique by the figure's name, since gnuplot gives all drawings the same ids.
 */
void gnb_svg_inline(struct gnb_buf *b, const char *svg, const char *name, const char *description);

#endif
