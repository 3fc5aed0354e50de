// SPDX-License-Identifier: GPL-2.0-only
/* Reading fio's iologs. */
#include "iolog.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX (GNB_IOLOG_LINE_MAX / 2 + 1)
#define FILES_MAX  65535

/* A part of the buffer; not terminated. */
struct str {
	const char *p;
	size_t len;
};

struct file {
	struct str name;
	unsigned run;	      /* the last that added it; what the next two say is of that run */
	unsigned added, open; /* how often: fio's filename=x:x is two files of one name */
};

struct parser {
	struct gnb_iolog *log;
	const char *name;
	size_t line; /* from 1 */
	int version; /* of the run that the line is in */
	char *why;
	size_t whylen;
	size_t rec_cap;
	struct file *file;
	unsigned file_cap;
	unsigned *hash; /* index of a file + 1; open addressing, at most half full */
	unsigned hash_size;
};

/* Actions with an offset and a length. */
static const struct {
	const char *name;
	enum gnb_iolog_op op;
} io_actions[] = {
	{ "read", GNB_IOLOG_READ },
	{ "write", GNB_IOLOG_WRITE },
	{ "trim", GNB_IOLOG_TRIM },
	{ "sync", GNB_IOLOG_SYNC },
	{ "datasync", GNB_IOLOG_SYNC },
	{ "syncfs", GNB_IOLOG_SYNC },
	{ "sync_file_range", GNB_IOLOG_SYNC },
	{ "wait", GNB_IOLOG_WAIT },
};

static bool str_is(struct str s, const char *lit)
{
	return s.len == strlen(lit) && !memcmp(s.p, lit, s.len);
}

static bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* Write the reason with file and line in front. Always -EINVAL. */
static int __attribute__((format(printf, 2, 3))) bad(struct parser *ps, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(ps->why, ps->whylen, "%s:%zu: ", ps->name, ps->line);

	if (n >= 0 && (size_t)n < ps->whylen) {
		va_start(ap, fmt);
		vsnprintf(ps->why + n, ps->whylen - n, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

/* A field for a message: short, and nothing that a terminal or a JSON file would stumble over. */
static const char *quote(struct str s, char out[32])
{
	size_t n = s.len > 24 ? 24 : s.len;

	for (size_t i = 0; i < n; i++)
		out[i] = isprint((unsigned char)s.p[i]) ? s.p[i] : '?';
	strcpy(out + n, s.len > n ? "..." : "");
	return out;
}

/* A decimal number without sign, at most max. */
static int number(struct parser *ps, struct str s, const char *what, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	char q[32];

	if (s.len && s.p[0] == '-')
		return bad(ps, "%s '%s' is negative: correct it or remove the line", what,
			   quote(s, q));
	for (size_t i = 0; i < s.len; i++) {
		unsigned d = (unsigned char)s.p[i] - '0';

		if (d > 9)
			return bad(ps, "%s '%s' is not a number: write it with digits only", what,
				   quote(s, q));
		if (v > (max - d) / 10)
			return bad(ps, "%s '%s' is too large: at most %llu", what, quote(s, q),
				   (unsigned long long)max);
		v = v * 10 + d;
	}
	*out = v;
	return 0;
}

static unsigned hash_of(struct str s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

/* The slot of a name: its file's, or the free one where it belongs. */
static unsigned *file_slot(struct parser *ps, struct str name)
{
	unsigned mask = ps->hash_size - 1;
	unsigned i = hash_of(name) & mask;

	while (ps->hash[i] && !str_eq(ps->file[ps->hash[i] - 1].name, name))
		i = (i + 1) & mask;
	return &ps->hash[i];
}

static int files_grow(struct parser *ps)
{
	unsigned cap = ps->file_cap ? ps->file_cap * 2 : 16;
	struct file *f = realloc(ps->file, cap * sizeof(*f));
	unsigned *h;

	if (!f)
		return -ENOMEM;
	ps->file = f;
	h = calloc(cap * 2, sizeof(*h));
	if (!h)
		return -ENOMEM;
	free(ps->hash);
	ps->hash = h;
	ps->hash_size = cap * 2;
	ps->file_cap = cap;
	for (unsigned i = 0; i < ps->log->nr_files; i++)
		*file_slot(ps, ps->file[i].name) = i + 1;
	return 0;
}

/* What else may be wrong in a file of several runs. */
static const char *jobs(const struct parser *ps)
{
	return ps->log->nr_runs > 1
		       ? "; if several jobs wrote this file at the same time, give each a file of its own"
		       : "";
}

/* The file of that name that this run has added, or NULL. */
static struct file *known(struct parser *ps, struct str name)
{
	unsigned *slot = ps->hash_size ? file_slot(ps, name) : NULL;
	struct file *f = slot && *slot ? &ps->file[*slot - 1] : NULL;

	return f && f->run == ps->log->nr_runs ? f : NULL;
}

static int not_added(struct parser *ps, struct str name)
{
	char q[32];

	return bad(ps, "'%s' was not added: put an add line for it in front%s", quote(name, q),
		   jobs(ps));
}

static int file_action(struct parser *ps, struct str name, struct str act)
{
	unsigned *slot;
	struct file *f;
	char q[32];

	if (ps->log->nr_files == ps->file_cap) {
		int err = files_grow(ps);

		if (err)
			return err;
	}
	slot = file_slot(ps, name);
	if (str_is(act, "add")) {
		f = *slot ? &ps->file[*slot - 1] : NULL;
		if (f && f->run == ps->log->nr_runs) {
			f->added++;
			return 0;
		}
		if (f) {
			*f = (struct file){ .name = name, .run = ps->log->nr_runs, .added = 1 };
			return 0;
		}
		if (name.len > GNB_IOLOG_NAME_MAX)
			return bad(ps, "file name of %zu bytes: at most %d", name.len,
				   GNB_IOLOG_NAME_MAX);
		if (ps->log->nr_files == FILES_MAX)
			return bad(ps, "more than %d files: split the trace", FILES_MAX);
		ps->file[ps->log->nr_files] =
			(struct file){ .name = name, .run = ps->log->nr_runs, .added = 1 };
		*slot = ++ps->log->nr_files;
		return 0;
	}
	f = known(ps, name);
	if (!f)
		return not_added(ps, name);
	if (str_is(act, "open")) {
		if (f->open == f->added)
			return bad(
				ps,
				"'%s' is open already: remove this line, or add the missing close%s",
				quote(name, q), jobs(ps));
		f->open++;
		return 0;
	}
	if (!f->open)
		return bad(ps, "'%s' is not open: remove this line, or add the missing open%s",
			   quote(name, q), jobs(ps));
	f->open--;
	return 0;
}

static int io_action(struct parser *ps, enum gnb_iolog_op op, uint64_t at, struct str name,
		     struct str offset, struct str length)
{
	struct gnb_iolog *log = ps->log;
	uint64_t off, len;
	struct file *f = known(ps, name);
	bool data = op == GNB_IOLOG_READ || op == GNB_IOLOG_WRITE || op == GNB_IOLOG_TRIM;
	char q[32];
	int err;

	if (op == GNB_IOLOG_WAIT && ps->version == 3)
		return bad(ps, "version 3 has no wait: remove the line, the times in front say it");
	if (!f)
		return not_added(ps, name);
	if (!f->open && op != GNB_IOLOG_WAIT)
		return bad(ps, "'%s' is not open: put an open line for it in front%s",
			   quote(name, q), jobs(ps));
	err = number(ps, offset, "offset", INT64_MAX, &off);
	if (!err)
		err = number(ps, length, "length", UINT32_MAX, &len);
	if (err)
		return err;
	if (data && !len)
		return bad(ps, "length is 0: remove the line");
	if (off > (uint64_t)INT64_MAX - len)
		return bad(ps, "offset plus length is above 2^63: correct the offset");

	if (log->n == ps->rec_cap) {
		size_t cap = ps->rec_cap ? ps->rec_cap * 2 : 256;
		struct gnb_iolog_rec *r = realloc(log->rec, cap * sizeof(*r));

		if (!r)
			return -ENOMEM;
		log->rec = r;
		ps->rec_cap = cap;
	}
	log->rec[log->n++] = (struct gnb_iolog_rec){
		.offset = off, .at_us = at, .len = len, .file = (uint16_t)(f - ps->file), .op = op
	};
	log->count[op]++;
	return 0;
}

static bool is_file_action(struct str s)
{
	return str_is(s, "add") || str_is(s, "open") || str_is(s, "close");
}

static bool is_io_action(struct str s)
{
	for (size_t i = 0; i < sizeof(io_actions) / sizeof(io_actions[0]); i++)
		if (str_is(s, io_actions[i].name))
			return true;
	return false;
}

/*
 * A name may have spaces, and fio writes it as it is. Then what the line does is told by its end. Make one field of the
 * name, if there is such a file or it is added here; returns the number of fields.
 */
static unsigned join_name(struct parser *ps, struct str *f, unsigned n)
{
	unsigned k = n > 2 && is_file_action(f[n - 1]) ? n - 1
		     : n > 4 && is_io_action(f[n - 3]) ? n - 3
						       : 0;
	struct str name = { f[0].p, 0 };

	/* A number in front is more likely to be a time, of a line that belongs into version 3. */
	if (k < 2 || (ps->version == 2 && strspn(f[0].p, "0123456789") >= f[0].len))
		return n;
	name.len = (size_t)(f[k - 1].p + f[k - 1].len - name.p);
	if (!str_is(f[k], "add") && !known(ps, name))
		return n;
	f[0] = name;
	for (unsigned i = k; i < n; i++)
		f[i - k + 1] = f[i];
	return n - k + 1;
}

static int action(struct parser *ps, struct str *f, unsigned n)
{
	unsigned at_front = ps->version == 3;
	struct str act;
	uint64_t at = 0;
	char q[32];
	int err;

	if (n < at_front + 2)
		return bad(ps, "%u field%s: expected '%sfile action', and for I/O 'offset length'",
			   n, n == 1 ? "" : "s", at_front ? "time " : "");
	if (at_front) {
		err = number(ps, f[0], "time", INT64_MAX, &at);
		if (err)
			return err;
	}
	f += at_front;
	n = join_name(ps, f, n - at_front);
	act = f[1];
	if (is_file_action(act)) {
		if (n != 2)
			return bad(ps, "more than an action: remove what follows '%s'",
				   quote(act, q));
		return file_action(ps, f[0], act);
	}
	for (size_t i = 0; i < sizeof(io_actions) / sizeof(io_actions[0]); i++) {
		if (!str_is(act, io_actions[i].name))
			continue;
		if (n != 4)
			return bad(
				ps,
				"%s needs an offset and a length, and nothing more: has %u field%s",
				io_actions[i].name, n - 2, n == 3 ? "" : "s");
		return io_action(ps, io_actions[i].op, at, f[0], f[2], f[3]);
	}
	return bad(ps,
		   "unknown action '%s': use add, open, close, read, write, trim, sync, datasync, "
		   "sync_file_range or syncfs, and add a file before it is used",
		   quote(act, q));
}

/* One line without its end. */
static int line(struct parser *ps, struct str s)
{
	struct str f[FIELDS_MAX];
	unsigned n = 0;
	size_t i = 0;
	int err;

	if (s.len > GNB_IOLOG_LINE_MAX)
		return bad(ps, "line of %zu bytes: at most %d", s.len, GNB_IOLOG_LINE_MAX);
	for (size_t k = 0; k < s.len; k++)
		if (iscntrl((unsigned char)s.p[k]) && s.p[k] != '\t')
			return bad(ps, "byte 0x%02x is not text: %s", (unsigned char)s.p[k],
				   ps->line == 1 ? "this is not an iolog of fio"
						 : "the file is damaged here, write it anew");
	/* Every run of fio, and every job, begins with a header: files are added anew then. */
	if (str_is(s, "fio version 2 iolog") || str_is(s, "fio version 3 iolog")) {
		ps->version = s.p[12] - '0';
		if (!ps->log->nr_runs++)
			ps->log->version = ps->version;
		return 0;
	}
	if (s.len > 12 && !memcmp(s.p, "fio version ", 12))
		return bad(ps, "only versions 2 and 3 are read: write the trace with fio 3");
	if (ps->line == 1)
		return bad(ps, "not an iolog of fio: expected 'fio version 2 iolog' or "
			       "'fio version 3 iolog'");
	for (;;) {
		while (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t'))
			i++;
		if (i == s.len || n == FIELDS_MAX)
			break;
		f[n].p = s.p + i;
		while (i < s.len && s.p[i] != ' ' && s.p[i] != '\t')
			i++;
		f[n].len = s.p + i - f[n].p;
		n++;
	}
	if (!n)
		return bad(ps, "empty line: remove it");
	err = action(ps, f, n);
	if (err == -EINVAL && memmem(s.p, s.len, "fio version ", 12))
		bad(ps, "a header within a line: several jobs wrote this file at the same time; "
			"give each a file of its own");
	return err;
}

int gnb_iolog_parse(struct gnb_iolog *log, const char *name, const char *buf, size_t len, char *why,
		    size_t whylen)
{
	struct parser ps = { .log = log, .name = name, .line = 1, .why = why, .whylen = whylen };
	size_t pos = 0;
	int err = 0;

	memset(log, 0, sizeof(*log));
	if (whylen)
		why[0] = '\0';
	if (!len)
		err = bad(&ps, "the file is empty: expected 'fio version 2 iolog' or "
			       "'fio version 3 iolog'");
	while (!err && pos < len) {
		const char *nl = memchr(buf + pos, '\n', len - pos);
		struct str s = { buf + pos, (nl ? (size_t)(nl - buf) : len) - pos };

		pos += s.len + 1;
		if (nl && s.len && s.p[s.len - 1] == '\r')
			s.len--;
		err = line(&ps, s);
		/* "4096" cut down to "40" is still a number: only the line's end tells. */
		if (!err && !nl)
			err = bad(&ps,
				  "the last line has no end, the file may be cut short: write it "
				  "anew, or end the line if it is whole");
		ps.line++;
	}
	if (err == -ENOMEM)
		snprintf(why, whylen, "%s: out of memory", name);
	free(ps.file);
	free(ps.hash);
	if (err)
		gnb_iolog_free(log);
	return err;
}

int gnb_iolog_load(struct gnb_iolog *log, const char *path, char *why, size_t whylen)
{
	FILE *f = fopen(path, "re");
	char *buf = NULL;
	size_t len = 0, cap = 0, got;
	int err = 0;

	memset(log, 0, sizeof(*log));
	if (!f) {
		err = -errno;
		snprintf(why, whylen, "%s: %s", path, strerror(-err));
		return err;
	}
	do {
		if (len == cap) {
			char *p;

			cap = cap ? cap * 2 : 65536;
			p = realloc(buf, cap);
			if (!p) {
				err = -ENOMEM;
				snprintf(why, whylen, "%s: out of memory", path);
				goto out;
			}
			buf = p;
		}
		errno = 0;
		got = fread(buf + len, 1, cap - len, f);
		len += got;
		if (len > GNB_IOLOG_SIZE_MAX) {
			err = -EFBIG;
			snprintf(why, whylen, "%s: larger than 1 GiB: replay a part of it", path);
			goto out;
		}
	} while (got);
	if (ferror(f)) {
		err = errno ? -errno : -EIO;
		snprintf(why, whylen, "%s: %s", path, strerror(-err));
		goto out;
	}
	err = gnb_iolog_parse(log, path, buf, len, why, whylen);
out:
	free(buf);
	fclose(f);
	return err;
}

void gnb_iolog_free(struct gnb_iolog *log)
{
	free(log->rec);
	memset(log, 0, sizeof(*log));
}
