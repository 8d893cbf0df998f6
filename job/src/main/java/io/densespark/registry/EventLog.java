package io.densespark.registry;

import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import io.densespark.storage.StoreEntry;
import io.densespark.text.Text;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The audit log: a file for each event, numbered without gaps, none ever changed. The next number
 * is published as a new name, so that a writer who lost the lock meanwhile is refused where the
 * store can tell.
 */
record EventLog(Store store, String directory) {

  private static final Pattern FILE = Pattern.compile("(\\d{8})\\.json");

  /** Number of the newest event; 0: there is none. */
  long newest() {
    List<StoreEntry> entries = store.list(directory);
    for (int i = entries.size() - 1; i >= 0; i--) {
      Matcher matcher = FILE.matcher(entries.get(i).name());
      if (matcher.matches()) {
        return Long.parseLong(matcher.group(1));
      }
    }
    return 0;
  }

  /** The event last appended. */
  Optional<RegistryEvent> last() {
    long newest = newest();
    return newest == 0 ? Optional.empty() : Optional.of(read(newest));
  }

  RegistryEvent read(long sequence) {
    String path = path(sequence);
    try {
      return Json.read(store.read(path), RegistryEvent.class);
    } catch (IOException e) {
      throw new RegistryException(
          Text.format(
              "%s is no event of a registry: %s. Restore the file",
              store.uri(path), e.getMessage()),
          e);
    }
  }

  /**
   * @throws StorageException with reason EXISTS if another process appended meanwhile
   */
  void append(RegistryEvent event) {
    store.publish(path(event.sequence()), Content.of(Json.document(event)));
  }

  private String path(long sequence) {
    return Text.format("%s/%08d.json", directory, sequence);
  }
}
