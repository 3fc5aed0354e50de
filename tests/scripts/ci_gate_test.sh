#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# scripts/ci-gate in a repository with stand-ins for what two commits build: what it refuses, what it says of commits that
# count the same and of one that counts more, what fails. And the recipes of docs/ci/ are what those systems read.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(realpath "${B:-build}")
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# One real run, which the commits count anew with a figure of their own.
"$B/grantbench" --filter='^map_unmap/' --set=map_unmap.batch=1 --set=map_unmap.mapper=pv --versions=v1,v2 --launches=0 --budget=1 \
	--results="$tmp/results" --no-progress --quiet --allow-untrusted >"$tmp/log" 2>&1
run=$(realpath "$tmp/results/latest")
[ -s "$run/cells.jsonl" ]
ok $? "a run"

repo=$tmp/repo
mkdir -p "$repo/scripts" && cp scripts/ci-gate "$repo/scripts/" || exit 1
cat >"$repo/Makefile" <<M
all:
	mkdir -p build && cp --symbolic-link -f $B/grantbench build/
M
cat >"$repo/scripts/hv-instructions" <<SH
#!/bin/bash
for a; do [[ \$a != --out=* ]] || out=\${a#*=}; done
printf '%s\n' "\$@" >"\$out.asked"
cp -r $run "\$out" && sed -i 's/"spin_locks": *[0-9.]*/"spin_locks": 7/' "\$out/cells.jsonl"
SH
chmod +x "$repo/scripts/hv-instructions"
printf '/build\n' >"$repo/.gitignore"
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
commit() { git -C "$repo" add -A && git -C "$repo" commit -q --allow-empty -m "$1" && git -C "$repo" tag "$1"; }
git init -q "$repo" && commit same0 && commit same1 &&
	sed -i 's/: 7/: 8/' "$repo/scripts/hv-instructions" && commit dearer &&
	echo 'all: ; @echo no rule for this >&2; exit 1' >"$repo/Makefile" && commit broken &&
	git -C "$repo" checkout -q same1 -- Makefile && printf '#!/bin/bash\necho no valgrind here >&2\nexit 6\n' >"$repo/scripts/hv-instructions" &&
	commit nocount
ok $? "commits"

gate() {
	out=$(cd "$tmp" && "$repo/scripts/ci-gate" "$@" 2>"$tmp/err")
	code=$?
	err=$(cat "$tmp/err")
}
refused() {
	local word=$1
	shift
	gate "$@"
	[ $code = 2 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"$word"* ]]
	ok $? "ci-gate $*: exit 2 in one line"
}
refused 'two commits'
refused 'two commits' same0 same1 dearer
refused "no commit 'gone'" gone
refused "'--fast'" same0 --fast
refused '--times=0' same0 same1 --times=0
gate same0 same1
[ $code = 0 ] && [[ $out == *'verdict: passes'* ]] && [ -s "$repo/build/gate/comment.md" ] && [ -s "$repo/build/gate/junit.xml" ] &&
	[ "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"])' "$repo/build/gate/verdict.json")" = passes ]
ok $? "two commits that count the same pass"
gate same0 dearer --filter=^copy/ --versions=v1 --out=here
[ $code = 3 ] && [[ $out == *'spin_locks 7 -> 8'* ]] && [ -s "$tmp/here/comment.md" ] &&
	[ "$(grep -xE -- '--(filter|versions)=.*' "$tmp/here/head.asked" | sort | xargs)" = "--filter=^copy/ --versions=v1" ]
ok $? "one that counts more ends with 3, for the cells that were asked for"
gate same0 same1 --filter=^copy/bytes:64/ --times=4
[ $code = 0 ] && [ -s "$repo/build/gate/times.md" ] && [ -s "$repo/build/gate/times-junit.xml" ] &&
	[ "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["rows"]) > 0)' "$repo/build/gate/times.json")" = True ]
ok $? "times of the same program, by turns: nothing is slower"
gate same0 same1 --times=1
[ $code = 0 ] && [ "$(python3 -c 'import json, sys; print(len({r["bench"] for r in json.load(open(sys.argv[1]))["rows"]}) > 4)' "$repo/build/gate/times.json")" = True ]
ok $? "where nobody chooses, times of the headline cells"
gate same0 dearer --filter=^copy/bytes:64/ --times=2
[ $code = 3 ]
ok $? "what counts say stands, whatever comes of times"
gate same0 dearer --fail-on=missing
[ $code = 0 ]
ok $? "unless that is not to fail"
gate same0 broken
[ $code = 1 ] && [[ $err == *'no rule for this'* ]] && [[ $(tail -n 1 <<<"$err") == *'does not build'* ]]
ok $? "one that does not build ends with 1 and says so"
gate same0 nocount
[ $code = 6 ] && [[ $err == *'no valgrind here'* ]]
ok $? "and what is missing to count with 6"

# The recipes, as YAML and as lines of a shell; both call one script.
if python3 -c 'import yaml' 2>/dev/null; then
	out=$(python3 - 2>&1 <<'PY'
import subprocess
import yaml

with open("docs/ci/github.yml", encoding="utf-8") as f:
    github = [s["run"] for s in yaml.safe_load(f)["jobs"]["gate"]["steps"] if "run" in s]
with open("docs/ci/gitlab.yml", encoding="utf-8") as f:
    gitlab = yaml.safe_load(f)["grantbench"]["script"]
for lines in (github, gitlab):
    text = "\n".join(lines)
    assert text.count("scripts/ci-gate ") == 1 and text.count("scripts/bootstrap") == 1, text
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
PY
	)
	ok $? "docs/ci: recipes that call it, in lines that a shell takes"
else
	ok 0 "docs/ci: recipes that call it, in lines that a shell takes # SKIP no python3-yaml: scripts/bootstrap consumers"
fi
echo "1..$n"
exit $bad
