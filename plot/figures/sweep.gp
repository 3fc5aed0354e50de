# SPDX-License-Identifier: GPL-2.0-only
# Cost by a number and its ratio to the baseline. ARG4 colours, ARG5 x label, ARG6 y label, ARG7 flags
# ("logx|linx|even logy|liny ratio|alone divisor" and, of even, the values), ARG8 baseline, ARG9 names in quotes of the
# series that have a ratio, "-" for the others.
width = "900"
height = "400"
out = ARG3
load ARG1."/style.gp"
unset label 99
stats ARG2 using 1:2 nooutput
n = words(ARG4)
xmin = STATS_min_x
xmax = STATS_max_x
div = word(ARG7, 4) + 0.0
ymin = STATS_min_y / div
ymax = STATS_max_y / div
even = word(ARG7, 1) eq "even"
at = even ? 8 : 1
colour(i) = word(ARG4, i + 1)
dash(i) = i + 1
ratio = word(ARG7, 3) eq "ratio"
# Room for four digits and the label, and for each further digit.
digits = ymax > 1 ? floor(log10(ymax * 1.1)) : 0
left = 0.08 + 0.01 * (digits > 3 ? digits - 3 : 0)
if (ratio) {
	stats ARG2 using 3 nooutput
	rmin = STATS_min
	rmax = STATS_max
	set multiplot layout 1,2 margins left,0.985,0.15,0.78 spacing 0.1,0 title title font ",13" noenhanced
} else {
	set multiplot layout 1,1 margins left,0.985,0.15,0.78 title title font ",13" noenhanced
}
set xlabel ARG5.(word(ARG7, 1) eq "logx" ? ", logarithmic" : even ? " (values at equal distances)" : "") noenhanced
if (word(ARG7, 1) eq "logx") {
	set logscale x 2
	powers = log(xmax / xmin) / log(2)
	step = powers <= 6 ? 1 : powers <= 12 ? 2 : powers <= 18 ? 3 : 4
	set xtics () nomirror
	do for [k = -20 * step:60:step] {
		tic = 2.0 ** k
		if (tic >= xmin * 0.999 && tic <= xmax * 1.001) { set xtics add (sprintf(tic < 1e6 && tic >= 1 ? "%.0f" : "%g", tic) tic) }
	}
	set xrange [xmin / 1.15 : xmax * 1.15]
} else { if (even) {
	set xtics () nomirror
	do for [k = 5:words(ARG7)] { set xtics add (word(ARG7, k) k - 5) }
	set xrange [-0.3 : words(ARG7) - 5 + 0.3]
} else {
	set xrange [xmin - (xmax - xmin) * 0.05 : xmax + (xmax - xmin) * 0.05]
} }
set format x "%.0f"
if (xmax - xmin < 5 && word(ARG7, 1) eq "linx") { set format x "%g" }
set ylabel ARG6.(word(ARG7, 2) eq "logy" ? ", logarithmic" : "") noenhanced
if (n == 1) { unset key } else { set key at graph 0.5, graph 1.1 center center horizontal Left reverse samplen 1.6 width 1 }
if (word(ARG7, 2) eq "logy") {
	set logscale y 10
	set ytics () nomirror
	do for [e = -3:12] {
		do for [m in "1 2 5"] {
			if (ymax / ymin < 1e4 || m eq "1") { set ytics add (sprintf("%g", m * 10.0**e) m * 10.0**e) }
		}
	}
	set yrange [ymin * 0.8 : ymax * 1.25]
} else {
	set yrange [0 : ymax > 0 ? ymax * 1.1 : 1]
	if (ymax >= 1e5) { set format y "%.0f" }
}
plot for [i = 0:n-1] ARG2 index i using at:($2 / div) with linespoints lw 1.8 dt dash(i) pt (5 + 2 * i) ps 0.7 lc rgb colour(i) title columnheader(1)
if (ratio) {
	unset logscale y
	set ytics autofreq
	lo = rmin < 0.95 ? rmin : 0.95
	hi = rmax > 1.05 ? rmax : 1.05
	if (hi / lo > 30) {
		set logscale y 10
		set yrange [lo * 0.8 : hi * 1.25]
	} else {
		set yrange [lo - (hi - lo) * 0.06 : hi + (hi - lo) * 0.06]
	}
	set format y "%g"
	set ylabel "ratio to ".ARG8.(hi / lo > 30 ? ", logarithmic" : "") noenhanced
	plot 1 with lines lc rgb "#222222" dt 2 lw 1 notitle, \
	     for [i = 0:n-1] ARG2 index i using at:($6 > 1 ? NaN : $3):4:5 with yerrorbars pt -1 lw 0.8 lc rgb colour(i) notitle, \
	     for [i = 0:n-1] ARG2 index i using at:($6 > 1 ? $3 : NaN):4:5 with yerrorbars pt -1 lw 3 lc rgb colour(i) notitle, \
	     for [i = 0:n-1] ARG2 index i using at:3 with lines lw 1.2 dt dash(i) lc rgb colour(i) notitle, \
	     for [i = 0:n-1] ARG2 index i using at:($7 > 0 ? NaN : $3) with points pt (4 + 2 * i) ps 0.7 lw 1.4 lc rgb colour(i) notitle, \
	     for [i = 0:n-1] ARG2 index i using at:($7 > 0 ? $3 : NaN) with points pt (5 + 2 * i) ps 0.7 lc rgb colour(i) notitle, \
	     for [i = 0:n-1] NaN with linespoints lw 1.8 dt dash(i) pt (5 + 2 * i) ps 0.7 lc rgb colour(i) title (word(ARG9, i + 1) eq "-" ? "" : word(ARG9, i + 1))
}
unset multiplot
