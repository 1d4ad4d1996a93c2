package io.kvsqlite.sample;

import io.kvsqlite.ActorDataSourceFactory;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * What the page shows of the store.
 */
@RestController
class ActivityController {

	private final StoreActivity activity;

	private final ActorDataSourceFactory actors;

	ActivityController(StoreActivity activity, ActorDataSourceFactory actors) {
		this.activity = activity;
		this.actors = actors;
	}

	@GetMapping("/api/activity")
	Activity activity() {
		return new Activity(this.actors.store().type(), this.actors.openActors(), this.actors.maxOpenActors(),
				this.activity.commitsPerSecond());
	}

	/**
	 * What the store does.
	 *
	 * @param store the kind of store
	 * @param awake how many actors are open
	 * @param mostAwake how many may be
	 * @param commitsPerSecond the writes in each of the last seconds, the oldest first
	 */
	record Activity(String store, int awake, int mostAwake, long[] commitsPerSecond) {
	}

}
