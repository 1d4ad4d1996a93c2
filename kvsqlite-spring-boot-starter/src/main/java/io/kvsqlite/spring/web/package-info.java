/**
 * The current actor of an HTTP request.
 */
@NullMarked
package io.kvsqlite.spring.web;

import org.jspecify.annotations.NullMarked;
