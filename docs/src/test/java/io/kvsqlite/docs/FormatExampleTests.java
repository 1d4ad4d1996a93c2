package io.kvsqlite.docs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.kvsqlite.ActorDataSourceFactory;
import io.kvsqlite.kv.KvSnapshot;
import io.kvsqlite.kv.MemoryKvStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The example of {@code docs/format.md}: its statements are run, and its bytes compared.
 */
class FormatExampleTests {

	private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

	private static final Pattern SQL = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

	private static final Pattern PAIR = Pattern
		.compile("(?m)^(08 01 0[0-9a-f ]+?) {2,}([0-9a-f ]+?)(?: \\.\\. ([0-9a-f ]+))?$");

	@Test
	void exampleShouldBeWhatIsStored() throws Exception {
		String page = Files.readString(Path.of("format.md"));
		String example = page.substring(page.indexOf("## Example"));
		String sql = SQL.matcher(example).results().findFirst().orElseThrow().group(1);
		List<MatchResult> pairs = PAIR.matcher(example).results().toList();
		try (MemoryKvStore store = new MemoryKvStore()) {
			run(store, sql);
			try (KvSnapshot snapshot = store.snapshot("actor")) {
				byte[][] keys = snapshot.keys(new byte[0], 100);
				assertThat(Arrays.stream(keys).map(HEX::formatHex))
					.containsExactlyElementsOf(pairs.stream().map((pair) -> pair.group(1)).toList());
				List<String> values = new ArrayList<>();
				for (byte[] value : snapshot.read(keys)) {
					values.add(HEX.formatHex(value));
				}
				for (int i = 0; i < values.size(); i++) {
					assertThat(values.get(i)).startsWith(pairs.get(i).group(2));
					if (pairs.get(i).group(3) != null) {
						assertThat(values.get(i)).endsWith(pairs.get(i).group(3));
					}
				}
			}
		}
	}

	private static void run(MemoryKvStore store, String sql) throws Exception {
		try (ActorDataSourceFactory factory = ActorDataSourceFactory.builder(store).build();
				Connection connection = factory.dataSource("actor").getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate(sql);
		}
	}

}
