// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HTML page around the document: one file, no script, nothing fetched. The policy in its head
 * forbids both, should a text ever escape its escaping.
 */
#include "escape.h"
#include "page.h"
#include "program.h"

static const char style[] =
	":root{color-scheme:light}\n"
	"body{margin:0 auto;max-width:66rem;padding:1.5rem;background:#fff;color:#1b1f24;"
	"font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
	"h1{font-size:1.7rem;margin:.2rem 0 .6rem}\n"
	"h2{font-size:1.3rem;margin:2.4rem 0 .6rem;padding-top:.6rem;border-top:2px solid "
	"#d5dae0}\n"
	"h3{font-size:1.05rem;margin:1.6rem 0 .4rem}\n"
	"p,dd{max-width:48rem;overflow-wrap:anywhere}\n"
	"td{overflow-wrap:anywhere}\n"
	"nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1rem 0;font-size:.9rem}\n"
	"a{color:#0b5cad}\n"
	".note{background:#fff6dd;border-left:4px solid #d99a00;padding:.5rem .8rem}\n"
	".left-out{background:#f2f4f6;border-left:4px solid #8a929b;padding:.5rem .8rem}\n"
	".table{overflow-x:auto;margin:.6rem 0 1.2rem}\n"
	"table{border-collapse:collapse;font-size:.82rem;line-height:1.35}\n"
	"th,td{padding:.22rem .6rem;border-bottom:1px solid #e1e5e9;text-align:left;"
	"vertical-align:top}\n"
	"th{background:#f2f4f6;border-bottom:2px solid #b9c0c8;white-space:nowrap}\n"
	"tbody tr:hover{background:#f5f9ff}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".s{white-space:nowrap}\n"
	"dt{font-weight:600;margin-top:.5rem}\n"
	"dd{margin:0 0 .2rem 1.2rem}\n"
	"figure{margin:1rem 0 1.6rem}\n"
	"figure svg{display:block;width:100%;height:auto}\n"
	"figcaption{font-size:.85rem;color:#4b535c;max-width:56rem}\n"
	"footer{margin-top:3rem;font-size:.85rem;color:#4b535c}\n"
	"@page{margin:14mm}\n"
	"@media print{body{max-width:none;padding:0;font-size:10pt}nav{display:none}"
	"h1{font-size:15pt}h2,h3,dt{break-after:avoid}figure,tr,.note{break-inside:avoid}"
	"figure svg{max-height:225mm}.table{overflow:visible}table{font-size:6.6pt}"
	"th,td{padding:.08rem .3rem}thead{display:table-header-group}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

void gnb_doc_page(struct gnb_doc *d, const char *title, struct gnb_buf *out)
{
	gnb_buf_add(out,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<title>");
	gnb_buf_html(out, title);
	gnb_buf_fmt(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
	gnb_buf_html(out, title);
	gnb_buf_fmt(out, "</h1>\n<nav>\n%s</nav>\n<main>\n%s</main>\n", gnb_str(&d->nav),
		    gnb_str(&d->html));
	gnb_buf_add(out, "<footer>Made by grantbench-report " GNB_SUITE_VERSION
			 ".</footer>\n</body>\n</html>\n");
}
