package io.kvsqlite.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.List;

import io.kvsqlite.kv.KvStore;
import io.kvsqlite.kv.KvStoreUrl;
import io.kvsqlite.kv.KvStores;
import io.kvsqlite.kv.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Takes actors' databases in and out of a store, from a shell.
 */
@Command(name = "kvsqlite", mixinStandardHelpOptions = true, version = "kvsqlite 0.1.0",
		description = "Takes actors' SQLite databases in and out of a key-value store.",
		subcommands = { ListCommand.class, SizeCommand.class, ExportCommand.class, BackupCommand.class,
				ImportCommand.class, CopyCommand.class, MoveAllCommand.class, CheckCommand.class, RepairCommand.class,
				DeleteCommand.class, PurgeCommand.class, MigrateCommand.class },
		footer = { "", "A STORE is a URL:", "  rocksdb:/directory             (of no running application)",
				"  redis://host:6379, redis-cluster://host:port,host:port",
				"  postgresql://user:password@host/database", "",
				"Exit status: 0 done; 1 failed; 2 wrong usage; 3 a check found damage.",
				"Results go to standard output, progress and errors to standard error." })
public final class KvSqliteCommand implements Runnable {

	static final int FAILED = 1;

	static final int DAMAGED = 3;

	@Spec
	@SuppressWarnings("NullAway.Init")
	private CommandSpec spec;

	@Option(names = "--progress", negatable = true, scope = CommandLine.ScopeType.INHERIT,
			description = "Show progress on standard error, or do not. Default: if it is a terminal.")
	private boolean progress = System.console() != null;

	@Option(names = "--stacktrace", scope = CommandLine.ScopeType.INHERIT,
			description = "Show where an error came from.")
	private boolean stackTrace;

	/**
	 * Run the tool.
	 * @param arguments see {@code --help}
	 */
	public static void main(String[] arguments) {
		System.setProperty("org.slf4j.simpleLogger.defaultLogLevel",
				System.getProperty("org.slf4j.simpleLogger.defaultLogLevel", "error"));
		// ids are the same for scripts wherever they run
		PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
		System.exit(commandLine().setOut(out).execute(arguments));
	}

	static CommandLine commandLine() {
		CommandLine commandLine = new CommandLine(new KvSqliteCommand());
		commandLine.setCaseInsensitiveEnumValuesAllowed(true);
		commandLine.setExecutionExceptionHandler(KvSqliteCommand::failed);
		return commandLine;
	}

	private static int failed(Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) {
		PrintWriter err = commandLine.getErr();
		err.println("kvsqlite: " + describe(failure));
		KvSqliteCommand command = (KvSqliteCommand) parsed.commandSpec().root().userObject();
		if (command.stackTrace) {
			failure.printStackTrace(err);
		}
		err.flush();
		return (failure instanceof IllegalArgumentException) ? CommandLine.ExitCode.USAGE : FAILED;
	}

	/**
	 * Return a failure as one sentence. Some exceptions of Java's have nothing but a file
	 * name for a message.
	 */
	static String describe(Exception failure) {
		String message = String.valueOf(failure.getMessage());
		if (failure instanceof FileSystemException problem && problem.getReason() == null) {
			message = "%s (%s)".formatted(message, failure.getClass().getSimpleName());
		}
		return Printable.text(message);
	}

	/**
	 * Open a store.
	 * @param create whether it may be a new one
	 */
	static KvStore open(String url, boolean create) {
		return KvStores.open(KvStoreUrl.parse(url), create);
	}

	/**
	 * Return the bar of a command.
	 */
	static ProgressBar progressBar(CommandSpec command) {
		KvSqliteCommand root = (KvSqliteCommand) command.root().userObject();
		return new ProgressBar(root.progress ? command.commandLine().getErr() : null);
	}

	/**
	 * Print lines of a result.
	 * @throws IOException if nobody reads them any more
	 */
	static void print(CommandSpec command, List<String> lines) throws IOException {
		StringBuilder text = new StringBuilder();
		lines.forEach((line) -> text.append(line).append(System.lineSeparator()));
		printRaw(command, text.toString());
	}

	/**
	 * Print a result as it is.
	 * @throws IOException if nobody reads it any more
	 */
	static void printRaw(CommandSpec command, String text) throws IOException {
		PrintWriter out = command.commandLine().getOut();
		out.print(text);
		// what is behind the writer keeps its errors to itself
		if (out.checkError() || System.out.checkError()) {
			throw new IOException("The result could not be written: standard output is closed or has no room");
		}
	}

	@Override
	public void run() {
		throw new CommandLine.ParameterException(this.spec.commandLine(), "A command is missing");
	}

}
