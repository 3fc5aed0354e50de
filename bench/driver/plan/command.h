/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: what grantbench does for a word on its command line, in place of a run. Each is a file of
 * bench/driver/command with a const descriptor, registered by GNB_COMMAND() and found by wildcard.
 */
#ifndef GNB_COMMAND_H
#define GNB_COMMAND_H

struct gnb_options;

struct gnb_command {
	const char *name;
	const char *help; /* one line for --help */
	/* Do it, and return the exit code. */
	int (*run)(const struct gnb_options *o);
	/* In place of run, of one with options of its own: it is the first word, argv[0] is its name. */
	int (*main)(int argc, char **argv);
};

#define GNB_COMMAND(desc)                                                                          \
	static const struct gnb_command *const gnb_command_ptr_##desc                              \
		__attribute__((used, section("gnb_commands"))) = &desc

extern const struct gnb_command *const __start_gnb_commands[];
extern const struct gnb_command *const __stop_gnb_commands[];
#define gnb_for_each_command(c)                                                                    \
	for (const struct gnb_command *const *c = __start_gnb_commands; c < __stop_gnb_commands;   \
	     c++)

#endif
