# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For the tests that look at pages as a browser shows them: Chromium without a window, and axe-core. They have $tmp, $B and
# tap.sh. Chromium and axe-core come by `scripts/bootstrap browser`; AXE=FILE names another axe-core.

axe=
for f in "${AXE:-}" "$B/node_modules/axe-core/axe.min.js" build/node_modules/axe-core/axe.min.js; do
	[ -z "$axe" ] && [ -f "$f" ] && axe=$f
done
if ! command -v chromium >/dev/null || [ -z "$axe" ]; then
	echo "1..0 # SKIP chromium or axe-core is missing, see scripts/bootstrap browser"
	exit 0
fi

# The page as it is after its scripts have run.
dom() { # FILE WIDTH
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-background-networking --user-data-dir="$tmp/user" \
		--window-size="$2,900" --virtual-time-budget=20000 --dump-dom "file://$1" 2>/dev/null
}

result() { sed -n 's/.*<pre id="result">\([^<]*\)<.*/\1/p'; }

# A copy of $page that runs SCRIPT, which the page itself forbids; after the sed EXPRESSION.
copy() { # FILE SCRIPT-FILE... [-e EXPRESSION]
	local to=$1 f expression=
	shift
	[ "$1" = -e ] && expression=$2 && shift 2
	sed -e '/Content-Security-Policy/d' -e 's/<\/body>.*//' -e "$expression" "$page" >"$to"
	for f in "$@"; do
		{ echo '<script>'; sed 's/<\/script/<\\\/script/g' "$f"; echo '</script>'; } >>"$to"
	done
	echo '</body></html>' >>"$to"
}

cat >"$tmp/open.js" <<-'EOF'
	document.querySelectorAll("details").forEach(d => d.open = true);
EOF
cat >"$tmp/axe.js" <<-'EOF'
	function say(text) {
		const p = document.createElement("pre");
		p.id = "result";
		p.textContent = text;
		document.body.replaceChildren(p);
	}
	axe.run().then(r => say("axe " + r.passes.length + ": " + r.violations
		.filter(v => v.impact == "serious" || v.impact == "critical")
		.map(v => v.id + " " + v.nodes.length + " " + v.nodes[0].target).join("; ")));
EOF
# A window of headless Chromium is not narrower than 500 px; a frame is.
cat >"$tmp/narrow.js" <<-'EOF'
	const page = document.documentElement.outerHTML.replace(/<script>[^]*/, "");
	const frame = document.createElement("iframe");
	frame.style = "width:390px;height:800px;border:0";
	frame.onload = () => {
		const d = frame.contentDocument, p = document.createElement("pre");
		d.querySelectorAll("details").forEach(x => x.open = true);
		p.id = "result";
		p.textContent = "width " + d.documentElement.scrollWidth + " of " + d.documentElement.clientWidth;
		document.body.replaceChildren(p);
		document.head.replaceChildren();
	};
	frame.srcdoc = page;
	document.body.replaceChildren(frame);
EOF

audit() { # WHAT: axe-core on $page, light and dark, and its width on a telephone
	copy "$tmp/light.html" "$tmp/open.js" "$axe" "$tmp/axe.js"
	out=$(dom "$tmp/light.html" 1300 | result)
	[[ $out =~ ^axe\ [1-9][0-9]*:\ $ ]]
	ok $? "$1, light: axe-core finds nothing serious"

	copy "$tmp/dark.html" -e 's/@media screen and (prefers-color-scheme:dark)/@media screen/' "$tmp/open.js" "$axe" "$tmp/axe.js"
	out=$(dom "$tmp/dark.html" 1300 | result)
	[[ $out =~ ^axe\ [1-9][0-9]*:\ $ ]]
	ok $? "$1, dark: axe-core finds nothing serious"

	copy "$tmp/narrow.html" "$tmp/narrow.js"
	out=$(dom "$tmp/narrow.html" 1300 | result)
	[[ $out =~ ^width\ ([0-9]+)\ of\ ([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" -le "${BASH_REMATCH[2]}" ] &&
		[ "${BASH_REMATCH[2]}" -le 390 ]
	ok $? "$1, 390 px: the page does not scroll sideways"
}
