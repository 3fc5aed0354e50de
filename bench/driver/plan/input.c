// SPDX-License-Identifier: GPL-2.0-only
/* Files that parameters name, known by their content. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sha2.h>

#include "input.h"

struct known {
	struct known *next;
	const struct gnb_param *param;
	char *value, *path, *why;
	struct gnb_file file;
};

static struct known *all;

static void take_state(struct gnb_file *f, const struct stat *st)
{
	f->bytes = (uint64_t)st->st_size;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->sec = st->st_mtim.tv_sec;
	f->nsec = st->st_mtim.tv_nsec;
}

static int cannot(int err, char *why, size_t len)
{
	snprintf(why, len, "cannot be read: %s", strerror(err));
	return -err;
}

/* State and content of the file at f->path. 0, or -errno with what is wrong of it. */
static int take(struct gnb_file *f, char *why, size_t len)
{
	uint8_t buf[65536];
	SHA2_CTX sha;
	struct stat st;
	FILE *in;
	size_t n;
	int rc = 0;

	/* Before it is opened: that would wait for who writes into a FIFO. */
	if (stat(f->path, &st))
		return cannot(errno, why, len);
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, len, "is %s: name a regular file, which can be read more than once",
			 S_ISDIR(st.st_mode) ? "a folder" : "a device or a pipe");
		return -EINVAL;
	}
	in = fopen(f->path, "re");
	if (!in)
		return cannot(errno, why, len);
	SHA256Init(&sha);
	errno = 0;
	while ((n = fread(buf, 1, sizeof(buf), in)))
		SHA256Update(&sha, buf, n);
	if (ferror(in) || fstat(fileno(in), &st))
		rc = cannot(errno ? errno : EIO, why, len);
	fclose(in);
	SHA256End(&sha, f->sha256);
	take_state(f, &st);
	return rc;
}

static void forget(struct known *k)
{
	free(k->value);
	free(k->path);
	free(k->why);
	free(k);
}

const struct gnb_file *gnb_input_find(const struct gnb_param *p, const char *value)
{
	char path[4096], why[300], what[400] = "";
	struct known *k;
	int rc;

	for (k = all; k; k = k->next)
		if (k->param == p && !strcmp(k->value, value))
			return &k->file;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->param = p;
	k->value = strdup(value);
	rc = p->find(value, path, sizeof(path), why, sizeof(why));
	if (!rc) {
		k->file.path = k->path = strdup(path);
		rc = k->path ? take(&k->file, why, sizeof(why)) : -ENOMEM;
	}
	if (rc)
		snprintf(what, sizeof(what), "%s '%.80s%s' %s", p->name, value,
			 strlen(value) > 80 ? "..." : "", why);
	else
		rc = p->check ? p->check(path, what, sizeof(what)) : 0;
	k->file.why = k->why = rc ? strdup(what) : NULL;
	if (!k->value || rc == -ENOMEM || (rc && !k->why)) {
		forget(k);
		return NULL;
	}
	k->next = all;
	all = k;
	return &k->file;
}

static int same(const struct gnb_file *f, char *why, size_t len)
{
	struct gnb_file now = { .path = f->path };
	struct stat st;
	char what[200];

	if (f->why) {
		snprintf(why, len, "%s", f->why);
		return -EINVAL;
	}
	if (!stat(f->path, &st)) {
		take_state(&now, &st);
		if (now.bytes == f->bytes && now.dev == f->dev && now.ino == f->ino &&
		    now.sec == f->sec && now.nsec == f->nsec)
			return 0;
	}
	if (!take(&now, what, sizeof(what)) && !strcmp(now.sha256, f->sha256))
		return 0;
	snprintf(why, len, "%.120s has changed since the run began: start a new run", f->path);
	return -ESTALE;
}

int gnb_input_same(const struct gnb_cell *cell, char *why, size_t len)
{
	int rc = 0;

	for (int i = 0; i < GNB_PARAMS_MAX && !rc; i++)
		rc = cell->file[i] ? same(cell->file[i], why, len) : 0;
	return rc;
}

struct json_object *gnb_input_json(const struct gnb_cell *cell)
{
	struct json_object *o = NULL, *x;

	for (int i = 0; i < GNB_PARAMS_MAX; i++) {
		if (!cell->file[i] || cell->file[i]->why)
			continue;
		if (!o)
			o = json_object_new_object();
		x = json_object_new_object();
		json_object_object_add(x, "sha256", gnb_json_string(cell->file[i]->sha256));
		json_object_object_add(x, "bytes", json_object_new_uint64(cell->file[i]->bytes));
		json_object_object_add(o, cell->bench->params[i].name, x);
	}
	return o;
}

void gnb_input_free(void)
{
	struct known *next;

	for (; all; all = next) {
		next = all->next;
		forget(all);
	}
}
