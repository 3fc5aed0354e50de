/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sign test at all looks together: its evidence by integration, its total error counted out over every course that
 * launches can take, and what verdicts it comes to in noise of several kinds.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sign.h"
#include "tap.h"

#define LOOKS  600
#define SERIES 1000
#define MOST   64 /* launches of a series */

static uint64_t seed = 88172645463325252ull;

static double lot(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(lot())) * cos(2 * M_PI * lot());
}

/* ---- noise whose median is 0: what a launch's logarithm is off by, in parts of its scale ---- */

static double t3(void)
{
	double z = normal(), a = normal(), b = normal(), c = normal();

	return z / sqrt((a * a + b * b + c * c) / 3);
}

static double cauchy(void)
{
	return tan(M_PI * (lot() - 0.5));
}

/* Never far below, now and then far above: a neighbour only takes time. */
static double skewed(void)
{
	return exp(normal()) - 1;
}

/* Two places that memory can lie at, and none between. */
static double two_humps(void)
{
	return (lot() < 0.5 ? -1 : 1) + 0.05 * normal();
}

/* A coarse clock: of many launches some are the same to the last digit. */
static double steps(void)
{
	return round(normal());
}

static double quiet(void)
{
	return 0;
}

static const struct noise {
	const char *name;
	double (*draw)(void);
} noises[] = {
	{ "normal", normal },	    { "t3", t3 },	{ "Cauchy", cauchy }, { "skewed", skewed },
	{ "two humps", two_humps }, { "steps", steps },
};
#define NOISES (sizeof(noises) / sizeof(noises[0]))

/* By many narrow strips; 2p and 2(1-p) are what a bet on p is paid. */
static double integrated(size_t n, size_t beyond)
{
	const int strips = 20000;
	double sum = 0;

	for (int i = 0; i < strips; i++) {
		double p = 0.5 + 0.5 * (i + 0.5) / strips;

		sum += exp((double)beyond * log(2 * p) + (double)(n - beyond) * log(2 * (1 - p)));
	}
	return sum / strips;
}

static void evidence(void)
{
	double worst = 0;

	for (size_t n = 1; n <= 60; n += 7)
		for (size_t k = 0; k <= n; k += 3) {
			double want = integrated(n, k);

			worst = fmax(worst, fabs(gnb_sign_evidence(n, k) / want - 1));
		}
	ok(worst < 1e-6, "evidence is the integral of the bets: %.1e off at most", worst);
	ok(gnb_sign_evidence(0, 0) == 1 && gnb_sign_evidence(3000, 0) < 1e-6 &&
		   gnb_sign_evidence(3000, 3000) > 1e300,
	   "nothing says nothing, and of many samples it neither overflows nor is none");
}

/*
 * The probability that of a fair coin's throws so many are heads, at any of the looks, that the interval of their median
 * does not hold it: exact, by all their courses.
 */
static double ever(double alpha)
{
	double *p = calloc(LOOKS + 2, sizeof(*p)), out = 0;

	p[0] = 1;
	for (size_t n = 1; n <= LOOKS; n++) {
		size_t rank = gnb_sign_rank(n, alpha);

		for (size_t k = n; k <= n; k--) {
			p[k] = 0.5 * p[k] + (k ? 0.5 * p[k - 1] : 0);
			if (rank && k >= n + 1 - rank) {
				out += p[k];
				p[k] = 0;
			}
		}
	}
	free(p);
	return out;
}

static void total_error(void)
{
	static const double alphas[] = { 0.05, 0.01, 0.005, 0.01 / 16 };

	for (size_t i = 0; i < sizeof(alphas) / sizeof(alphas[0]); i++) {
		double e = ever(alphas[i]);

		ok(e <= alphas[i] / 2 && e > alphas[i] / 40,
		   "alpha %g: either end is wrong at any of %d looks with %.2g", alphas[i], LOOKS,
		   e);
	}
}

static void ranks(void)
{
	double x[] = { 5, 1, NAN, 3, 2, 4, 9, 8, 7, 6, 10, 11, 12 };
	struct gnb_estimate e;
	unsigned bad = 0;

	for (size_t n = 1; n < 300; n++) {
		size_t k = gnb_sign_rank(n, 0.01);

		bad += k && gnb_sign_evidence(n, n + 1 - k) < 200;
		bad += k < n / 2 && gnb_sign_evidence(n, n - k) >= 200;
		bad += !!k != (n >= gnb_sign_least(0.01));
	}
	ok(!bad, "a rank is the largest that the evidence allows");
	ok(gnb_sign_least(0.05) == 8 && gnb_sign_least(0.01) == 11 && gnb_sign_least(0.005) == 12,
	   "the fewest launches of an interval: 8 at 0.05, 11 at 0.01, 12 at 0.005");
	e = gnb_sign_estimate(x, 13, 0.005);
	ok(e.n == 12 && e.value == 6.5 && e.lo == 1 && e.hi == 12 && e.level == 0.995,
	   "twelve of them: the whole range, what is not finite left out");
	e = gnb_sign_estimate(x, 11, 0.005);
	ok(isnan(e.lo) && isnan(e.hi) && isnan(e.level), "eleven: no interval, and no level");
}

/* One series after the other, looked at after each launch, as long as nothing is established. */
static void verdicts(const struct noise *noise, double median, double scale, double threshold,
		     double alpha, unsigned said[4], double *launches)
{
	memset(said, 0, 4 * sizeof(*said));
	*launches = 0;
	for (unsigned s = 0; s < SERIES; s++) {
		double x[MOST], y[MOST];
		enum gnb_sign v = GNB_SIGN_OPEN;
		size_t n = 0;

		while (n < MOST && v == GNB_SIGN_OPEN) {
			x[n++] = median * exp(scale * noise->draw());
			if (n < gnb_sign_least(alpha))
				continue;
			memcpy(y, x, n * sizeof(*y));
			v = gnb_sign_judge(y, n, threshold, alpha, NULL);
		}
		said[v]++;
		*launches += (double)n / SERIES;
	}
}

/* As often as chance lets a rate be that is p in truth. */
static bool at_most(unsigned n, double p)
{
	return n <= SERIES * p + 4 * sqrt(SERIES * p);
}

static void false_alarms(void)
{
	const double alpha = 0.05, threshold = 0.01;
	unsigned said[4];
	double launches;

	for (size_t i = 0; i < NOISES; i++) {
		verdicts(&noises[i], 1, 0.004, threshold, alpha, said, &launches);
		ok(at_most(said[GNB_SIGN_MORE] + said[GNB_SIGN_LESS], alpha / 10),
		   "%s, nothing differs: %u of %d say so, %u find nothing out, in %.1f launches",
		   noises[i].name, said[GNB_SIGN_MORE] + said[GNB_SIGN_LESS], SERIES,
		   said[GNB_SIGN_OPEN], launches);
		/* The worst case: any false word is as likely as it can be. */
		verdicts(&noises[i], 1 + threshold, 0.01, threshold, alpha, said, &launches);
		ok(at_most(said[GNB_SIGN_MORE] + said[GNB_SIGN_LESS], alpha / 2),
		   "%s, the threshold itself: %u of %d say that it is more", noises[i].name,
		   said[GNB_SIGN_MORE] + said[GNB_SIGN_LESS], SERIES);
		verdicts(&noises[i], 1.0000001 / (1 + threshold), 0.03, threshold, alpha, said,
			 &launches);
		ok(at_most(said[GNB_SIGN_MORE] + said[GNB_SIGN_LESS], alpha / 2),
		   "%s, the other end of it: %u of %d", noises[i].name,
		   said[GNB_SIGN_MORE] + said[GNB_SIGN_LESS], SERIES);
	}
	for (size_t i = 0; i < NOISES; i++) {
		/* Of steps a part lies on the median itself, which is then within. */
		if (noises[i].draw == steps)
			continue;
		verdicts(&noises[i], 1.0000001 * (1 + threshold), 0.004, threshold, alpha, said,
			 &launches);
		ok(at_most(said[GNB_SIGN_WITHIN] + said[GNB_SIGN_LESS], alpha / 2),
		   "%s, a hair beyond the threshold: %u of %d say that it is within",
		   noises[i].name, said[GNB_SIGN_WITHIN] + said[GNB_SIGN_LESS], SERIES);
	}
}

/* A test that never says anything makes no mistake either. */
static void power(void)
{
	const double alpha = 0.005, threshold = 0.01;
	static const struct noise none = { "no noise", quiet };
	unsigned said[4];
	double launches;

	for (size_t i = 0; i < 3; i++) {
		verdicts(&noises[i], 1.02, 0.004, threshold, alpha, said, &launches);
		ok(said[GNB_SIGN_MORE] >= 0.97 * SERIES,
		   "%s, 2 %% in launches that scatter by 0.4 %%: %u of %d find it, in %.1f launches",
		   noises[i].name, said[GNB_SIGN_MORE], SERIES, launches);
		verdicts(&noises[i], 1 / 1.02, 0.004, threshold, alpha, said, &launches);
		ok(said[GNB_SIGN_LESS] >= 0.97 * SERIES, "%s, the other way: %u", noises[i].name,
		   said[GNB_SIGN_LESS]);
		verdicts(&noises[i], 1, 0.004, threshold, alpha, said, &launches);
		ok(said[GNB_SIGN_WITHIN] >= 0.9 * SERIES, "%s, nothing differs: %u say the same",
		   noises[i].name, said[GNB_SIGN_WITHIN]);
	}
	verdicts(&none, 1.02, 1, threshold, alpha, said, &launches);
	ok(said[GNB_SIGN_MORE] == SERIES && launches > 11.9 && launches < 12.1,
	   "without noise as few launches as can say anything: %.1f", launches);
}

static void needs(void)
{
	double in[20], out[20], at[20];

	for (int i = 0; i < 20; i++) {
		in[i] = 1 + 0.001 * (i - 10) / 10;
		out[i] = i < 15 ? 1.02 : 1.005;
		at[i] = i % 2 ? 1.02 : 1;
	}
	ok(gnb_sign_needs(in, 4, 0.01, 0.005) > 12 && gnb_sign_needs(in, 4, 0.01, 0.005) < 40,
	   "four launches well within: it takes a few more than the least, %zu",
	   gnb_sign_needs(in, 4, 0.01, 0.005));
	ok(gnb_sign_needs(out, 20, 0.01, 0.005) > 20 && gnb_sign_needs(out, 20, 0.01, 0.005) < 200,
	   "three of four beyond: %zu", gnb_sign_needs(out, 20, 0.01, 0.005));
	ok(gnb_sign_needs(at, 20, 0.01, 0.005) == 0, "half of them: no number");
}

int main(void)
{
	evidence();
	total_error();
	ranks();
	false_alarms();
	power();
	needs();
	return tap_done();
}
