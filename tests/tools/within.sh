# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by tests that need a server of their own.

# within TOOL VARIABLE: goes on if the variable is set; otherwise this test is run again under tests/tools/TOOL, which
# sets it, and ends as that does. Skipped where the tool says that it cannot (77), with its reason.
within() {
	local log code
	[ -z "${!2-}" ] || return 0
	log=$(mktemp) || exit 1
	B=$B "tests/tools/$1" "$0" | tee "$log"
	code=${PIPESTATUS[0]}
	[ "$code" != 77 ] || { echo "1..0 # SKIP $(tail -n 1 "$log")" && code=0; }
	rm -f "$log"
	exit "$code"
}
