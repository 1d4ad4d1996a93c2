package io.kvsqlite.spring.recipes.jdbc;

import java.util.List;

import org.springframework.data.domain.Pageable;
import org.springframework.data.repository.ListCrudRepository;
import org.springframework.data.repository.ListPagingAndSortingRepository;

/**
 * Notes of the current actor.
 */
public interface NoteRepository extends ListCrudRepository<Note, Long>, ListPagingAndSortingRepository<Note, Long> {

	List<Note> findByTextStartingWithOrderById(String prefix, Pageable page);

}
