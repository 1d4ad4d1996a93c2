package io.kvsqlite.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.kvsqlite.sample.Chromium.Screen;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.Keys;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.test.context.ActiveProfiles;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page in a real browser, as a person uses it. Pictures of it are kept in
 * {@code target/screenshots}.
 */
@RequiresChromium
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ActiveProfiles("memory")
class NotebookPageTests {

	private static final Resource CONTRAST = new ClassPathResource("contrast.js", NotebookPageTests.class);

	private static Chromium chromium;

	@LocalServerPort
	private int port;

	@Autowired
	private Notebooks notebooks;

	@BeforeAll
	static void start() {
		chromium = Chromium.start();
	}

	@AfterAll
	static void stop() {
		if (chromium != null) {
			chromium.close();
		}
	}

	static Stream<Arguments> screens() {
		return Stream.of(Arguments.of("desktop", Screen.DESKTOP), Arguments.of("night", Screen.DESKTOP_AT_NIGHT),
				Arguments.of("phone", Screen.PHONE));
	}

	private void open(Screen screen) {
		chromium.use(screen);
		chromium.open("http://localhost:" + this.port);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("screens")
	void personShouldWriteSearchAndPutANotebookToSleep(String name, Screen screen) throws IOException {
		open(screen);
		await(() -> assertThat(chromium.shows("#welcome")).isTrue());
		assertReadable();
		chromium.screenshot(name + "-1-welcome");
		String notebook = "Kitchen of " + name;
		openNotebook(notebook);
		await(() -> assertThat(chromium.texts("#notebook-name")).containsExactly(notebook));
		write("Apple pie", "Six apples, 200 g flour, 120 g butter. Chill the dough for an hour.");
		write("Plum jam", "Equal weights of plums and sugar. Do not cook apples with them.");
		write("<img src=x onerror=alert(1)>", "What looks like markup is text.");
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("<img src=x onerror=alert(1)>", "Plum jam",
				"Apple pie"));
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("3 notes"));
		assertEverythingFits();
		assertReadable();
		chromium.screenshot(name + "-2-notes");
		search("appl");
		// what was typed of it so far may be searched for as well, and be found
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("2 notes match “appl”"));
		assertThat(chromium.texts("#notes mark")).containsExactlyInAnyOrder("Apple", "apples", "apples");
		assertThat(chromium.evaluate("getComputedStyle(document.querySelector('#notes mark')).backgroundColor"))
			.isNotEqualTo(chromium.evaluate("getComputedStyle(document.querySelector('#notes p')).backgroundColor"));
		assertEverythingFits();
		assertReadable();
		chromium.screenshot(name + "-3-search");
		await(() -> assertThat(chromium.texts("#peak").get(0)).matches("peak [1-9][0-9]*"));
		assertThat(highestPointOfTheChart()).isGreaterThan(0.5);
		putToSleepAndWake(notebook, name);
		editRemoveUndoAndDelete(name);
		assertThat(chromium.consoleErrors()).isEmpty();
	}

	private void editRemoveUndoAndDelete(String name) throws IOException {
		chromium.find("#search").clear();
		chromium.find("#search").sendKeys(" ", Keys.BACK_SPACE);
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("3 notes"));
		click("#notes li:last-child .edit");
		await(() -> assertThat(chromium.evaluate("document.activeElement.value")).isEqualTo("Apple pie"));
		chromium.screenshot(name + "-6-edit");
		assertReadable();
		chromium.find(".edit-form input").sendKeys(" of 1957");
		chromium.find(".edit-form textarea").sendKeys("\nServe warm.", Keys.chord(Keys.CONTROL, Keys.ENTER));
		await(() -> assertThat(chromium.texts("#notes h3")).contains("Apple pie of 1957"));
		assertThat(chromium.texts("#notes li:last-child .body").get(0)).endsWith("an hour.\nServe warm.");
		click("#notes li:nth-child(2) .remove");
		await(() -> assertThat(chromium.texts("#undo-text")).containsExactly("Removed “Plum jam”"));
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("2 notes"));
		assertReadable();
		assertEverythingFits();
		chromium.screenshot(name + "-7-undo");
		chromium.find("#undo-button").click();
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("<img src=x onerror=alert(1)>", "Plum jam",
				"Apple pie of 1957"));
		assertThat(chromium.shows("#undo")).isFalse();
		click("#delete");
		await(() -> assertThat(chromium.texts("#delete-consequence").get(0)).startsWith("Its 3 notes go with it."));
		assertReadable();
		chromium.screenshot(name + "-8-delete");
		chromium.find("#delete-for-good").click();
		await(() -> assertThat(chromium.shows("#welcome")).isTrue());
		await(() -> assertThat(chromium.texts("#notebooks .name")).doesNotContain("Kitchen of " + name));
		assertThat(this.notebooks.exists(new NotebookName("Kitchen of " + name))).isFalse();
	}

	private void putToSleepAndWake(String notebook, String name) throws IOException {
		String row = "#notebooks li[data-name='%s']".formatted(notebook);
		await(() -> assertThat(chromium.shows(row + ".awake")).isTrue());
		chromium.find("#sleep").click();
		// the page asks every second as well, and an earlier answer may come later
		await(() -> {
			assertThat(chromium.texts("#state")).allMatch((state) -> state.contains("asleep"));
			assertThat(chromium.shows(row + ".awake")).isFalse();
			assertThat(chromium.texts(row).get(0)).contains("asleep");
		});
		assertThat(isAwake(notebook)).isFalse();
		chromium.screenshot(name + "-4-asleep");
		chromium.find("#wake").click();
		await(() -> {
			assertThat(chromium.shows(row + ".awake")).isTrue();
			assertThat(chromium.texts("#state")).allMatch((state) -> state.contains("awake"));
		});
		assertThat(isAwake(notebook)).isTrue();
	}

	private boolean isAwake(String notebook) {
		return this.notebooks.all(1000)
			.notebooks()
			.stream()
			.anyMatch((candidate) -> candidate.name().equals(notebook) && candidate.awake());
	}

	@Test
	void markdownFileShouldBecomeANoteForEachHeading(@TempDir Path directory) throws IOException {
		open(Screen.DESKTOP);
		openNotebook("Markdown");
		await(() -> assertThat(chromium.shows("#add-form")).isTrue());
		Path file = Files.writeString(directory.resolve("guide.md"),
				"# Getting started\nAdd one dependency.\n\n## Stores\nRocksDB needs no server.\n");
		chromium.find("#file").sendKeys(file.toString());
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("Stores", "Getting started"));
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("2 notes added from guide.md"));
		assertThat(chromium.consoleErrors()).isEmpty();
	}

	@Test
	void nameThatIsNotAllowedShouldBeExplainedUntilTheNextAction() throws IOException {
		open(Screen.PHONE);
		openNotebook("?!");
		await(() -> assertThat(chromium.texts("#message").get(0)).contains("'?!' is no name for a notebook"));
		// what the page does by itself every second must not take the message away
		chromium.evaluate("(document.querySelector('#rate').textContent = 'not yet')");
		await(() -> assertThat(chromium.texts("#rate")).doesNotContain("not yet"));
		assertThat(chromium.shows("#message")).isTrue();
		chromium.screenshot("phone-5-wrong-name");
		chromium.find("#open-name").clear();
		openNotebook("Fine");
		await(() -> assertThat(chromium.texts("#notebook-name")).containsExactly("Fine"));
		assertThat(chromium.shows("#message")).isFalse();
	}

	@Test
	void searchShouldSayHowManyMatchAndShowThemInPages() {
		this.notebooks.addMarkdown(new NotebookName("Many"), "# Apple\n".repeat(120));
		chromium.use(Screen.DESKTOP);
		chromium.open("http://localhost:" + this.port + "/#Many");
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("120 notes"));
		search("apple");
		await(() -> assertThat(chromium.texts("#summary"))
			.containsExactly("120 notes match “apple”, the best 50 are shown"));
		click("#more");
		await(() -> assertThat(chromium.texts("#summary"))
			.containsExactly("120 notes match “apple”, the best 100 are shown"));
		click("#more");
		await(() -> assertThat(chromium.texts("#summary")).containsExactly("120 notes match “apple”"));
		assertThat(chromium.shows("#more")).isFalse();
		assertThat(chromium.texts("#notes h3")).hasSize(120);
		this.notebooks.delete(new NotebookName("Many"));
	}

	@Test
	void listShouldSayThatThereAreMoreNotebooksAndShowThem() {
		List<NotebookName> names = IntStream.rangeClosed(1, 252)
			.mapToObj((number) -> new NotebookName("List %03d".formatted(number)))
			.toList();
		names.forEach(this.notebooks::start);
		open(Screen.DESKTOP);
		await(() -> assertThat(chromium.texts("#notebooks-shown"))
			.containsExactly("The first 200 are shown; there are more."));
		click("#show-notebooks");
		await(() -> assertThat(chromium.texts("#notebooks .name")).contains("List 252"));
		assertThat(chromium.shows("#more-notebooks")).isFalse();
		names.forEach(this.notebooks::delete);
	}

	@Test
	void serviceThatIsGoneShouldBeSaidInWordsAndLostTextShouldStay() throws IOException {
		open(Screen.DESKTOP);
		openNotebook("Offline");
		awaitFocusOnTheTitle();
		chromium.setOffline(true);
		try {
			await(() -> assertThat(chromium.texts("#message"))
				.containsExactly("The service does not answer. What you see may be out of date."));
			chromium.find("#add-title").sendKeys("kept", Keys.ENTER);
			await(() -> assertThat(chromium.texts("#message"))
				.containsExactly("The service does not answer. Look whether the change was made when it is back."));
			assertThat(chromium.evaluate("document.querySelector('#add-title').value")).isEqualTo("kept");
			assertReadable();
		}
		finally {
			chromium.setOffline(false);
		}
		await(() -> assertThat(chromium.shows("#message")).isFalse());
		chromium.find("#add-body").sendKeys("now", Keys.chord(Keys.CONTROL, Keys.ENTER));
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("kept"));
	}

	@Test
	void notebookWithASlashInItsNameShouldBeUsableLikeAnyOther() {
		open(Screen.DESKTOP);
		openNotebook("a/b");
		write("in a/b", "");
		chromium.open("http://localhost:" + this.port + "/#a%2Fb");
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("in a/b"));
		assertThat(this.notebooks.count(new NotebookName("a/b"))).isEqualTo(1);
		assertThat(this.notebooks.exists(new NotebookName("a"))).isFalse();
		assertThat(chromium.consoleErrors()).isEmpty();
	}

	@Test
	void notebookOfTheAddressShouldBeOpenAfterAReload() {
		this.notebooks.add(new NotebookName("Böök & more".replace("&", "and")), "kept", "");
		chromium.use(Screen.DESKTOP);
		chromium.open("http://localhost:" + this.port + "/#B%C3%B6%C3%B6k%20and%20more");
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("kept"));
		assertThat(chromium.consoleErrors()).isEmpty();
	}

	@Test
	void everyControlShouldHaveAName() {
		open(Screen.DESKTOP);
		openNotebook("Names");
		write("one", "");
		await(() -> assertThat(chromium.texts("#notes h3")).containsExactly("one"));
		assertThat(chromium.evaluate("""
				Array.from(document.querySelectorAll('input, textarea, button'))
				    .filter((control) => control.checkVisibility())
				    .filter((control) => !control.labels?.length && !control.innerText.trim()
				        && !control.getAttribute('aria-label'))
				    .map((control) => control.outerHTML)""")).isEqualTo(List.of());
	}

	private static void openNotebook(String name) {
		chromium.find("#open-name").sendKeys(name, Keys.ENTER);
	}

	private static void write(String title, String body) {
		awaitFocusOnTheTitle();
		chromium.find("#add-title").sendKeys(title);
		chromium.find("#add-body").sendKeys(body);
		chromium.find("#add-form button[type=submit]").click();
		await(() -> assertThat(chromium.texts("#notes h3")).contains(title));
		awaitFocusOnTheTitle();
	}

	/**
	 * The last thing that the page does when a notebook was opened or a note was added:
	 * it would take what is typed elsewhere meanwhile.
	 */
	private static void awaitFocusOnTheTitle() {
		await(() -> assertThat(chromium.evaluate("document.activeElement.id")).isEqualTo("add-title"));
	}

	private static void search(String text) {
		chromium.find("#search").sendKeys(text);
	}

	/**
	 * Click where a person would: what is covered or out of sight comes into view first.
	 */
	private static void click(String selector) {
		await(() -> {
			chromium.run("document.querySelector('%s').scrollIntoView({ block: 'center' })".formatted(selector));
			chromium.find(selector).click();
		});
	}

	/**
	 * Every text stands out from what is behind it.
	 */
	private static void assertReadable() throws IOException {
		assertThat(chromium.run(CONTRAST.getContentAsString(StandardCharsets.UTF_8))).isEqualTo(List.of());
	}

	/**
	 * Nothing sticks out of the window, and nothing that can be touched is too small for
	 * a finger.
	 */
	private static void assertEverythingFits() {
		assertThat(chromium.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).isEqualTo(true);
		assertThat(chromium.evaluate("""
				Array.from(document.querySelectorAll('input:not([type=file]), textarea, button, label.file'))
				    .filter((control) => control.checkVisibility())
				    .filter((control) => control.getBoundingClientRect().height < 24)
				    .map((control) => control.outerHTML)""")).isEqualTo(List.of());
	}

	/**
	 * Return how high the curve rises, 1 being the whole height.
	 */
	private static double highestPointOfTheChart() {
		return ((Number) chromium.evaluate("""
				document.querySelector('#chart path.edge').getBBox().height
				    / document.querySelector('#chart').viewBox.baseVal.height""")).doubleValue();
	}

	private static void await(ThrowingRunnable assertion) {
		Awaitility.await()
			.pollInterval(Duration.ofMillis(50))
			.atMost(Duration.ofMinutes(1))
			.ignoreExceptions()
			.untilAsserted(assertion);
	}

}
