// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page around what is shown: one file, nothing fetched. The policy in its head allows one script, by its digest,
 * and no other, should a text ever escape its escaping.
 */
#include <stdlib.h>
#include <string.h>

#include <sha256.h>

#include "dashboard.h"
#include "escape.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#4b535c;--line:#d5dae0;--soft:#f2f4f6;"
	"--link:#0b5cad;--series:#1f5a8c;--change:#a3001a;--worse:#a3001a;--better:#0b6b3a}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e3e7eb;--dim:#a9b2bc;"
	"--line:#3a424b;--soft:#20252b;--link:#7fb8f5;--series:#7fb8f5;--change:#ff8f8f;--worse:#ff8f8f;"
	"--better:#7ddba5}}\n"
	"body{margin:0 auto;max-width:70rem;padding:1.2rem;background:var(--bg);color:var(--fg);"
	"font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
	"h1{font-size:1.4rem;line-height:1.25;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}\n"
	"a{color:var(--link)}p{max-width:48rem;overflow-wrap:anywhere}\n"
	":focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	".box{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;line-height:1.35}\n"
	"th,td{padding:.25rem .7rem .25rem .2rem;border-bottom:1px solid var(--line);text-align:left;"
	"vertical-align:top}\n"
	"td.name{overflow-wrap:anywhere;min-width:16rem}.s{white-space:nowrap}.n{text-align:right;font-variant-numeric:tabular-nums;"
	"white-space:nowrap}\n"
	"thead th{background:var(--soft)}thead button{all:unset;cursor:pointer;font-weight:600}\n"
	"thead button:focus-visible{outline:2px solid var(--link)}\n"
	"th[aria-sort=ascending] button::after{content:' \\2191'}th[aria-sort=descending] button::after{content:' \\2193'}\n"
	".worse{color:var(--worse)}.better{color:var(--better)}\n"
	"form{display:flex;flex-wrap:wrap;gap:.6rem 1.4rem;align-items:center;margin:.8rem 0}\n"
	"input[type=search]{font:inherit;min-width:16rem;max-width:100%;color:var(--fg);background:var(--bg);"
	"border:1px solid var(--dim);padding:.2rem .4rem}\n"
	"svg{display:block;width:100%;height:auto;font-size:11px}svg.forest{width:316px;height:16px}\n"
	".grid,.one{stroke:var(--line)}.one{stroke-dasharray:3 2;stroke:var(--dim)}.tick{fill:var(--dim)}\n"
	".series{fill:none;stroke:var(--series);stroke-width:1.5}.interval{stroke:var(--series);opacity:.35}\n"
	".point{fill:var(--series)}.change{stroke:var(--change);stroke-dasharray:4 3}.mark{fill:var(--change)}\n"
	"footer{margin-top:2rem;font-size:.85rem;color:var(--dim)}\n";

/* Filter and sort the table of the index; what is empty comes last either way. Without it the table is there, the newest change first. */
static const char filter_and_sort[] =
	"const body=document.querySelector('tbody'),rows=[...body.rows],text=document.querySelector('#filter'),"
	"only=document.querySelector('#moved'),said=document.querySelector('#shown');\n"
	"function show(){const w=text.value.toLowerCase().split(/\\s+/);let n=0;for(const r of rows){"
	"const on=(!only.checked||'moved'in r.dataset)&&w.every(x=>r.cells[0].textContent.toLowerCase().includes(x));"
	"r.hidden=!on;n+=on}said.textContent=n+' of '+rows.length+' series'}\n"
	"function key(r,i){const c=r.cells[i],k=c.dataset.k??c.textContent;return k!==''&&!isNaN(k)?Number(k):k}\n"
	"document.querySelectorAll('thead button').forEach((b,i)=>b.addEventListener('click',()=>{"
	"const h=b.parentElement,down=h.getAttribute('aria-sort')==='ascending';"
	"document.querySelectorAll('thead th').forEach(x=>x.removeAttribute('aria-sort'));"
	"h.setAttribute('aria-sort',down?'descending':'ascending');"
	"rows.sort((a,c)=>{const x=key(a,i),y=key(c,i);if((x==='')!==(y===''))return x===''?1:-1;"
	"const t=typeof x!==typeof y?(typeof x==='number'?-1:1):x<y?-1:x>y?1:0;return down?-t:t});body.append(...rows)}));\n"
	"text.addEventListener('input',show);only.addEventListener('change',show);"
	"document.querySelector('form').addEventListener('submit',e=>e.preventDefault());show();\n";

static void base64(const unsigned char *p, size_t n, struct gnb_buf *b)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);

		gnb_buf_fmt(b, "%c%c%c%c", digit[v >> 18], digit[v >> 12 & 63],
			    i + 1 < n ? digit[v >> 6 & 63] : '=', i + 2 < n ? digit[v & 63] : '=');
	}
}

bool gnb_page(struct gnb_buf *out, const char *title, const char *up, bool script,
	      struct gnb_buf *body)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha;

	gnb_buf_add(out,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'");
	if (script) {
		SHA256Init(&sha);
		SHA256Update(&sha, (const uint8_t *)filter_and_sort, strlen(filter_and_sort));
		SHA256Final(digest, &sha);
		gnb_buf_add(out, "; script-src 'sha256-");
		base64(digest, sizeof(digest), out);
		gnb_buf_add(out, "'");
	}
	gnb_buf_add(
		out,
		"\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	gnb_buf_html(out, title);
	gnb_buf_fmt(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
	if (up)
		gnb_buf_fmt(out, "<p><a href=\"%sindex.html\">All series</a></p>\n", up);
	gnb_buf_add(out, "<h1>");
	gnb_buf_html(out, title);
	gnb_buf_add(out, "</h1>\n");
	gnb_buf_add(out, body->s ? body->s : "");
	gnb_buf_add(out, "</main>\n<footer>Made by grantbench-dashboard " GNB_SUITE_VERSION
			 ".</footer>\n");
	if (script)
		gnb_buf_fmt(out, "<script>%s</script>\n", filter_and_sort);
	gnb_buf_add(out, "</body>\n</html>\n");
	out->failed |= body->failed;
	gnb_buf_free(body);
	return !out->failed;
}
