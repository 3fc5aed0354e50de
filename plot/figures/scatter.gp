# SPDX-License-Identifier: GPL-2.0-only
# Two counts of the same thing against each other. ARG4 colours, ARG5 marks, ARG6 smallest, ARG7 largest.
width = "900"
height = "560"
out = ARG3
load ARG1."/style.gp"
n = words(ARG4)
colour(i) = word(ARG4, i + 1) + 0
mark(i) = word(ARG5, i + 1) + 0
lo = ARG6 * 0.88
hi = ARG7 * 1.14
set lmargin at screen 0.09
set rmargin at screen 0.67
set tmargin at screen 1 - 40.0 / (height + 0)
set bmargin at screen 0.11
set xlabel "Xen: instructions per operation, logarithmic"
set ylabel "hv: instructions per operation, logarithmic"
set logscale xy 10
set xrange [lo : hi]
set yrange [lo : hi]
set xtics () nomirror
set ytics () nomirror
step = hi / lo > 500 ? "1" : hi / lo > 40 ? "1 3" : hi / lo > 8 ? "1 2 5" : "1 1.2 1.5 2 2.5 3 4 5 6 7 8"
do for [e = 0:12] {
	do for [m in step] {
		set xtics add (sprintf("%.0f", m * 10.0**e) m * 10.0**e)
		set ytics add (sprintf("%.0f", m * 10.0**e) m * 10.0**e)
	}
}
set key at screen 0.69, graph 1 left top Left reverse vertical maxcols 1 samplen 1
set samples 200
plot x with lines lw 1.2 lc rgb "#222222" title "equal", \
     x / 2 with lines lw 1 dt 2 lc rgb "#999999" title "half, twice", \
     x * 2 with lines lw 1 dt 2 lc rgb "#999999" notitle, \
     for [i = 0:n-1] ARG2 index i using 1:2 with points pt mark(i) ps 0.8 lw 1.4 lc rgb colour(i) title columnheader(1)
