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
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * An application that uses one actor and names the beans that kvsqlite gave it. With the
 * argument {@code wait} it stays until there is a line on its standard input.
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

}
