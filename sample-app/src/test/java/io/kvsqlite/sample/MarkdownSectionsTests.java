package io.kvsqlite.sample;

import io.kvsqlite.sample.MarkdownSections.Section;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MarkdownSections}.
 */
class MarkdownSectionsTests {

	@Test
	void ofShouldSplitAtHeadings() {
		assertThat(MarkdownSections.of("# One\ntext\n\n## Two ##\nmore\n")).containsExactly(new Section("One", "text"),
				new Section("Two", "more"));
	}

	@Test
	void ofWhenTextHasNoHeadingShouldTakeItsFirstLineAsTitle() {
		assertThat(MarkdownSections.of("first line\nsecond"))
			.containsExactly(new Section("first line", "first line\nsecond"));
	}

	@Test
	void ofShouldNotTakeACommentInAFenceForAHeading() {
		assertThat(MarkdownSections.of("# One\n```sh\n# no heading\n```\n~~~\n# nor this\n~~~\n")).singleElement()
			.extracting(Section::body)
			.isEqualTo("```sh\n# no heading\n```\n~~~\n# nor this\n~~~");
	}

	@Test
	void ofWhenNothingIsThereShouldBeEmpty() {
		assertThat(MarkdownSections.of("\n \n")).isEmpty();
	}

}
