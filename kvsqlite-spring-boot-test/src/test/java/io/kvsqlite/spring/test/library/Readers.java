package io.kvsqlite.spring.test.library;

import java.util.List;

import org.springframework.data.jpa.repository.JpaRepository;

/**
 * A repository of JPA.
 */
interface Readers extends JpaRepository<Reader, Long> {

	List<Reader> findByName(String name);

}
