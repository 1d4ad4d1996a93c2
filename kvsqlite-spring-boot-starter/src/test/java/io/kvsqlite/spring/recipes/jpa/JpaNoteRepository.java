package io.kvsqlite.spring.recipes.jpa;

import org.springframework.data.jpa.repository.JpaRepository;

/**
 * Notes of the current actor.
 */
public interface JpaNoteRepository extends JpaRepository<JpaNote, Long> {

}
