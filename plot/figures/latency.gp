# SPDX-License-Identifier: GPL-2.0-only
# Latency by percentile. ARG4: per line "dash:colour"; ARG5: unit.
width = "900"
height = "400"
out = ARG3
load ARG1."/style.gp"
stats ARG2 using 1:2 nooutput
n = words(ARG4)
set logscale x 10
set logscale y 10
set xrange [1 : STATS_max_x * 1.3]
set yrange [STATS_min_y * 0.8 : STATS_max_y * 1.4]
set xtics ("50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1e3, "99.99 %%" 1e4, "99.999 %%" 1e5, "99.9999 %%" 1e6, "1 - 1e-7" 1e7)
set ytics () nomirror
do for [e = 0:12] {
	do for [m in "1 2 5"] {
		if (STATS_max_y / STATS_min_y < 1e4 || m eq "1") { set ytics add (sprintf("%.0f", m * 10.0**e) m * 10.0**e) }
	}
}
set xlabel "percentile (logarithmic towards 100 %)"
set ylabel ARG5.", logarithmic" noenhanced
set tmargin at screen 1 - 40.0 / (height + 0)
set key outside right top vertical Left reverse
colour(i) = substr(word(ARG4, i + 1), 3, 10)
dash(i) = int(substr(word(ARG4, i + 1), 1, 1)) + 1
plot for [i = 0:n-1] ARG2 index i using 1:2 with linespoints pt (4 + i) ps 0.6 pointinterval 12 lw 1.8 dt dash(i) lc rgb colour(i) title columnheader(1)
