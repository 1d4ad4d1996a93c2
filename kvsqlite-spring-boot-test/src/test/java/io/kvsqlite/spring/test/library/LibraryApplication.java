package io.kvsqlite.spring.test.library;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The application whose slices are tested.
 */
@SpringBootApplication
class LibraryApplication {

}
