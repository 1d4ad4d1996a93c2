package io.kvsqlite.sample;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SearchTerms}.
 */
class SearchTermsTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
			apple|"apple"*
			apple pie|"apple" "pie"*
			a OR b|"a" "OR" "b"*
			NEAR("x")|"NEAR" "x"*
			title:-x*|"title" "x"*
			größe|"größe"*
			' '|''
			'" ( * '|''
			""")
	void toQueryShouldLeaveNoOperators(String text, String query) {
		assertThat(SearchTerms.toQuery(text)).isEqualTo(query);
	}

}
