package io.kvsqlite.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which package may know which: from the public face down to the store, never back, and a
 * library of somebody else's only where it is needed.
 */
class ArchitectureTests {

	private static final ImportOption NO_TESTS = (location) -> !location.contains("/test-classes/")
			&& !location.contains("-tests.jar");

	private static JavaClasses everything;

	@BeforeAll
	static void read() {
		everything = new ClassFileImporter().withImportOption(NO_TESTS).importPackages("io.kvsqlite");
		assertThat(everything.contain(ActorDatabases.class)).isTrue();
		assertThat(everything.contain(io.kvsqlite.kv.KvStore.class)).isTrue();
	}

	/**
	 * Each package of the core, and what it may use of the others.
	 */
	static Stream<Arguments> packages() {
		return Stream.of(knows("io.kvsqlite.codec"), knows("io.kvsqlite.kv"), knows("io.kvsqlite.jdbc"),
				knows("io.kvsqlite.kv.rocksdb", "io.kvsqlite.kv"), knows("io.kvsqlite.kv.redis", "io.kvsqlite.kv"),
				knows("io.kvsqlite.kv.jdbc", "io.kvsqlite.kv"),
				knows("io.kvsqlite.vfs", "io.kvsqlite.codec", "io.kvsqlite.kv"),
				knows("io.kvsqlite.sqlite", "io.kvsqlite.vfs", "io.kvsqlite.kv"),
				knows("io.kvsqlite.data", "io.kvsqlite.sqlite", "io.kvsqlite.vfs", "io.kvsqlite.codec",
						"io.kvsqlite.kv"),
				knows("io.kvsqlite", "io.kvsqlite.data", "io.kvsqlite.jdbc", "io.kvsqlite.sqlite", "io.kvsqlite.vfs",
						"io.kvsqlite.kv"),
				knows("io.kvsqlite.migration", "io.kvsqlite", "io.kvsqlite.data", "io.kvsqlite.kv"),
				knows("io.kvsqlite.driver", "io.kvsqlite", "io.kvsqlite.kv"));
	}

	private static Arguments knows(String name, String... others) {
		List<String> all = new ArrayList<>(List.of(others));
		all.add(name);
		return Arguments.of(name, all);
	}

	private static DescribedPredicate<JavaClass> ours() {
		return resideInAnyPackage("io.kvsqlite..");
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("packages")
	void packageOfTheCoreShouldKnowOnlyThoseBelowIt(String name, List<String> known) {
		noClasses().that()
			.resideInAPackage(name)
			.should()
			.dependOnClassesThat(ours().and(DescribedPredicate.not(resideInAnyPackage(known.toArray(String[]::new)))))
			.check(everything);
	}

	@Test
	void everyPackageOfTheCoreShouldHaveARule() {
		List<String> ruled = packages().map((arguments) -> (String) arguments.get()[0]).toList();
		assertThat(everything.stream()
			.map(JavaClass::getPackageName)
			.filter((name) -> !name.startsWith("io.kvsqlite.spring"))
			.distinct()).containsExactlyInAnyOrderElementsOf(ruled);
	}

	@Test
	void coreShouldKnowNoFramework() {
		noClasses().that()
			.resideOutsideOfPackage("io.kvsqlite.spring..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("org.springframework..", "io.micrometer..", "jakarta..")
			.check(everything);
	}

	@Test
	void librariesShouldBeKnownOnlyWhereTheyAreNeeded() {
		only("org.rocksdb..", "io.kvsqlite.kv.rocksdb", "io.kvsqlite.spring.autoconfigure");
		only("io.lettuce..", "io.kvsqlite.kv.redis", "io.kvsqlite.spring.autoconfigure");
		only("com.zaxxer..", "io.kvsqlite.kv.jdbc");
		only("com.kenai..", "io.kvsqlite.sqlite");
		only("jnr..", "io.kvsqlite.sqlite");
		only("org.flywaydb..", "io.kvsqlite.migration", "io.kvsqlite.spring", "io.kvsqlite.spring.autoconfigure..");
		only("io.micrometer..", "io.kvsqlite.spring.metrics", "io.kvsqlite.spring.observation",
				"io.kvsqlite.spring.autoconfigure.metrics", "io.kvsqlite.spring.autoconfigure.observation");
		only("jakarta.servlet..", "io.kvsqlite.spring.web", "io.kvsqlite.spring.actuate.endpoint",
				"io.kvsqlite.spring.autoconfigure.routing");
		only("jakarta.persistence..", "io.kvsqlite.spring.routing");
		only("org.apache.ibatis..", "io.kvsqlite.spring.routing");
		only("org.hibernate..");
		only("org.springframework.data..", "io.kvsqlite.spring.data");
	}

	private static void only(String library, String... packages) {
		noClasses().that()
			.resideOutsideOfPackages(packages)
			.should()
			.dependOnClassesThat()
			.resideInAPackage(library)
			.check(everything);
	}

	@Test
	void packagesShouldHaveNoCycles() {
		slices().matching("io.kvsqlite.(**)").should().beFreeOfCycles().check(everything);
	}

	@Test
	void everyPackageShouldSayWhereNullIsReal() {
		assertThat(everything.stream().map(JavaClass::getPackage).distinct()).allSatisfy(
				(name) -> assertThat(name.tryGetAnnotationOfType(NullMarked.class)).as(name.getName()).isPresent());
	}

	@Test
	void autoConfigurationsShouldBeFinalAndOfferNothing() {
		classes().that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.bePublic()
			.andShould()
			.haveModifier(JavaModifier.FINAL)
			.andShould()
			.haveSimpleNameEndingWith("AutoConfiguration")
			.check(everything);
		classes().that().areAnnotatedWith(Configuration.class).should().notBePublic().check(everything);
		methods().that()
			.areAnnotatedWith(Bean.class)
			.should()
			.bePackagePrivate()
			.andShould()
			.notBeAnnotatedWith(ConditionalOnClass.class)
			.check(everything);
	}

	@Test
	void propertiesShouldBeReadInAutoConfigurationsAlone() {
		noClasses().that()
			.resideOutsideOfPackage("io.kvsqlite.spring.autoconfigure..")
			.should()
			.dependOnClassesThat()
			.areAnnotatedWith(ConfigurationProperties.class)
			.check(everything);
	}

}
