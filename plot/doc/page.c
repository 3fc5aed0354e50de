// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HTML page around the document: one file, no script, nothing fetched. The policy in its head
 * forbids both, should a text ever escape its escaping.
 */
#include "escape.h"
#include "page.h"
#include "program.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#4b535c;--line:#d5dae0;--soft:#f2f4f6;"
	"--link:#0b5cad;--note:#fff6dd;--mark:#d99a00}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e3e7eb;--dim:#a9b2bc;"
	"--line:#3a424b;--soft:#20252b;--link:#7fb8f5;--note:#33290f;--mark:#d99a00}figure svg{"
	"filter:invert(.92) hue-rotate(180deg)}}\n"
	"body{margin:0 auto;max-width:66rem;padding:1.2rem;background:var(--bg);color:var(--fg);"
	"font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
	"h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .6rem}\n"
	"h2{font-size:1.25rem;margin:2rem 0 .5rem;padding-top:.6rem;border-top:2px solid var(--line)}\n"
	"h3{font-size:1.05rem;margin:1.2rem 0 .4rem}\n"
	"p,dd{max-width:48rem;overflow-wrap:anywhere}\n"
	".lead{font-size:1.05rem;margin:.45rem 0}\n"
	"nav{margin:.8rem 0;font-size:.9rem}\n"
	"nav div{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem}\n"
	"a{color:var(--link)}\n"
	"details{margin:.3rem 0}\n"
	"summary{cursor:pointer;color:var(--link);padding:.15rem 0}\n"
	":focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	".note{background:var(--note);border-left:4px solid var(--mark);padding:.5rem .8rem}\n"
	".left-out{background:var(--soft);border-left:4px solid var(--dim);padding:.5rem .8rem}\n"
	".box{overflow-x:auto;margin:.5rem 0 1rem}\n"
	"table{border-collapse:collapse;font-size:.82rem;line-height:1.35}\n"
	"caption{text-align:left;color:var(--dim);padding:.2rem 0}\n"
	"th,td{padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}\n"
	"thead th{background:var(--soft);vertical-align:bottom;padding-left:.3rem}\n"
	"tbody th{font-weight:400;min-width:7rem;padding-left:.3rem}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"thead .n{white-space:normal}\n"
	"td:not(.n):not(.s){min-width:8.5rem}\n"
	".s{white-space:nowrap}\n"
	"dt{font-weight:600;margin-top:.5rem}\n"
	"dd{margin:0 0 .2rem 1.2rem}\n"
	"figure{margin:.8rem 0 1.2rem}\n"
	"figure svg{display:block;width:100%;min-width:44rem;height:auto}\n"
	"figcaption{font-size:.85rem;color:var(--dim);max-width:56rem;overflow-wrap:anywhere}\n"
	"footer{margin-top:2rem;font-size:.85rem;color:var(--dim)}\n"
	"@page{margin:14mm}\n"
	"@media print{body{max-width:none;padding:0;font-size:10pt}nav{display:none}details>*{"
	"display:block!important}details::details-content{content-visibility:visible!important;"
	"block-size:auto!important;display:block!important}summary{font-weight:600;color:inherit;list-style:none}"
	"td:not(.n):not(.s){min-width:0}h1{font-size:15pt}h2,h3,dt,summary{break-after:avoid}figure,tr,.note{break-inside:avoid}figure svg{"
	"max-height:225mm;min-width:0}.box{overflow:visible}table{font-size:6.6pt}th,td{padding:.08rem .3rem}"
	"thead{display:table-header-group}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

void gnb_doc_page(struct gnb_doc *d, const char *title, struct gnb_buf *out)
{
	gnb_buf_add(out,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<title>");
	gnb_buf_html(out, title);
	gnb_buf_fmt(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
	gnb_buf_html(out, title);
	gnb_buf_add(out, "</h1>\n");
	gnb_buf_addn(out, gnb_str(&d->html), d->contents);
	gnb_buf_fmt(
		out,
		"<nav aria-label=\"Contents\"><details><summary>Contents</summary>\n<div>\n%s</div></details></nav>\n",
		gnb_str(&d->nav));
	gnb_buf_fmt(out, "%s</main>\n", gnb_str(&d->html) + d->contents);
	gnb_buf_add(out, "<footer>Made by grantbench-report " GNB_SUITE_VERSION
			 ".</footer>\n</body>\n</html>\n");
}
