# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For the tests that are scripts: their lines of TAP. A test that fails shows what was last run: exit code, standard
# output and standard error, from $code, $out and $err, or what the script's own detail() prints. At its end it says
# `exit $bad`.

n=0
bad=0
out=
err=
code=

detail() {
	printf '%s\n' ${code:+"exit code $code"} ${out:+"$out"} ${err:+"$err"} | head -n 40
}

# ok STATUS NAME: a test that passed if STATUS is 0.
ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
		return
	fi
	echo "not ok $n - $2"
	detail | cut -c1-300 | sed 's/^/# /'
	bad=1
}

# catch COMMAND...: run it, with its output, errors and exit code in $out, $err and $code. $tmp is the test's folder.
catch() {
	out=$("$@" 2>"$tmp/err")
	code=$?
	err=$(<"$tmp/err")
}

# in_one_line CODE WORDS: was what was caught refused so, with nothing but one line that has these words?
in_one_line() {
	[ "$code" = "$1" ] && [ -z "$out" ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"$2"* ]]
}

# empty NAME: a test that passed if standard input is empty: a list of what is wrong.
empty() {
	local code='' err='' out
	out=$(cat)
	[ -z "$out" ]
	ok $? "$1"
}
