/* SPDX-License-Identifier: GPL-2.0-only */
/* --target=NAME[:KEY=VALUE[,KEY=VALUE]...] */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "target_arg.h"

#define GIVEN_MAX 16
#define WORD_MAX  64

static struct {
	char key[WORD_MAX], value[WORD_MAX];
} given[GIVEN_MAX];
static unsigned givens;

/* What there is, for messages: "; it has granter=self, ..." */
static void list_options(const struct gnb_target *t, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	for (const struct gnb_target_option *k = t->options; k && k->key && n < len; k++)
		n += (size_t)snprintf(buf + n, len - n, "%s%s=%s", n ? ", " : "", k->key,
				      k->values);
	if (!n)
		snprintf(buf, len, "no options");
}

static bool known(const struct gnb_target *t, const char *key)
{
	for (const struct gnb_target_option *k = t->options; k && k->key; k++)
		if (!strcmp(k->key, key))
			return true;
	return false;
}

/* One KEY=VALUE of n characters. */
static int take(const struct gnb_target *t, const char *word, size_t n, const char *text, char *err,
		size_t len)
{
	const char *eq = memchr(word, '=', n), *why = NULL;
	size_t klen = eq ? (size_t)(eq - word) : 0, vlen = eq ? n - klen - 1 : 0;
	char has[200];

	list_options(t, has, sizeof(has));
	if (!klen || !vlen || klen >= WORD_MAX || vlen >= WORD_MAX) {
		snprintf(err, len, "--target=%s: write --target=NAME:KEY=VALUE[,KEY=VALUE...]",
			 text);
		return -EINVAL;
	}
	if (givens == GIVEN_MAX) {
		snprintf(err, len, "--target=%s: more than %d options", text, GIVEN_MAX);
		return -EINVAL;
	}
	snprintf(given[givens].key, WORD_MAX, "%.*s", (int)klen, word);
	snprintf(given[givens].value, WORD_MAX, "%.*s", (int)vlen, eq + 1);
	for (unsigned i = 0; i < givens; i++)
		if (!strcmp(given[i].key, given[givens].key)) {
			snprintf(err, len, "--target=%s: %s is given twice", text, given[i].key);
			return -EINVAL;
		}
	if (!known(t, given[givens].key)) {
		snprintf(err, len, "--target=%s: %s has no option '%s'; it has %s", text, t->name,
			 given[givens].key, has);
		return -EINVAL;
	}
	if (t->option(given[givens].key, given[givens].value, &why)) {
		snprintf(err, len, "--target=%s: %s cannot be '%s': %s; there is %s", text,
			 given[givens].key, given[givens].value, why ? why : "no such value", has);
		return -EINVAL;
	}
	givens++;
	return 0;
}

int gnb_target_arg(const char *text, const struct gnb_target **t, char *err, size_t len)
{
	size_t n = text ? strcspn(text, ":") : 0;
	char name[WORD_MAX];
	int rc = 0;

	givens = 0;
	*t = gnb_target_default();
	if (!text)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	*t = gnb_target_find(name);
	if (!*t) {
		size_t k = (size_t)snprintf(err, len,
					    "--target=%s: not in this build, which has:", text);

		gnb_for_each_target (x)
			if (k < len)
				k += (size_t)snprintf(err + k, len - k, " %s", (*x)->name);
		return -ENOENT;
	}
	if (text[n] && !text[n + 1]) {
		snprintf(err, len, "--target=%s: write --target=%s, or options behind the colon",
			 text, name);
		return -EINVAL;
	}
	for (const char *p = text + n + !!text[n]; *p && !rc;) {
		size_t k = strcspn(p, ",");

		rc = take(*t, p, k, text, err, len);
		p += k + (p[k] == ',');
	}
	return rc;
}

struct json_object *gnb_target_given(void)
{
	struct json_object *o = json_object_new_object();

	for (unsigned i = 0; i < givens; i++)
		json_object_object_add(o, given[i].key, gnb_json_string(given[i].value));
	return o;
}

static void add_fact(void *arg, const char *key, const char *value)
{
	json_object_object_add(arg, key, gnb_json_string(value));
}

struct json_object *gnb_target_facts(const struct gnb_target *t)
{
	struct json_object *o;

	if (!t->facts)
		return NULL;
	o = json_object_new_object();
	t->facts(add_fact, o);
	return o;
}
