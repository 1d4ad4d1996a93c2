package io.kvsqlite.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A Chromium without a window, driven through the chromedriver that is installed beside
 * it. Nothing is downloaded.
 */
final class Chromium implements AutoCloseable {

	private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome", "chrome");

	private static final Path SCREENSHOTS = Path.of("target", "screenshots");

	/**
	 * Warns about each version of Chromium that is newer than itself; held strongly,
	 * because a logger's level is forgotten with the logger.
	 */
	private static final Logger noise = Logger.getLogger("org.openqa.selenium");

	private final ChromeDriver driver;

	private Chromium(ChromeDriver driver) {
		this.driver = driver;
	}

	/**
	 * Return what is missing on this machine.
	 * @return a sentence, or {@code null} if nothing is
	 */
	static @Nullable String missing() {
		if (browser().isEmpty()) {
			return "Chromium is not on the path";
		}
		return onPath("chromedriver").isEmpty() ? "chromedriver is not on the path" : null;
	}

	/**
	 * Start a browser.
	 */
	static Chromium start() {
		noise.setLevel(Level.SEVERE);
		LoggingPreferences console = new LoggingPreferences();
		console.enable(LogType.BROWSER, Level.ALL);
		ChromeOptions options = new ChromeOptions();
		options.setBinary(browser().orElseThrow().toFile());
		// no sandbox: it cannot be had as root in a container, and the only page is ours
		options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
				"--disable-background-networking", "--no-first-run", "--lang=en-GB");
		options.setCapability(ChromeOptions.LOGGING_PREFS, console);
		ChromeDriverService service = new ChromeDriverService.Builder()
			.usingDriverExecutable(onPath("chromedriver").orElseThrow().toFile())
			.withTimeout(Duration.ofMinutes(1))
			.build();
		return new Chromium(new ChromeDriver(service, options));
	}

	private static Optional<Path> browser() {
		return BROWSERS.stream().flatMap((name) -> onPath(name).stream()).findFirst();
	}

	private static Optional<Path> onPath(String name) {
		String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
		return Arrays.stream(path.split(Pattern.quote(System.getProperty("path.separator"))))
			.flatMap((directory) -> Stream.of(name, name + ".exe").map((file) -> Path.of(directory, file)))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/**
	 * Take on the size, the pixels and the colours of a screen.
	 */
	void use(Screen screen) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", screen.width(), "height",
				screen.height(), "deviceScaleFactor", screen.scale(), "mobile", screen.touch()));
		this.driver.executeCdpCommand("Emulation.setTouchEmulationEnabled", Map.of("enabled", screen.touch()));
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
				List.of(Map.of("name", "prefers-color-scheme", "value", screen.dark() ? "dark" : "light"))));
	}

	/**
	 * Go to a page, and forget what the console said before.
	 */
	void open(String address) {
		this.driver.get("about:blank");
		consoleErrors();
		this.driver.get(address);
	}

	WebElement find(String selector) {
		return this.driver.findElement(By.cssSelector(selector));
	}

	/**
	 * Return the texts of the elements that a selector matches, as they are shown, at one
	 * moment of the page.
	 */
	@SuppressWarnings("unchecked")
	List<String> texts(String selector) {
		return (List<String>) this.driver.executeScript(
				"return Array.from(document.querySelectorAll(arguments[0]), (node) => node.innerText)", selector);
	}

	/**
	 * Return whether a selector matches something that can be seen.
	 */
	boolean shows(String selector) {
		return Boolean.TRUE.equals(
				evaluate("Array.from(document.querySelectorAll(arguments[0])).some((node) => node.checkVisibility())",
						selector));
	}

	/**
	 * Evaluate an expression of JavaScript.
	 */
	@Nullable Object evaluate(String expression, Object... arguments) {
		return this.driver.executeScript("return " + expression, arguments);
	}

	/**
	 * Run a script and return what it returns.
	 */
	@Nullable Object run(String script) {
		return this.driver.executeScript(script);
	}

	/**
	 * Cut the page off from its service, or let it reach it again.
	 */
	void setOffline(boolean offline) {
		this.driver.executeCdpCommand("Network.enable", Map.of());
		this.driver.executeCdpCommand("Network.emulateNetworkConditions",
				Map.of("offline", offline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
	}

	/**
	 * Return the errors on the console since the last call.
	 */
	List<String> consoleErrors() {
		return this.driver.manage()
			.logs()
			.get(LogType.BROWSER)
			.getAll()
			.stream()
			.filter((entry) -> entry.getLevel().intValue() >= Level.WARNING.intValue())
			.map(LogEntry::getMessage)
			.toList();
	}

	/**
	 * Keep a picture of the page.
	 */
	void screenshot(String name) throws IOException {
		Files.createDirectories(SCREENSHOTS);
		Files.write(SCREENSHOTS.resolve(name + ".png"), this.driver.getScreenshotAs(OutputType.BYTES));
	}

	@Override
	public void close() {
		this.driver.quit();
	}

	/**
	 * What a person looks at.
	 *
	 * @param width in CSS pixels
	 * @param height in CSS pixels
	 * @param scale pixels of the screen for each
	 * @param touch whether it is touched and not pointed at
	 * @param dark whether dark colours are preferred
	 */
	record Screen(int width, int height, int scale, boolean touch, boolean dark) {

		static final Screen DESKTOP = new Screen(1280, 860, 1, false, false);

		static final Screen DESKTOP_AT_NIGHT = new Screen(1280, 860, 1, false, true);

		static final Screen PHONE = new Screen(375, 740, 2, true, false);

	}

}
