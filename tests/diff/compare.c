// SPDX-License-Identifier: GPL-2.0-only
/* Traces side by side. */
#include "run.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copy a line, up to the newline, without the numbers behind the names of handles: h3/17. */
static const char *take_line(char *to, const char *from, bool raw)
{
	size_t n = 0;

	while (*from && *from != '\n') {
		if (!raw && from[0] == '/' && n && isdigit((unsigned char)to[n - 1]) &&
		    isdigit((unsigned char)from[1])) {
			size_t k = n;

			while (k && isdigit((unsigned char)to[k - 1]))
				k--;
			if (k && to[k - 1] == 'h') {
				for (from++; isdigit((unsigned char)*from); from++)
					;
				continue;
			}
		}
		if (n < DIFF_LINE - 1)
			to[n++] = *from;
		from++;
	}
	to[n] = 0;
	return *from ? from + 1 : from;
}

/* The next line that another hypervisor could have, too: what hv says of its own insides is no
 * result. */
static const char *next_line(char *to, const char *from, bool raw)
{
	do
		from = take_line(to, from, raw);
	while (!strncmp(to, "= broken", 8));
	return from;
}

bool diff_texts(const char *a, const char *b, bool raw, struct diff_where *w)
{
	unsigned id, dom;

	for (w->line = 1; *a || *b; w->line++) {
		a = next_line(w->a, a, raw);
		b = next_line(w->b, b, raw);
		if (!strcmp(w->a, w->b))
			continue;
		if (sscanf(w->a, "%u d%u %15s", &id, &dom, w->kind) != 3)
			strcpy(w->kind, "state");
		return true;
	}
	return false;
}

/* The length of the operation in a line, or 0. */
static size_t op_length(const char *line)
{
	const char *p = strstr(line, " -> ");

	return p ? (size_t)(p - line) : 0;
}

/* The piece of a list between semicolons at *at, which moves on; NULL at the end. */
static const char *piece(const char **at, int *len)
{
	const char *p = *at + strspn(*at, " ");

	if (!*p)
		return NULL;
	*len = (int)strcspn(p, ";");
	*at = p + *len + (p[*len] == ';');
	return p;
}

/* Structures that differ in what came back, each with what went in. False: it is not that simple.
 */
static bool print_items(const struct diff_where *w, size_t n, const char *name_a,
			const char *name_b, FILE *f)
{
	const char *ra = strstr(w->a + n, " | "), *rb = strstr(w->b + n, " | "), *in;
	int used = 0, ni, na, nb;
	unsigned i, printed = 0;
	char op[DIFF_LINE];

	if (!ra || !rb || ra - w->a != rb - w->b || strncmp(w->a, w->b, (size_t)(ra - w->a)))
		return false;
	memcpy(op, w->a, n);
	op[n] = 0;
	if (sscanf(op, "%*u %*s %*s%n", &used) != 0 || !used)
		return false;
	in = op + used;
	ra += 3;
	rb += 3;
	fprintf(f, "  %.*s\n", used, op);
	for (i = 0;; i++) {
		const char *pi = piece(&in, &ni), *pa = piece(&ra, &na), *pb = piece(&rb, &nb);

		if (!pi || !pa || !pb)
			return printed;
		if (na == nb && !strncmp(pa, pb, (size_t)na))
			continue;
		if (printed++ < 4)
			fprintf(f, "    [%u] %.*s\n        %-4s %.*s\n        %-4s %.*s\n", i, ni,
				pi, name_a, na, pa, name_b, nb, pb);
	}
}

void diff_where_print(const struct diff_where *w, const char *name_a, const char *name_b, FILE *f)
{
	size_t n = op_length(w->a);

	if (n && n == op_length(w->b) && !strncmp(w->a, w->b, n)) {
		if (print_items(w, n, name_a, name_b, f))
			return;
		fprintf(f, "  %.*s\n    %-4s %s\n    %-4s %s\n", (int)n, w->a, name_a, w->a + n + 1,
			name_b, w->b + n + 1);
		return;
	}
	fprintf(f, "    %-4s %s\n    %-4s %s\n", name_a, w->a[0] ? w->a : "(no more)", name_b,
		w->b[0] ? w->b : "(no more)");
}

/* The whole of the next sub-stream's text, or NULL. To be freed. */
static char *next_text(FILE *f)
{
	static char s[DIFF_LINE];
	size_t len = 0;
	char *text = NULL;
	FILE *to = NULL;
	long at;

	for (at = ftell(f); fgets(s, sizeof(s), f); at = ftell(f)) {
		if (!strncmp(s, "# substream", 11)) {
			if (to) {
				fseek(f, at, SEEK_SET);
				break;
			}
			to = open_memstream(&text, &len);
			if (!to)
				return NULL;
		}
		if (to)
			fputs(s, to);
	}
	if (to)
		fclose(to);
	return text;
}

long diff_files(const char *name_a, const char *name_b, bool raw, FILE *out)
{
	static struct diff_where w;
	FILE *a = fopen(name_a, "r"), *b = fopen(name_b, "r");
	long differ = -ENOENT;
	unsigned line = 1;

	if (!a || !b)
		goto close;
	for (differ = 0;;) {
		char *ta = next_text(a), *tb = next_text(b);

		if (!ta && !tb)
			break;
		if (diff_texts(ta ? ta : "", tb ? tb : "", raw, &w)) {
			differ++;
			fprintf(out, "%s:%u: %.*s\n", name_a, line + w.line - 1,
				(int)strcspn(ta ? ta : tb, "\n"), ta ? ta : tb);
			diff_where_print(&w, "1:", "2:", out);
		}
		for (const char *p = ta; p && *p; p++)
			line += *p == '\n';
		free(ta);
		free(tb);
	}
close:
	if (a)
		fclose(a);
	if (b)
		fclose(b);
	return differ;
}

static char *replay_text(struct diff_backend *b, struct diff_list *l)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int rc;

	if (!f)
		return NULL;
	rc = diff_replay(b, l, f, NULL);
	if (rc && rc != -EUCLEAN)
		fprintf(f, "= no domains: %d\n", rc);
	fclose(f);
	return text;
}

bool diff_both(struct diff_backend *a, struct diff_backend *b, struct diff_list *l, bool raw,
	       struct diff_where *w)
{
	char *ta = replay_text(a, l), *tb = replay_text(b, l);
	bool differ = diff_texts(ta ? ta : "", tb ? tb : "", raw, w);

	free(ta);
	free(tb);
	return differ;
}
