#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules about the source that a compiler does not check.
set -u
cd "$(dirname "$0")/../.." || exit 1
MAX_LINES=500
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# All that is ours to keep in order: what git would have, committed or not; in a tarball, all but what was built.
files() {
	if git rev-parse -q --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard
	else
		find . -type f -not -path './build*' -not -path './dist/*' -not -path './results/*' | sed 's,^\./,,'
	fi | while IFS= read -r f; do [ -f "$f" ] && echo "$f"; done
}

list=$(files)
code=$(grep -E '\.(c|h|cc|bt)$' <<<"$list")
sources=$(
	echo "$code"
	grep -E '\.(gp|py|sh|mk|1)$|(^|/)Makefile$|^\.ci/|^scripts/|^\.clang-format$' <<<"$list"
)
hv=$(grep -E '^hv/.*\.[ch]$' <<<"$list")
plot=$(grep -E '^(plot|profile)/.*\.[ch]$' <<<"$list")

# grep -n over a list of files that may be empty.
scan() {
	local files=$1
	shift
	[ -z "$files" ] || xargs -d '\n' grep -nHE "$@" <<<"$files" || :
}

echo 1..14

no_spdx() {
	for f in $sources; do
		head -n 3 "$f" | grep -qE 'SPDX-License-Identifier: (GPL-2\.0-only|MIT)( \*/)?$' ||
			echo "$f: no SPDX line in its first three lines"
	done
}
empty "every source says its licence" < <(no_spdx)

other_licence() {
	for f in $(grep -E '\.md$' <<<"$list"); do
		! grep -q '^<!-- SPDX-License-Identifier' "$f" || grep -q 'SPDX-License-Identifier: GPL-2.0-only' "$f" ||
			echo "$f"
	done
}
empty "no other licence in the documents" < <(other_licence)

# Work is counted in the wrappers and only there: a raw atomic or lock would be work that no count shows.
empty "hv: atomics, locks and fences only in the files that wrap them" < <(
	scan "$(grep -vE '^hv/(base/(atomic\.h|slow\.h|dear\.h|mutex\.h|lock\.[ch]|waits\.c|lifetime\.c)|memory/tlb\.c)$' <<<"$hv")" \
		'__atomic_|__sync_|stdatomic|\b_Atomic\b|\bpthread_(mutex|spin|rwlock|cond|barrier)_[a-z]+ *\(|_mm_[lms]fence|_mm_pause|__builtin_ia32_|\b(__)?asm(__)?\b *(volatile|__volatile__)? *\('
)

empty "hv includes nothing of bench" < <(scan "$hv" '^ *# *include *["<](\.\./|gnb/|bench/|workloads/|plot/)')
empty "hv's public headers include no private one" < <(scan "$(grep -E '^hv/include/' <<<"$hv")" '^ *# *include *"')

# Two headers with one guard cannot be included together: the second is empty.
empty "each header has a guard of its own" < <(
	xargs -d '\n' sed -nE 's/^#ifndef ([A-Z0-9_]+_H)$/\1/p' <<<"$(grep '\.h$' <<<"$code")" | sort | uniq -d
)

# What a room of plot sees of others, arrows.mk says and the compiler holds: of the product only record.
foreign_in_plot() {
	for f in $plot; do
		sed -n 's/^ *# *include *"\(.*\)".*/\1/p' "$f" | while IFS= read -r h; do
			[ -f "${f%/*}/$h" ] || { [[ $f == plot/* ]] && compgen -G "plot/*/$h" >/dev/null; } ||
				{ [ -f "record/$h" ]; } ||
				echo "$f: includes \"$h\", which is not in ${f%%/*}/"
		done
		grep -nHE '^ *# *include *<(gnb|hv|xen)/' "$f"
	done
}
empty "plot and profile include only their own headers, and record's" < <(foreign_in_plot)

no_purpose() {
	for f in $code; do
		sed -n 2p "$f" | grep -qE '^(/\*|//)' || echo "$f: its second line does not say what it is"
	done
}
empty "every source says what it is for" < <(no_purpose)

# A folder is known by its place in the include path, which arrows.mk gives: never by a way up.
empty "no include goes up" < <(scan "$code" '^ *# *include *["<]\.\./')

empty "nothing is left of a merge" < <(git grep -nE '^(<{7}|>{7}|\|{7}) ' -- . | cut -c1-100)

# Tables and what programs print cannot be wrapped.
empty "documents and Makefiles are at most 120 wide" < <(
	scan "$(grep -E '\.(md|mk)$|(^|/)Makefile$' <<<"$list" | grep -v '^LICENSES/')" '^([^| ]| {1,3}[^ ]|\t).{120,}$' |
		cut -c1-100
)

too_long() {
	for f in $code $(grep -E '^(scripts|tests)/' <<<"$sources"); do
		lines=$(wc -l <"$f")
		[ "$lines" -lt $MAX_LINES ] || echo "$f: $lines lines"
	done | sort -u
}
empty "sources are under $MAX_LINES lines" < <(too_long)

# The words are put together so that this file does not hold them.
empty "nothing is left to do in comments" < <(scan "$sources" "\\b(TO""DO|FIX""ME|X""XX)\\b")

bad_scripts() {
	for f in $(grep -E '^(scripts|\.ci)/|^tests/.*\.sh$' <<<"$list"); do
		case $f in
		scripts/lab.d/*) bash -n "$f" 2>&1 ;; # is sourced
		esac
		head -c 2 "$f" | grep -q '^#!' || continue
		[ -x "$f" ] || echo "$f: not executable"
		case $(head -n 1 "$f") in
		*bash) bash -n "$f" 2>&1 ;;
		esac
	done
}
empty "scripts parse and are executable" < <(bad_scripts)
exit $bad
