import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import javax.tools.JavaCompiler.CompilationTask;
import javax.tools.ToolProvider;

/**
 * Writes the abstract base classes of {@code io.kvsqlite.jdbc} that pass the methods of a
 * JDBC interface on to the object of sqlite-jdbc.
 *
 * <p>
 * It asks the compiler, set to the Java level of the project, which methods an interface
 * has: so every JDK writes the same source, and none that a newer JDBC has added. It runs
 * in the build as a single-file program: {@code java GenerateDelegates.java DIRECTORY}.
 *
 * <p>
 * A method that is listed as written by hand is left abstract, so that the compiler asks
 * for it. A method that would hand out an object of sqlite-jdbc and is not listed stops
 * the build.
 */
public final class GenerateDelegates {

	private static final String PACKAGE = "io.kvsqlite.jdbc";

	private static final String RELEASE = "17";

	/**
	 * What gives a way to the connection, or to something made from it, when handed out.
	 */
	private static final Set<String> GUARDED_RESULTS = Set.of("java.sql.Connection", "java.sql.Statement",
			"java.sql.PreparedStatement", "java.sql.CallableStatement", "java.sql.ResultSet",
			"java.sql.DatabaseMetaData", "java.sql.ResultSetMetaData", "java.sql.ParameterMetaData");

	private static final List<Delegate> DELEGATES = List.of(
			new Delegate("Connection", "DelegatingConnection", "Guarded<Connection>",
					Set.of("close", "isClosed", "abort", "isValid", "createStatement", "prepareStatement",
							"prepareCall", "getMetaData", "setReadOnly", "isReadOnly", "setClientInfo",
							"setSavepoint", "getTypeMap", "setTypeMap"),
					Set.of()),
			new Delegate("Statement", "DelegatingStatement", "Guarded<D>",
					Set.of("close", "isClosed", "closeOnCompletion", "isCloseOnCompletion", "cancel",
							"getConnection", "execute", "executeQuery", "executeUpdate", "executeLargeUpdate",
							"addBatch", "clearBatch", "executeBatch", "executeLargeBatch", "getResultSet",
							"getGeneratedKeys", "getMoreResults"),
					Set.of()),
			new Delegate("PreparedStatement", "DelegatingPreparedStatement", "LogicalStatement<PreparedStatement>",
					Set.of("execute", "executeQuery", "executeUpdate", "executeLargeUpdate", "addBatch",
							"getMetaData", "getParameterMetaData"),
					Set.of("set")),
			new Delegate("ResultSet", "DelegatingResultSet", "Guarded<ResultSet>",
					Set.of("close", "isClosed", "getStatement", "getMetaData"),
					Set.of("get", "wasNull", "findColumn")),
			new Delegate("DatabaseMetaData", "DelegatingDatabaseMetaData", "Guarded<DatabaseMetaData>",
					Set.of("getConnection", "getURL", "isReadOnly", "getDriverMajorVersion", "getDriverMinorVersion"),
					Set.of()),
			new Delegate("ResultSetMetaData", "DelegatingResultSetMetaData", "Guarded<ResultSetMetaData>", Set.of(),
					Set.of()),
			new Delegate("ParameterMetaData", "DelegatingParameterMetaData", "Guarded<ParameterMetaData>", Set.of(),
					Set.of()));

	private GenerateDelegates() {
	}

	/**
	 * Write the classes.
	 * @param args the directory for generated sources
	 * @throws IOException if a file cannot be written
	 */
	public static void main(String[] args) throws IOException {
		Path directory = Path.of(args[0]).resolve(PACKAGE.replace('.', '/'));
		Files.createDirectories(directory);
		List<String> interfaces = DELEGATES.stream().map(Delegate::qualifiedInterface).toList();
		CompilationTask task = ToolProvider.getSystemJavaCompiler()
			.getTask(null, null, null, List.of("--release", RELEASE, "-proc:only"), interfaces, null);
		task.setProcessors(List.of(new Writer(directory)));
		if (!task.call()) {
			throw new IllegalStateException("The compiler could not read the interfaces of java.sql");
		}
	}

	/**
	 * One class to write.
	 *
	 * @param jdbc the simple name of the interface
	 * @param name the simple name of the class
	 * @param parent the class it extends
	 * @param byHand the names of the methods that are written by hand
	 * @param unlocked the beginnings of the names of the methods that work without the lock in
	 * the thread that has the connection
	 */
	private record Delegate(String jdbc, String name, String parent, Set<String> byHand, Set<String> unlocked) {

		String qualifiedInterface() {
			return "java.sql." + this.jdbc;
		}

	}

	@SupportedAnnotationTypes("*")
	private static final class Writer extends AbstractProcessor {

		private final Path directory;

		Writer(Path directory) {
			this.directory = directory;
		}

		@Override
		public SourceVersion getSupportedSourceVersion() {
			return SourceVersion.latestSupported();
		}

		@Override
		public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
			if (round.processingOver()) {
				return false;
			}
			try {
				for (Delegate delegate : DELEGATES) {
					write(delegate);
				}
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
			return false;
		}

		private void write(Delegate delegate) throws IOException {
			TypeElement type = this.processingEnv.getElementUtils().getTypeElement(delegate.qualifiedInterface());
			List<String> methods = new ArrayList<>();
			List<ExecutableElement> declared = ElementFilter.methodsIn(type.getEnclosedElements())
				.stream()
				.sorted(Comparator.comparing(ExecutableElement::toString))
				.toList();
			for (ExecutableElement method : declared) {
				if (!method.getModifiers().contains(Modifier.STATIC)
						&& !delegate.byHand().contains(method.getSimpleName().toString())) {
					methods.add(source(delegate, method));
				}
			}
			if (delegate.jdbc().equals("DatabaseMetaData")) {
				methods.add("""
							/**
							 * Wrap an answer. Called with the lock held.
							 */
							abstract java.sql.ResultSet results(java.sql.ResultSet delegate) throws SQLException;
						""");
			}
			boolean generic = delegate.parent().endsWith("<D>");
			String signature = delegate.name() + (generic ? "<D extends " + delegate.jdbc() + ">" : "");
			String delegateType = generic ? "D" : delegate.jdbc();
			String source = """
					package %1$s;

					import java.sql.%2$s;
					import java.sql.SQLException;

					import javax.annotation.processing.Generated;

					/**
					 * Passes {@link %2$s} on to the object of sqlite-jdbc, while that is open.
					 */
					@Generated("GenerateDelegates")
					@SuppressWarnings({ "deprecation", "removal" })
					abstract class %3$s extends %4$s implements %2$s {

						%5$s(Hold hold, %6$s delegate) {
							super(hold, delegate);
						}

					%7$s
					}
					""".formatted(PACKAGE, delegate.jdbc(), signature, delegate.parent(), delegate.name(), delegateType,
					String.join("\n", methods));
			Path file = this.directory.resolve(delegate.name() + ".java");
			// left alone when unchanged, so that nothing is compiled again
			if (!Files.exists(file) || !Files.readString(file).equals(source)) {
				Files.writeString(file, source);
			}
		}

		private static String source(Delegate delegate, ExecutableElement method) {
			String name = method.getSimpleName().toString();
			String where = delegate.qualifiedInterface() + "." + method;
			if (method.getThrownTypes().stream().noneMatch((type) -> type.toString().equals("java.sql.SQLException"))) {
				throw new IllegalStateException(where + " throws no SQLException: write it by hand");
			}
			String result = method.getReturnType().toString();
			String typeParameters = method.getTypeParameters().isEmpty() ? "" : method.getTypeParameters()
				.stream()
				.map(Object::toString)
				.collect(Collectors.joining(", ", "<", "> "));
			List<String> parameters = new ArrayList<>();
			List<String> arguments = new ArrayList<>();
			method.getParameters().forEach((parameter) -> {
				String argument = "p" + parameters.size();
				arguments.add(argument);
				parameters.add(parameter.asType() + " " + argument);
			});
			boolean wrapped = GUARDED_RESULTS.contains(result);
			if (wrapped && (!result.equals("java.sql.ResultSet") || !delegate.jdbc().equals("DatabaseMetaData"))) {
				throw new IllegalStateException(where + " hands out a " + result + ": write it by hand");
			}
			boolean nothing = result.equals("void");
			String call = "%s().%s(" + String.join(", ", arguments) + ")";
			String locked = """
								synchronized (this.lock) {
									try {
										%s%s;
										this.hold.end();
										return%s;
									}
									catch (SQLException ex) {
										throw this.hold.end(ex);
									}
								}
					""".formatted(nothing ? "" : result + " result = ", call.formatted("begin", name),
					nothing ? "" : wrapped ? " results(result)" : " result");
			boolean unlocked = delegate.unlocked().stream().anyMatch(name::startsWith);
			String body = locked;
			if (unlocked) {
				// what was read after a close began is nothing, and must not be taken for a value
				body = """
									if (this.hold.isOwnThread()) {
										this.hold.callingUnlocked = true;
										%s%s;
										%sthis.hold.callingUnlocked = false;
										return%s;
									}
						""".formatted(nothing ? "" : result + " result = ", call.formatted("open", name),
						nothing ? "" : "open();\n\t\t\t\t", nothing ? "" : " result") + locked;
			}
			return """
						@Override
						public %s%s %s(%s) throws SQLException {
							try {
					%s		}
							catch (SQLException ex) {
								throw %s(ex);
							}
						}
					""".formatted(typeParameters, result, name, String.join(", ", parameters), body,
					unlocked ? "failedUnlocked" : "failed");
		}

	}

}
