/* SPDX-License-Identifier: GPL-2.0-only */
/* From benchmarks, options and the target to the cells of a run. */
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "left_out.h"
#include "param.h"
#include "part.h"
#include "plan.h"
#include "values.h"

/* A product of --set beyond this is a slip of the keyboard. */
#define CELLS_MAX 100000

static char *keep(struct gnb_plan *p, char *s)
{
	char **grown;

	if (!s)
		return NULL;
	grown = realloc(p->strings, (p->nstrings + 1) * sizeof(*grown));
	if (!grown) {
		free(s);
		return NULL;
	}
	p->strings = grown;
	grown[p->nstrings++] = s;
	return s;
}

/* Characters that would make a name ambiguous or unprintable become '_'. */
static void put_word(FILE *f, const char *s)
{
	for (; *s; s++)
		fputc(isalnum((unsigned char)*s) || strchr("._+-=", *s) ? *s : '_', f);
}

/* A file of the user's is called by the end of its path and by its content: another content is another cell, and no
 * two files are taken for one. */
static char *cell_name(const struct gnb_bench *b, const struct gnb_target *t,
		       const char *const *value, const struct gnb_file *const *file)
{
	char *name = NULL;
	size_t len;
	FILE *f = open_memstream(&name, &len);

	if (!f)
		return NULL;
	fputs(b->name, f);
	for (int i = 0; b->params && b->params[i].name; i++) {
		if (!gnb_param_means(t, b->params[i].name))
			continue;
		fprintf(f, "/%s:", b->params[i].name);
		if (file[i] && !file[i]->why && strchr(value[i], '/')) {
			put_word(f, strrchr(value[i], '/') + 1);
			fprintf(f, "@%.12s", file[i]->sha256);
		} else {
			put_word(f, value[i]);
		}
	}
	if (fclose(f)) {
		free(name);
		return NULL;
	}
	return name;
}

/* What the target leaves no choice of is so for benchmarks without such a parameter, too. */
static int set_fixed(struct gnb_machine_config *m, const struct gnb_target *t)
{
	const struct gnb_fixed *f = t->fixed ? t->fixed() : NULL;
	int rc = 0;

	for (; f && f->param && !rc; f++)
		if (f->value)
			rc = gnb_machine_set(m, f->param, f->value);
	return rc;
}

/* Add a cell unless it is there. 0, -ENOMEM, -E2BIG, -EPROTO for a machine that does not exist. */
static int add(struct gnb_plan *p, const struct gnb_bench *b, const struct gnb_target *t,
	       const char *const *value, const char *axis, bool headline)
{
	struct gnb_plan_cell c = { .axis = axis, .headline = headline }, *grown, *old;
	char *name;

	for (int i = 0; b->params && b->params[i].name; i++) {
		if (!b->params[i].find || !gnb_param_means(t, b->params[i].name))
			continue;
		c.cell.file[i] = gnb_input_find(&b->params[i], value[i]);
		if (!c.cell.file[i])
			return -ENOMEM;
	}
	name = keep(p, cell_name(b, t, value, c.cell.file));
	if (!name)
		return -ENOMEM;
	old = gnb_plan_find(p, name);
	if (old) {
		old->headline |= headline;
		return 0;
	}
	if (p->n == CELLS_MAX)
		return -E2BIG;
	c.cell.bench = b;
	c.cell.target = t;
	c.cell.name = name;
	if (set_fixed(&c.cell.machine, t))
		return -EPROTO;
	for (int i = 0; b->params && b->params[i].name; i++) {
		c.cell.value[i] = value[i];
		if (gnb_param_means(t, b->params[i].name) &&
		    gnb_machine_set(&c.cell.machine, b->params[i].name, value[i]))
			return -EPROTO;
	}
	grown = realloc(p->cells, (p->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->cells = grown;
	grown[p->n++] = c;
	return 0;
}

/* The centre, with what the target leaves no choice of. */
static void centre(const struct gnb_bench *b, const struct gnb_target *t, const char **value)
{
	for (int i = 0; b->params && b->params[i].name; i++) {
		const struct gnb_fixed *f = gnb_target_fixed(t, b->params[i].name);

		value[i] = f && f->value ? f->value : b->params[i].centre;
	}
}

/* The next of comma-separated values, kept by the plan; NULL at the end. */
static char *next_value(struct gnb_plan *p, const char **list)
{
	size_t n = strcspn(*list, ",");
	char *v;

	if (!n)
		return NULL;
	v = keep(p, strndup(*list, n));
	*list += n + ((*list)[n] == ',');
	return v;
}

/*
 * The centre values with the overrides of "key=value;key=value" over them; *differs is how many
 * there are, *axis the last. 0, -ENOMEM, -EPROTO for a key that does not exist.
 */
static int centre_with(struct gnb_plan *p, const struct gnb_bench *b, const struct gnb_target *t,
		       const char *text, const char **value, int *differs, const char **axis)
{
	char *copy = keep(p, strdup(text)), *save = NULL;

	*differs = 0;
	*axis = NULL;
	if (!copy)
		return -ENOMEM;
	centre(b, t, value);
	for (char *kv = strtok_r(copy, ";", &save); kv; kv = strtok_r(NULL, ";", &save)) {
		char *eq = strchr(kv, '=');
		int i;

		if (!eq)
			return -EPROTO;
		*eq = '\0';
		i = gnb_param_index(b, kv);
		if (i < 0)
			return -EPROTO;
		if (gnb_target_fixed(t, kv))
			continue;
		value[i] = eq + 1;
		if (strcmp(eq + 1, b->params[i].centre)) {
			++*differs;
			*axis = b->params[i].name;
		}
	}
	return 0;
}

static int add_set(struct gnb_plan *p, const struct gnb_bench *b, const struct gnb_target *t,
		   const char *text, bool headline)
{
	const char *value[GNB_PARAMS_MAX], *axis;
	int differs, rc = centre_with(p, b, t, text, value, &differs, &axis);

	return rc ? rc : add(p, b, t, value, differs > 1 ? "set" : axis, headline);
}

/* Is v one of comma-separated values? */
static bool listed(const char *list, const char *v)
{
	size_t n;

	for (; *list; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (n == strlen(v) && !strncmp(list, v, n))
			return true;
	}
	return false;
}

/* A centre with more threads than a sweep that ends with this machine's cores has is one for another machine. */
static bool is_here(const struct gnb_bench *b, const char *const *value)
{
	int i = gnb_param_index(b, "threads");

	return i < 0 || !b->params[i].sweep || listed(b->params[i].sweep, value[i]);
}

/* A centre, and each axis walked from it. What lies on two walks is one cell. */
static int walk_axes(struct gnb_plan *p, const struct gnb_bench *b, const struct gnb_target *t,
		     const char *text)
{
	const char *value[GNB_PARAMS_MAX], *axis;
	int differs, rc = centre_with(p, b, t, text, value, &differs, &axis);

	if (!rc && !is_here(b, value))
		return 0;
	if (!rc)
		rc = add(p, b, t, value, differs > 1 ? "set" : axis, false);
	for (int i = 0; !rc && b->params && b->params[i].name; i++) {
		const char *sweep = b->params[i].sweep ? b->params[i].sweep : "", *v,
			   *at = value[i];

		if (gnb_target_fixed(t, b->params[i].name))
			continue;
		while (!rc && (v = next_value(p, &sweep))) {
			value[i] = v;
			rc = add(p, b, t, value, b->params[i].name, false);
		}
		value[i] = at;
	}
	return rc;
}

static int plan_default(struct gnb_plan *p, const struct gnb_bench *b, const struct gnb_target *t,
			bool counts_only)
{
	static const char *const one[] = { "", NULL };
	const char *const *centres = b->centres ? b->centres : one;
	int rc = 0;

	for (int i = 0; !rc && centres[i]; i++)
		rc = walk_axes(p, b, t, centres[i]);
	for (int i = 0; !rc && b->headline && b->headline[i]; i++)
		rc = add_set(p, b, t, b->headline[i], true);
	for (int i = 0; !rc && counts_only && b->counted && b->counted[i]; i++)
		rc = add_set(p, b, t, b->counted[i], false);
	return rc;
}

static bool applies(const struct gnb_set *s, const struct gnb_bench *b)
{
	return (!s->bench || !strcmp(s->bench, b->name)) && gnb_param_index(b, s->key) >= 0;
}

/* With --set a benchmark takes part if it has every key asked of all, or if a key names it. */
static bool set_selects(const struct gnb_options *o, const struct gnb_bench *b)
{
	bool all = false;

	for (unsigned i = 0; i < o->sets; i++) {
		if (o->set[i].bench) {
			if (applies(&o->set[i], b))
				return true;
			continue;
		}
		if (!applies(&o->set[i], b))
			return false;
		all = true;
	}
	return all;
}

/* Say what the values of a parameter are, in each benchmark where they differ. Returns -EINVAL. */
static int bad_value(const struct gnb_set *s, const char *v, size_t n, char *err, size_t len)
{
	char first[128] = "", words[128], all[400] = "";
	size_t at = 0;
	bool differ = false;

	gnb_for_each_bench (b) {
		if (!applies(s, *b))
			continue;
		gnb_param_words(&(*b)->params[gnb_param_index(*b, s->key)], words, sizeof(words));
		if (!*first)
			snprintf(first, sizeof(first), "%s", words);
		differ |= strcmp(first, words) != 0;
		if (at < sizeof(all))
			at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s in %s",
					       at ? ", " : "", words, (*b)->name);
	}
	snprintf(err, len, "--set %.80s: %s is %s, not '%.*s'", s->text, s->key,
		 differ ? all : first, n < 80 ? (int)n : 80, v);
	return -EINVAL;
}

/* Say what is wrong with a file, and what may have been meant. Returns -EINVAL. */
static int bad_file(const struct gnb_options *o, const struct gnb_set *s, const struct gnb_param *p,
		    const struct gnb_file *file, char *err, size_t len)
{
	char path[GNB_VALUE_MAX + 1], why[300];
	const char *hint = "";

	if (strchr(s->values, ',') && !p->find(s->values, path, sizeof(path), why, sizeof(why)))
		hint = "; a comma separates values: give the file a name without one";
	else if (o->resume && *s->values != '/')
		hint = "; it is looked for from here: resume in the folder in which the run began";
	snprintf(err, len, "--set %.80s: %s%s", s->text, file->why, hint);
	return -EINVAL;
}

/* One value of a --set: some benchmark has to take it, and what it names has to be there. */
static int check_value(const struct gnb_options *o, const struct gnb_set *s, const char *v,
		       size_t n, char *err, size_t len)
{
	const struct gnb_file *file;
	char value[GNB_VALUE_MAX + 1];
	bool taken = false;

	gnb_for_each_bench (b) {
		const struct gnb_param *p;

		if (!applies(s, *b))
			continue;
		p = &(*b)->params[gnb_param_index(*b, s->key)];
		if (!gnb_param_takes(p, v, n))
			continue;
		taken = true;
		snprintf(value, sizeof(value), "%.*s", (int)n, v);
		file = p->find ? gnb_input_find(p, value) : NULL;
		if (p->find && !file)
			return -ENOMEM;
		if (file && file->why)
			return bad_file(o, s, p, file, err, len);
	}
	return taken ? 0 : bad_value(s, v, n, err, len);
}

static int check_sets(const struct gnb_options *o, const struct gnb_target *t, char *err,
		      size_t len)
{
	for (unsigned i = 0; i < o->sets; i++) {
		const struct gnb_set *s = &o->set[i];
		bool key = false;

		gnb_for_each_bench (b)
			key |= applies(s, *b);
		if (!key) {
			snprintf(
				err, len,
				"--set %s: no benchmark%s%s has a parameter '%s'; grantbench --list shows them",
				s->text, s->bench ? " " : "", s->bench ? s->bench : "", s->key);
			return -EINVAL;
		}
		if (!gnb_param_means(t, s->key)) {
			snprintf(err, len, "--set %s: %s means nothing on target %s: %s", s->text,
				 s->key, t->name, gnb_target_fixed(t, s->key)->why);
			return -EINVAL;
		}
		for (const char *v = s->values; *v;) {
			size_t n = strcspn(v, ",");

			if (check_value(o, s, v, n, err, len))
				return -EINVAL;
			v += n + (v[n] == ',');
		}
	}
	return 0;
}

static int product(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_bench *b,
		   const struct gnb_target *t, const char **value, unsigned at, bool varied)
{
	const struct gnb_set *s = &o->set[at];
	const char *list, *v, *before;
	int i, rc = 0;

	if (at == o->sets)
		return varied ? add(p, b, t, value, "set", true) : 0;
	if (!applies(s, b))
		return product(p, o, b, t, value, at + 1, varied);
	i = gnb_param_index(b, s->key);
	before = value[i];
	list = s->values;
	while (!rc && (v = next_value(p, &list))) {
		/* A value that only another benchmark has is left out here. */
		if (!gnb_param_takes(&b->params[i], v, strlen(v)))
			continue;
		value[i] = v;
		rc = product(p, o, b, t, value, at + 1, true);
	}
	value[i] = before;
	return rc;
}

static int filter(struct gnb_plan *p, const char *text, char *err, size_t len)
{
	bool negate = *text == '-';
	regex_t re;
	size_t n = 0;
	int rc = regcomp(&re, text + negate, REG_EXTENDED | REG_NOSUB);

	if (rc) {
		char why[128];

		regerror(rc, &re, why, sizeof(why));
		snprintf(err, len, "--filter=%s: not a POSIX extended regular expression: %s", text,
			 why);
		return -EINVAL;
	}
	for (size_t i = 0; i < p->n; i++)
		if ((regexec(&re, p->cells[i].cell.name, 0, NULL, 0) == 0) != negate)
			p->cells[n++] = p->cells[i];
	regfree(&re);
	p->n = n;
	return 0;
}

int gnb_plan_make(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_target *t,
		  char *err, size_t len)
{
	int rc = 0;

	memset(p, 0, sizeof(*p));
	if (o->sets && check_sets(o, t, err, len))
		return -EINVAL;
	gnb_for_each_bench (b) {
		const char *value[GNB_PARAMS_MAX];
		size_t before = p->n;

		if (o->sets) {
			if (!set_selects(o, *b))
				continue;
			centre(*b, t, value);
			rc = product(p, o, *b, t, value, 0, false);
		} else if ((*b)->in_default || (o->filter && strstr(o->filter, (*b)->name))) {
			rc = plan_default(p, *b, t, o->counts_only);
			if (!rc && p->n - before > GNB_PLAN_FAMILY_MAX)
				rc = -E2BIG;
		}
		if (rc == -E2BIG)
			snprintf(err, len, "%s: more than %d cells%s", (*b)->name,
				 o->sets ? CELLS_MAX : GNB_PLAN_FAMILY_MAX,
				 o->sets ? "; narrow --set" : " in the default plan");
		else if (rc == -EPROTO)
			snprintf(err, len,
				 "%s: its description names a parameter or value that does not "
				 "exist",
				 (*b)->name);
		if (rc)
			return rc == -E2BIG && o->sets ? -EINVAL : rc == -E2BIG ? -EPROTO : rc;
	}
	if (o->filter) {
		rc = filter(p, o->filter, err, len);
		if (rc)
			return rc;
	}
	rc = gnb_plan_here(p, o, t);
	if (rc)
		return rc;
	if (!p->n) {
		if (o->filter)
			snprintf(
				err, len,
				"no cell matches --filter=%s; grantbench --dry-run lists the names",
				o->filter);
		else
			snprintf(err, len,
				 "no benchmark has all parameters of --set; grantbench --list "
				 "shows which has what");
		return -EINVAL;
	}
	return o->part ? gnb_part_take(p, o->part, err, len) : 0;
}
