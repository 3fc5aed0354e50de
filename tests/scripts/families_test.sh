#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks say only what is theirs: the mapper's side of a grant is in gnb/mapper.h, versions in their table, words
# for the report in the descriptor. Of what is looked for here a counter-example shows that it would be found.
set -u
cd "$(dirname "$0")/../.." || exit 1
TEMPLATE_MAX=120
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

families=(bench/*.c workloads/*.[ch])
sed -n '/<<.TEMPLATE/,/^TEMPLATE$/p' scripts/new-benchmark | sed '1d;$d' >"$tmp/template.c"
cat >"$tmp/wrong.c" <<-'EOF'
	op = (struct gnttab_map_grant_ref){ .flags = GNTMAP_host_map };
	rc = s->t->hypercall(v, GNTTABOP_copy, op, 1);
	if (s->version == gnb_version_find("v2", 2))
EOF

# What a family has no business with, file and line.
operations() {
	grep -nE '\bgnttab_(map_grant_ref|unmap_grant_ref|copy)\b|\bGNTTABOP_(map_grant_ref|unmap_grant_ref|copy)\b|\bGNT(MAP|COPY)_|->hypercall *\(' "$@"
}
versions() {
	grep -nE 'gnb_version_find|gnb_versions\b|"v1(-[a-z]+)?"|"v2"' "$@"
}
described() { # FILE...: those of a GNB_BENCH() without words
	local f
	for f in "$@"; do
		! grep -q '^GNB_BENCH(' "$f" ||
			{ grep -qzE '\.measures =[[:space:]]+"' "$f" && grep -qzE '\.not_measured =[[:space:]]+"' "$f"; } || echo "$f"
	done
}

echo 1..8
out=$(wc -l <"$tmp/template.c")
[ "$out" -gt 50 ] && [ "$out" -le $TEMPLATE_MAX ]
ok $? "the template of new-benchmark has at most $TEMPLATE_MAX lines"
[ ${#families[@]} -ge 8 ]
ok $? "there are families"
empty "none fills or makes a grant operation itself" < <(operations "${families[@]}" "$tmp/template.c")
[ "$(operations "$tmp/wrong.c" | wc -l)" = 2 ]
ok $? "one that did would be found"
empty "none names a version" < <(versions "${families[@]}" "$tmp/template.c")
[ "$(versions "$tmp/wrong.c" | wc -l)" = 1 ]
ok $? "one that did would be found"
empty "all have words for the report" < <(described "${families[@]}" "$tmp/template.c")
echo 'GNB_BENCH(wrong);' >>"$tmp/wrong.c"
[ "$(described "$tmp/wrong.c")" = "$tmp/wrong.c" ]
ok $? "one without would be found"
exit $bad
