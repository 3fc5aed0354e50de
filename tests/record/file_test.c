/* SPDX-License-Identifier: GPL-2.0-only */
/* Growing texts, and files that appear whole or not at all. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "tap.h"
#include "text.h"

#define WRITERS 3
#define TIMES	40

static char dir[] = "/tmp/gnb_file_test_XXXXXX";

static bool holds(const char *name, const char *want)
{
	char path[300], *text;
	size_t len = 0;
	bool same;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	text = gnb_file_read(path, &len);
	same = text && len == strlen(want) && !strcmp(text, want);
	free(text);
	return same;
}

static bool absent(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) && errno == ENOENT;
}

static void texts(void)
{
	struct gnb_buf b = { 0 };
	char *s = gnb_buf_take(&b);

	ok(s && !*s, "nothing added: an empty text");
	free(s);
	gnb_buf_add(&b, "a");
	gnb_buf_fmt(&b, "%d%s", 12, "bc");
	gnb_buf_addn(&b, "defg", 2);
	ok(b.len == 7 && !strcmp(b.s, "a12bcde"), "strings, formats and bytes one after the other");
	s = gnb_buf_take(&b);
	ok(s && !b.s && !b.len, "a text that was taken leaves none");
	free(s);
	gnb_buf_add(&b, "kept");
	gnb_buf_addn(&b, "x", SIZE_MAX / 2);
	gnb_buf_add(&b, "more");
	ok(b.failed && !strcmp(b.s, "kept"), "memory that cannot be had is remembered");
	ok(!gnb_buf_take(&b) && !b.failed, "and told to whoever takes the text");
}

static void whole(void)
{
	char path[300];
	size_t len;

	ok(!gnb_file_write(dir, "a", "one") && holds("a", "one"), "written and read");
	ok(!gnb_file_write(dir, "a", "two") && holds("a", "two"), "and written anew");
	ok(absent("a.tmp"), "no temporary file is left");
	snprintf(path, sizeof(path), "%s/a.tmp", dir);
	mkdir(path, 0700);
	ok(gnb_file_write(dir, "a", "three") == -EISDIR && holds("a", "two"),
	   "what cannot be written leaves the old file");
	rmdir(path);
	snprintf(path, sizeof(path), "%s/none", dir);
	ok(gnb_file_write(path, "a", "x") == -ENOENT, "no folder: -ENOENT");
	gnb_file_write(dir, "drawn", "four");
	ok(!gnb_file_commit(dir, "drawn", "a") && holds("a", "four") && absent("drawn"),
	   "somebody else's file gets the name");
	ok(gnb_file_commit(dir, "drawn", "a") == -ENOENT && holds("a", "four"),
	   "one that is not there does not");
	ok(!gnb_file_read(dir, &len) && errno == EISDIR, "a folder is no file");
	ok(!gnb_file_read(path, &len) && errno == ENOENT, "nor is what is not there");
}

/* A text that shows where it was cut or mixed: one digit, many times. */
static void fill(char *text, size_t size, int digit)
{
	memset(text, '0' + digit, size - 1);
	text[size - 1] = '\0';
}

static void writers(void)
{
	static char text[200000];
	bool good = true;

	fill(text, sizeof(text), 0);
	gnb_file_write(dir, "shared", text);
	for (int w = 0; w < WRITERS; w++)
		if (!fork()) {
			int rc = 0;

			for (int i = 0; i < TIMES && !rc; i++) {
				fill(text, sizeof(text), w);
				rc = gnb_file_write(dir, "shared", text);
			}
			_exit(rc != 0);
		}
	for (int left = WRITERS, status; left;) {
		char path[300], *seen;
		size_t len = 0;

		snprintf(path, sizeof(path), "%s/shared", dir);
		seen = gnb_file_read(path, &len);
		good &= seen && len == sizeof(text) - 1 &&
			strspn(seen, (char[]){ *seen, 0 }) == len;
		free(seen);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			good &= status == 0;
			left--;
		}
	}
	ok(good, "several writers of one name: a reader sees one of them, whole");
	ok(absent("shared.tmp"), "and no temporary file is left");
}

int main(void)
{
	static const char *const names[] = { "a", "shared" };

	if (!mkdtemp(dir))
		return 1;
	texts();
	whole();
	writers();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[300];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
	return tap_done();
}
