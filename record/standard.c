// SPDX-License-Identifier: GPL-2.0-only
/* Standard input, output and error at a program's two ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "standard.h"

void gnb_standard_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		/* Nothing can be written to a folder, and then gnb_standard_close() says so. */
		if (fd < 0)
			fd = open("/", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int gnb_standard_close(const char *program, int code)
{
	int lost, err;

	errno = 0;
	lost = ferror(stdout);
	/* What a buffer holds is written here, and some file systems tell of a full disk only at the close. */
	lost |= fclose(stdout) != 0;
	err = errno;
	if (!lost)
		return code;
	fprintf(stderr, "%s: cannot write to standard output: %s\n", program,
		err ? strerror(err) : "an earlier write failed");
	return code ? code : 1;
}
