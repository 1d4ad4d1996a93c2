package io.kvsqlite.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * Draws horizontal bars as SVG, one for each side, with the middle half of the rounds as
 * a thin line. The bars begin at zero, so their lengths compare as the figures do.
 */
final class BarChart {

	private static final int LABELS = 230;

	private static final int BARS = 430;

	private static final int FIGURES = 110;

	private static final int ROW = 26;

	private static final int TOP = 44;

	private BarChart() {
	}

	/**
	 * Draw.
	 * @param title the heading
	 * @param subtitle what the bars mean
	 * @param bars the bars
	 * @return the SVG
	 */
	static String draw(String title, String subtitle, List<Bar> bars) {
		double longest = bars.stream().mapToDouble(Bar::high).max().orElse(1);
		int width = LABELS + BARS + FIGURES;
		int height = TOP + ROW * bars.size() + 8;
		StringBuilder svg = new StringBuilder("""
				<svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
				font-family="system-ui, sans-serif" font-size="12" role="img">
				<rect width="%1$d" height="%2$d" fill="#ffffff"/>
				<text x="12" y="18" font-size="14" font-weight="600" fill="#1f2328">%3$s</text>
				<text x="12" y="34" fill="#59636e">%4$s</text>
				""".formatted(width, height, escape(title), escape(subtitle)));
		int y = TOP;
		for (Bar bar : bars) {
			double length = BARS * bar.value() / longest;
			int middle = y + ROW / 2;
			svg.append(String.format(Locale.ROOT,
					"<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#1f2328\">%s</text>%n", LABELS - 8, middle + 4,
					escape(bar.label())));
			svg.append(String.format(Locale.ROOT,
					"<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>%n", LABELS, y + 4,
					Math.max(1, length), ROW - 8, bar.ours() ? "#0969da" : "#b1bac4"));
			svg.append(String.format(Locale.ROOT,
					"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#1f2328\" stroke-width=\"1.5\"/>%n",
					LABELS + BARS * bar.low() / longest, LABELS + BARS * bar.high() / longest, middle, middle));
			svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" fill=\"#1f2328\">%s</text>%n",
					LABELS + BARS * Math.max(bar.high(), bar.value()) / longest + 6, middle + 4, escape(bar.figure())));
			y += ROW;
		}
		return svg.append("</svg>\n").toString();
	}

	private static String escape(String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
	}

	/**
	 * A bar.
	 *
	 * @param label what it is of
	 * @param value how long it is
	 * @param low where the middle half of the rounds begins
	 * @param high where it ends
	 * @param figure the value in words
	 * @param ours whether it is kvsqlite's
	 */
	record Bar(String label, double value, double low, double high, String figure, boolean ours) {
	}

}
