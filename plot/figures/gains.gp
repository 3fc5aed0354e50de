# SPDX-License-Identifier: GPL-2.0-only
# Gains and losses on a logarithmic axis. ARG4 "height rows", ARG5 "smallest largest" ratio, ARG6 left margin as a share of
# the width, ARG7 colour of the baseline, ARG8 "version baseline", ARG9 what hollow marks are, or nothing
width = "1000"
height = word(ARG4, 1)
rows = word(ARG4, 2) + 0.0
out = ARG3
load ARG1."/style.gp"
lo = word(ARG5, 1) + 0.0
hi = word(ARG5, 2) + 0.0
# Names stand right of marks, so there is room for them.
wide = hi / lo
least = lo / wide ** 0.03 * 0.97
most = hi * wide ** 0.12 * 1.12
set logscale x 10
set xrange [least : most]
set xtics () nomirror
do for [e = -6:6] {
	do for [m in (wide < 1e3 ? "1 2 5" : "1")] {
		tic = m * 10.0**e
		if (tic > least && tic < most) { set xtics add (sprintf("%g", tic) tic) }
	}
}
set xlabel "cost of ".word(ARG8, 1)." as a share of the other's (logarithmic; left of 1: it costs less)" noenhanced
set yrange [rows - 0.3 : -0.7]
unset ytics
set ytics scale 0 noenhanced font ",11"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#222222" dt 2
set lmargin at screen (ARG6 + 0.0)
set rmargin at screen 0.985
set key at screen 0.5, screen key_y center center horizontal Left reverse samplen 1.4 width -9
set tmargin at screen plot_y
set bmargin at screen 58.0 / (height + 0)
grey = "#555555"
plot ARG2 index 1 using 2:1:($3 - $2):(0) with vectors nohead lw 2 lc rgb "#b5bac0" notitle, \
     ARG2 index 0 using 2:1:4:3 with points pt variable ps 0.95 lw 1.6 lc rgb variable notitle, \
     ARG2 index 0 using 2:1:5 with labels left offset 1,0 font ",10" tc rgb "#222222" noenhanced notitle, \
     ARG2 index 2 using (least):1:ytic(2) with points pt -1 notitle, \
     NaN with points pt 7 ps 0.95 lc rgb (ARG7 + 0) title word(ARG8, 1)." / ".word(ARG8, 2), \
     NaN with points pt 13 ps 0.95 lc rgb grey title word(ARG8, 1)." / best other", \
     NaN with points pt (strlen(ARG9) ? 6 : -1) ps 0.95 lw 1.6 lc rgb grey title (strlen(ARG9) ? "hollow: ".ARG9 : "")
