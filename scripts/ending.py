# SPDX-License-Identifier: GPL-2.0-only
"""How a script that prints figures ends."""
import os
import sys


def end(name, main):
    """Run main() and end with the exit code that it returns: 1, with a line, if what it printed did not arrive."""
    try:
        try:
            code = main()
        except SystemExit as e:
            code = e.code
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except OSError as e:
        print("%s: %s" % (name, e if e.filename else "cannot write to standard output: " + e.strerror), file=sys.stderr)
        # Python writes what is left once more at its own end, and would complain in its own words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
    sys.exit(code)
