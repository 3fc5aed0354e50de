// SPDX-License-Identifier: GPL-2.0-only
/* Running gnuplot. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"
#include "fig.h"
#include "file.h"
#include "program.h"
#include "svg.h"

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char *copy = gnb_strf("%s", path ? path : "/usr/local/bin:/usr/bin:/bin");
	char *next = copy, *dir;
	bool found = false;

	while (!found && (dir = strsep(&next, ":"))) {
		char *file = gnb_strf("%s/%s", *dir ? dir : ".", program);
		struct stat st;

		found = !stat(file, &st) && S_ISREG(st.st_mode) && !access(file, X_OK);
		free(file);
	}
	free(copy);
	return found;
}

int gnb_figs_init(struct gnb_figs *f, struct gnb_rec_run *r, struct gnb_rec_run *exact,
		  struct gnb_doc *d, const char *scripts, bool no_plots)
{
	memset(f, 0, sizeof(*f));
	f->run = r;
	f->exact = exact;
	f->doc = d;
	f->scripts = scripts;
	f->dir = gnb_strf("%s/plots", r->dir);
	if (gnb_controls_of(&f->controls, r, exact)) {
		gnb_complain("out of memory");
		return 1;
	}
	f->draw = no_plots		? GNB_DRAW_OFF
		  : !in_path("gnuplot") ? GNB_DRAW_NO_GNUPLOT
		  : !scripts		? GNB_DRAW_NO_SCRIPTS
					: GNB_DRAW;
	if (mkdir(f->dir, 0777) && errno != EEXIST) {
		gnb_complain("cannot make %s: %s", f->dir, strerror(errno));
		return 1;
	}
	return 0;
}

void gnb_figs_free(struct gnb_figs *f)
{
	gnb_controls_free(&f->controls);
	free(f->dir);
	f->dir = NULL;
}

struct gnb_reading gnb_reading_of(const struct gnb_figs *f, const struct gnb_rec_cell *cell,
				  const struct gnb_rec_estimate *e)
{
	return gnb_read(&f->controls, cell, e);
}

bool gnb_drifted(const struct gnb_figs *f, const struct gnb_rec_cell *cell,
		 const struct gnb_rec_estimate *e)
{
	struct gnb_rec_estimate base;
	struct gnb_reading r;
	double seems;

	if (!e->ratio_to || e->row->class != 'X' ||
	    !gnb_estimate_of(cell, e->ratio_to, e->row->metric, &base))
		return false;
	r = gnb_reading_of(f, cell, e);
	seems = e->value.value / base.value.value;
	switch (r.verdict) {
	case GNB_CHEAPER:
	case GNB_DEARER:
		return (seems > 1) != (e->ratio.value > 1);
	case GNB_NO_DIFFERENCE:
		return fabs(seems - 1) > r.threshold;
	default:
		return false;
	}
}

/* In the child: gnuplot without the user's settings, its messages into fd, nothing on stdout. */
static void exec_gnuplot(char *const argv[], int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dup2(fd, STDERR_FILENO);
	setenv("LC_ALL", "C", 1);
	unsetenv("GNUTERM");
	execvp("gnuplot", argv);
	_exit(127);
}

/* 0, or non-zero with the first lines of what gnuplot said in msg. */
static int run_gnuplot(char *const argv[], char *msg, size_t len)
{
	char chunk[512];
	size_t used = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	*msg = '\0';
	if (pipe2(fds, O_CLOEXEC)) {
		snprintf(msg, len, "%s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		exec_gnuplot(argv, fds[1]);
	close(fds[1]);
	while (pid > 0 &&
	       ((n = read(fds[0], chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))) {
		for (ssize_t i = 0; i < n && used + 1 < len; i++)
			if (used || chunk[i] != '\n')
				msg[used++] = chunk[i] == '\n' || chunk[i] == '\t' ? ' ' : chunk[i];
		msg[used] = '\0';
	}
	close(fds[0]);
	if (pid < 0) {
		snprintf(msg, len, "%s", strerror(errno));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* Why a file cannot hold what a drawing may need, or 0: gnuplot itself does not say so. */
static int full(const char *path)
{
	static const char zeroes[1 << 18];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, zeroes, sizeof(zeroes));
	if (n < 0)
		err = -errno;
	else if ((size_t)n < sizeof(zeroes))
		err = -ENOSPC;
	if (fsync(fd) && !err && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

/* Draw name.svg. Its text, or NULL after a line on stderr. The caller frees it. */
static char *draw(struct gnb_figs *f, const char *name, const char *script,
		  const char *const args[GNB_FIG_ARGS], const char *title)
{
	struct gnb_buf set = { 0 };
	char *gp = gnb_strf("%s/%s.gp", f->scripts, script),
	     *dat = gnb_strf("%s/%s.dat", f->dir, name);
	char *tmp = gnb_strf("%s.svg.tmp.%ld", name, (long)getpid());
	char *out = gnb_strf("%s/%s", f->dir, tmp), *final = gnb_strf("%s.svg", name);
	char *argv[10 + GNB_FIG_ARGS] = { "gnuplot",	      "-d", "-e", NULL, "-c", gp,
					  (char *)f->scripts, dat,  out };
	char msg[400], *svg = NULL;
	size_t n = 9, len;
	int status;

	for (size_t i = 0; i < GNB_FIG_ARGS; i++)
		argv[n++] = (char *)(args[i] ? args[i] : "");
	gnb_buf_add(&set, "title=\"");
	gnb_buf_plain(&set, title);
	gnb_buf_add(&set, "\"");
	argv[3] = gnb_take(&set);
	status = run_gnuplot(argv, msg, sizeof(msg));
	svg = status ? NULL : gnb_file_read(out, &len);
	if (!svg || !gnb_svg_whole(svg)) {
		if (gnb_written(full(out), f->dir, final))
			f->io_error = 1;
		else
			gnb_complain("gnuplot failed on %s with %s: %s", dat, gp,
				     *msg     ? msg
				     : status ? "it was not able to run"
					      : "the drawing is not complete");
		unlink(out);
		free(svg);
		svg = NULL;
		f->failed++;
	} else if (gnb_written(gnb_file_commit(f->dir, tmp, final), f->dir, final)) {
		free(svg);
		svg = NULL;
		f->io_error = 1;
	}
	free(argv[3]);
	free(gp);
	free(dat);
	free(tmp);
	free(out);
	free(final);
	return svg;
}

void gnb_fig(struct gnb_figs *f, const char *name, const char *script, const struct gnb_buf *dat,
	     const char *const args[GNB_FIG_ARGS], const char *title, const char *caption)
{
	static const char *const why[] = {
		[GNB_DRAW] =
			"This plot is missing: gnuplot failed, see the messages of grantbench-report.",
		[GNB_DRAW_OFF] = "This plot was left out as asked for (--no-plots).",
		[GNB_DRAW_NO_GNUPLOT] =
			"This plot is missing because gnuplot is not installed: apt-get install "
			"gnuplot-nox, then run grantbench-report again.",
		[GNB_DRAW_NO_SCRIPTS] =
			"This plot is missing because the gnuplot scripts were not found: name "
			"their folder with --scripts.",
	};
	char *file = gnb_strf("%s.dat", name), *svg = NULL;

	/* Where one file finds no room the next ones find none either: it is said once. */
	if (!f->io_error && gnb_written(gnb_file_write(f->dir, file, gnb_str(dat)), f->dir, file))
		f->io_error = 1;
	if (f->io_error)
		f->failed++;
	else if (f->draw == GNB_DRAW)
		svg = draw(f, name, script, args, title);
	if (svg)
		f->drawn++;
	if (f->fold && f->shown++ == 1)
		gnb_doc_fold(f->doc, "%s", f->fold);
	gnb_doc_figure(f->doc, name, svg,
		       f->io_error ? "This plot is missing: its files could not be written."
				   : why[f->draw],
		       title, caption);
	free(svg);
	free(file);
}
