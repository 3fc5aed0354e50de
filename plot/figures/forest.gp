# SPDX-License-Identifier: GPL-2.0-only
# Ratios with intervals around 1. ARG4 height, ARG5 rows, ARG6 smallest, ARG7 largest,
# ARG8 left margin as a share of the width
width = "1000"
height = ARG4
out = ARG3
load ARG1."/style.gp"
lo = ARG6 + 0.0
hi = ARG7 + 0.0
set xlabel "ratio to the baseline (logarithmic; left of 1: less)"
set logscale x 10
set xrange [lo * 0.93 : hi * 1.07]
set xtics () nomirror
step = hi / lo > 500 ? "1" : hi / lo > 40 ? "1 3" : hi / lo > 6 ? "1 2 5" : "1 1.2 1.5 2 3 4 5 6 7 8 9"
do for [e = -4:5] {
	do for [m in step] { set xtics add (sprintf("%g", m * 10.0**e) m * 10.0**e) }
}
set yrange [ARG5 - 0.3 : -0.7]
unset ytics
set ytics scale 0 noenhanced font ",11"
set y2range [ARG5 - 0.3 : -0.7]
set y2tics scale 0 noenhanced font ",11"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#222222" dt 2
unset key
set lmargin at screen (ARG8 + 0.0)
set rmargin at screen 0.83
plot ARG2 using 2:1:3:4:5 with xerrorbars pt 7 ps 0.7 lw 1.8 lc rgb variable, \
     ARG2 using 2:1:ytic(6):y2tic(7) with points pt -1
