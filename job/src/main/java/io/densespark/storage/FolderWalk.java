package io.densespark.storage;

import io.densespark.storage.InputFile.Kind;
import io.densespark.storage.StorageException.Reason;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * All files below a folder, each once, whatever links lead to it, also back up. What has a place of
 * its own is found first, then what only links lead to.
 */
public final class FolderWalk {

  /**
   * A file, or something that is passed over.
   *
   * @param path its path below the folder
   * @param leftOut why it is passed over; empty: it is a file to read
   * @param denied whether it is a folder that may not be looked into
   */
  public record Entry(String path, InputFile file, Optional<String> leftOut, boolean denied) {

    /** A file to read. */
    public Entry(String path, InputFile file) {
      this(path, file, Optional.empty(), false);
    }
  }

  private final Predicate<String> hidden;
  private final Set<FileLocation> seen = new HashSet<>();
  private final Deque<Entry> links = new ArrayDeque<>();
  private final List<Entry> found = new ArrayList<>();

  private FolderWalk(Predicate<String> hidden) {
    this.hidden = hidden;
  }

  /**
   * Walks a folder.
   *
   * @param hidden names of files and folders to pass over
   * @return by path
   */
  public static List<Entry> below(InputFile folder, Predicate<String> hidden) {
    FolderWalk walk = new FolderWalk(hidden);
    walk.folder("", folder);
    while (!walk.links.isEmpty()) {
      walk.link(walk.links.remove());
    }
    walk.found.sort(Comparator.comparing(Entry::path));
    return List.copyOf(walk.found);
  }

  private void folder(String prefix, InputFile folder) {
    // An explicit stack: folders may be nested deeper than calls.
    Deque<Entry> folders = new ArrayDeque<>();
    folders.push(new Entry(prefix, folder));
    while (!folders.isEmpty()) {
      Entry next = folders.pop();
      if (!seen.add(next.file().location())) {
        continue;
      }
      for (InputFile child : children(next)) {
        Entry entry = new Entry(next.path() + child.name(), child);
        if (hidden.test(child.name())) {
          leaveOut(entry, "hidden by its name");
        } else if (child.isLink()) {
          links.add(entry);
        } else if (child.kind() == Kind.FOLDER) {
          folders.push(new Entry(entry.path() + "/", child));
        } else if (child.kind() == Kind.MISSING) {
          leaveOut(entry, "neither file nor folder");
        } else if (seen.add(child.location())) {
          found.add(entry);
        }
      }
    }
  }

  private void link(Entry link) {
    if (link.file().kind() == Kind.MISSING) {
      leaveOut(link, "link that leads nowhere");
    } else if (seen.contains(link.file().location())) {
      leaveOut(link, "link to what is read already");
    } else if (link.file().kind() == Kind.FOLDER) {
      folder(link.path() + "/", link.file());
    } else if (seen.add(link.file().location())) {
      found.add(link);
    }
  }

  private void leaveOut(Entry entry, String reason) {
    found.add(new Entry(entry.path(), entry.file(), Optional.of(reason), false));
  }

  private List<InputFile> children(Entry folder) {
    try {
      return folder.file().children();
    } catch (IOException e) {
      StorageException failure = StorageFailure.of("list", folder.file().uri(), e);
      if (failure.reason() != Reason.DENIED || folder.path().isEmpty()) {
        throw failure;
      }
      String reason = "cannot be listed: " + StorageFailure.text(e, folder.file().uri());
      found.add(new Entry(folder.path(), folder.file(), Optional.of(reason), true));
      return List.of();
    }
  }
}
