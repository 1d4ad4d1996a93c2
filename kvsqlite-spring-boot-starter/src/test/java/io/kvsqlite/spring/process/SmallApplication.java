package io.kvsqlite.spring.process;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;

import io.kvsqlite.ActorDataSourceFactory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.devtools.restart.Restarter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * An application that uses one actor and names the beans that kvsqlite gave it. With the
 * argument {@code wait} it stays until there is a line on its standard input; with
 * {@code restart} it is restarted once by DevTools.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class SmallApplication {

	/**
	 * Run the application.
	 * @param arguments properties, and perhaps {@code wait}
	 * @throws Exception if something fails
	 */
	public static void main(String[] arguments) throws Exception {
		try (ConfigurableApplicationContext context = SpringApplication.run(SmallApplication.class, arguments)) {
			use(context);
			List<String> beans = Arrays.stream(context.getBeanDefinitionNames())
				.filter((name) -> !name.contains("."))
				.sorted()
				.toList();
			System.out.println("beans: " + beans);
			if (Arrays.asList(arguments).contains("wait")) {
				waitForLine();
			}
			if (Arrays.asList(arguments).contains("restart") && System.setProperty("restarted", "yes") == null) {
				DevTools.restart();
			}
		}
		System.out.println("closed cleanly");
	}

	private static void use(ConfigurableApplicationContext context) throws Exception {
		if (!context.containsBean("actorDataSourceFactory")) {
			return;
		}
		ActorDataSourceFactory factory = context.getBean(ActorDataSourceFactory.class);
		try (Connection connection = factory.dataSource("a").getConnection();
				Statement statement = connection.createStatement()) {
			statement.executeUpdate("CREATE TABLE IF NOT EXISTS t (x)");
			statement.executeUpdate("INSERT INTO t VALUES (1)");
			try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
				rows.next();
				System.out.println("rows: " + rows.getInt(1));
			}
		}
	}

	private static void waitForLine() throws IOException {
		System.out.println("waiting");
		System.in.read();
	}

	/**
	 * Apart, because most applications here have no DevTools.
	 */
	private static final class DevTools {

		static void restart() {
			Restarter.getInstance().restart();
		}

	}

}
