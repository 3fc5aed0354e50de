# SPDX-License-Identifier: GPL-2.0-only
# Flushes per page by batch. ARG4: per line "dash:mark:colour".
width = "900"
height = "340"
out = ARG3
load ARG1."/style.gp"
n = words(ARG4)
line(i) = word(ARG4, i + 1)
dash(i) = int(line(i)[1:1]) + 1
mark(i) = int(line(i)[3:strlen(line(i)) - 9])
colour(i) = line(i)[strlen(line(i)) - 7:*]
set logscale x 2
set logscale y 10
set xlabel "batch: pages per hypercall, logarithmic"
set ylabel "flushes per page, logarithmic"
set format x "%.0f"
set format y "%g"
set tmargin at screen 1 - 40.0 / (height + 0)
set key outside right top vertical Left reverse
stats ARG2 using 1:2 nooutput
set xrange [STATS_min_x / 1.15 : STATS_max_x * 1.15]
set yrange [STATS_min_y / 1.6 : STATS_max_y * 1.6]
plot for [i = 0:n-1] ARG2 index i using 1:2 smooth unique with linespoints lw 1.6 dt dash(i) pt mark(i) ps 0.8 lc rgb colour(i) title columnheader(1)
